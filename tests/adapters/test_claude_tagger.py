"""The tagger through the real SDK against a server on this machine, with a store behind it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.data import ASSISTANT, HUMAN, Sample, Samples, Turn, digest_turns
from tagraph.errors import BudgetReachedError, OptionsError
from tagraph.pipeline.remembered import RememberedTagger
from tagraph.steps.llm_options import LlmOptions
from tagraph.steps.tag_answers import ExplainingTagger
from tagraph.store import Store
from tests.messages_server import Body, MessagesServer, Say, error, message, serving

HAIKU = "claude-haiku-5-5"


def sample(number: int) -> Sample:
    turns = (Turn(HUMAN, f"question {number}"), Turn(ASSISTANT, "answer"))
    return Sample(digest_turns(turns)[:20], turns)


SAMPLES = [sample(i) for i in range(20)]


def shown(body: Body) -> list[Body]:
    samples: list[Body] = json.loads(body["messages"][0]["content"].split("\n")[2])["samples"]
    return samples


def tags_of(row: Body) -> Body:
    number = row["turns"][0]["content"].split()[-1]
    tags = [f"topic {number}", "question", "short answer"]
    return {"id": row["id"], "tags": [{"tag": t, "explanation": f"it is {t}"} for t in tags]}


def say(rows: list[Body], body: Body, **fields: Any) -> Say:
    return Say(body=message(json.dumps({"samples": rows}), body, **fields))


def tag_well(body: Body, number: int) -> Say:
    return say([tags_of(row) for row in shown(body)], body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with serving(tag_well) as running:
        yield running


def connect(server: MessagesServer, store: Store, **options: Any) -> ClaudeTagger:
    chosen: dict[str, Any] = {"model": HAIKU, "base_url": server.url, "max_attempts": 1} | options
    return ClaudeTagger(LanguageModel.connect(LlmOptions(**chosen), store.calls))


def expected(samples: list[Sample]) -> list[list[str]]:
    return [[f"topic {s.query.split()[-1]}", "question", "short answer"] for s in samples]


def test_several_samples_share_a_call_and_equal_texts_are_asked_once(
    server: MessagesServer,
) -> None:
    with Store() as store:
        tags = connect(server, store).tag([*SAMPLES, SAMPLES[0]])

    assert tags == expected([*SAMPLES, SAMPLES[0]])
    assert [len(shown(body)) for body in server.ledger.bodies].count(8) == 2
    assert server.ledger.n_requests == 3


Mangle = Callable[[list[Body]], list[Body]]
SPOILED: dict[str, Mangle] = {
    "an id left out": lambda rows: rows[1:] if len(rows) > 1 else rows,
    "an id repeated": lambda rows: [*rows, rows[0]] if len(rows) > 1 else rows,
    "an unknown id": lambda rows: [{**rows[0], "id": "zzz"}, *rows[1:]] if len(rows) > 1 else rows,
    "ids swapped to one": lambda rows: (
        [{**row, "id": rows[0]["id"]} for row in rows] if len(rows) > 1 else rows
    ),
    "nothing": lambda rows: [] if len(rows) > 1 else rows,
    "no tags": lambda rows: [{**row, "tags": []} for row in rows] if len(rows) > 1 else rows,
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_group_with_a_spoiled_answer_is_split_until_every_sample_has_its_own_tags(
    server: MessagesServer, fault: str
) -> None:
    spoil = SPOILED[fault]
    server.script = lambda body, n: say(spoil([tags_of(row) for row in shown(body)]), body)

    with Store() as store:
        tags = connect(server, store).tag(SAMPLES[:8])

    assert tags == expected(SAMPLES[:8])
    assert 1 < server.ledger.n_requests <= 1 + 2 + 4 + 8


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (lambda body: say([], body, stop_reason="refusal"), "refused"),
        (lambda body: say([], body, stop_reason="max_tokens"), "truncated"),
        (lambda body: Say(body=message("I would rather not.", body)), "unparsed"),
        (lambda body: error(400, "invalid_request_error", "too long"), "failed"),
    ],
)
def test_one_bad_sample_costs_itself_alone_its_tags(
    server: MessagesServer, fault: Callable[[Body], Say], outcome: str
) -> None:
    def answer(body: Body, number: int) -> Say:
        texts = [row["turns"][0]["content"] for row in shown(body)]
        return fault(body) if "question 3" in texts else tag_well(body, number)

    server.script = answer
    with Store() as store:
        answers = connect(server, store).explain(SAMPLES[:8])

    assert [a.outcome for a in answers] == ["tagged"] * 3 + [outcome] + ["tagged"] * 4
    assert answers[3].tags == ()
    assert server.ledger.n_requests == 1 + 2 + 2 + 2


def test_answers_are_kept_and_a_new_sample_asks_about_itself_alone(server: MessagesServer) -> None:
    with Store() as store:
        first = RememberedTagger(connect(server, store), store)
        assert first.tag(SAMPLES[:16]) == expected(SAMPLES[:16])
        before = server.ledger.n_requests
        again = RememberedTagger(connect(server, store), store)
        assert again.tag(SAMPLES[:17]) == expected(SAMPLES[:17])

        assert server.ledger.n_requests == before + 1
        assert len(shown(server.ledger.bodies[-1])) == 1
        assert again.outcomes == {"tagged": 17}
        assert again.key == first.tagger.key
        assert store.evidence.count_tag_answers(again.key) == 17


def test_a_stopped_run_goes_on_without_paying_twice(server: MessagesServer) -> None:
    with Store() as store:
        limited = RememberedTagger(connect(server, store, max_calls=2), store)
        with pytest.raises(BudgetReachedError):
            limited.tag(SAMPLES)
        tags = RememberedTagger(connect(server, store), store).tag(SAMPLES)

    assert tags == expected(SAMPLES)
    assert server.ledger.n_requests == 3


def test_a_failure_is_not_kept_and_asked_again(server: MessagesServer) -> None:
    server.script = lambda body, number: error(529, "overloaded_error")
    with Store() as store:
        tagger = RememberedTagger(connect(server, store), store)
        assert tagger.tag(SAMPLES[:1]) == [[]]
        assert tagger.outcomes == {"failed": 1}
        server.script = tag_well
        assert tagger.tag(SAMPLES[:1]) == expected(SAMPLES[:1])


def test_every_structure_is_read_and_prose_around_json_is_repaired(server: MessagesServer) -> None:
    def answer(body: Body, number: int) -> Say:
        rows = [tags_of(row) for row in shown(body)]
        if "tools" in body:
            block = {"type": "tool_use", "id": "t", "name": "x", "input": {"samples": rows}}
            return Say(body=message("", body, "tool_use", content=[block]))
        told = json.dumps({"samples": rows})
        return Say(body=message(told if "output_config" in body else f"Sure!\n{told}\nDone.", body))

    server.script = answer
    with Store() as store:
        found = [
            connect(server, store, structure=structure).tag(SAMPLES[:3])
            for structure in ("schema", "tool", "prompt")
        ]

    assert found == [expected(SAMPLES[:3])] * 3


def test_what_changes_tags_is_in_the_key_and_limits_are_not() -> None:
    def key(**options: Any) -> str:
        chosen = {"model": HAIKU} | options
        return ClaudeTagger(LanguageModel(LlmOptions(**chosen))).key

    keys = [
        key(),
        key(model="claude-sonnet-5-5"),
        key(tag_language="German"),
        key(structure="tool"),
        key(extra_body='{"temperature": 0}'),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == key(concurrency=2) == key(max_calls=9) == key(samples_per_call=3)
    with pytest.raises(OptionsError, match="--model"):
        key(model="")


def test_tokens_of_a_dry_run_are_within_a_tenth_of_what_the_server_counts(
    server: MessagesServer,
) -> None:
    pool = Samples.of(sample(i) for i in range(200))
    with Store() as store:
        tagger = connect(server, store)
        assert isinstance(tagger, ExplainingTagger)
        estimate = tagger.estimate(pool, len(pool))
        tagger.tag(list(pool))

    assert estimate.calls == server.ledger.n_requests == 25
    assert abs(estimate.input_tokens[1] / server.ledger.usage["input_tokens"] - 1) < 0.1

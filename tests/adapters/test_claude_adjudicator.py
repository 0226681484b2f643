"""The adjudicator through the real SDK against a server on this machine."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tagraph.adapters.claude_adjudicator import PAIRS_PER_CALL, ClaudeAdjudicator
from tagraph.adapters.language_model import LanguageModel
from tagraph.data import CandidatePair
from tagraph.errors import OptionsError
from tagraph.protocols import Relation
from tagraph.steps.llm_options import LlmOptions
from tagraph.store import Store
from tests.messages_server import Body, MessagesServer, Say, message, serving

PAIRS = [CandidatePair(f"tag {i}", f"tags {i}", 0.8, "fuzzy") for i in range(45)]


def shown(body: Body) -> list[Body]:
    pairs: list[Body] = json.loads(body["messages"][0]["content"].split("\n")[2])["pairs"]
    return pairs


def expected(pairs: list[CandidatePair]) -> list[Relation]:
    order = list(Relation)
    return [order[int(pair.left.split()[1]) % len(order)] for pair in pairs]


def answer_well(body: Body, number: int) -> Say:
    order = list(Relation)
    rows = [
        {"number": row["number"], "relation": order[int(row["left"].split()[1]) % len(order)]}
        for row in shown(body)
    ]
    return Say(body=message(json.dumps({"pairs": rows}), body))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesServer]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with serving(answer_well) as running:
        yield running


def connect(server: MessagesServer, store: Store, **options: Any) -> ClaudeAdjudicator:
    chosen: dict[str, Any] = {"model": "m", "base_url": server.url, "max_attempts": 1} | options
    return ClaudeAdjudicator(LanguageModel.connect(LlmOptions(**chosen), store.calls))


def test_pairs_share_calls_and_are_asked_once(server: MessagesServer) -> None:
    with Store() as store:
        assert connect(server, store).adjudicate(PAIRS) == expected(PAIRS)
        assert connect(server, store).adjudicate(PAIRS) == expected(PAIRS)
        assert connect(server, store).adjudicate([]) == []

    sizes = sorted(len(shown(body)) for body in server.ledger.bodies)
    assert sizes == [5, PAIRS_PER_CALL, PAIRS_PER_CALL]


def test_an_answer_in_a_fence_or_one_row_a_line_is_read_where_words_are_all_there_is(
    server: MessagesServer,
) -> None:
    def answer(body: Body, number: int) -> Say:
        told = json.loads(json.loads(answer_well(body, number).body)["content"][0]["text"])
        lines = "\n".join(map(json.dumps, told["pairs"]))
        fenced = f"Here you are:\n```json\n{json.dumps(told, indent=1)}\n```"
        return Say(body=message(lines if number % 2 else fenced, body))

    server.script = answer
    with Store() as store:
        assert connect(server, store, structure="prompt").adjudicate(PAIRS) == expected(PAIRS)
    assert server.ledger.n_requests == 3


@pytest.mark.parametrize("stop_reason", ["end_turn", "refusal", "max_tokens"])
def test_what_a_group_leaves_open_is_asked_alone_and_else_merges_nothing(
    server: MessagesServer, stop_reason: str
) -> None:
    def answer(body: Body, number: int) -> Say:
        lefts = [row["left"] for row in shown(body)]
        if "tag 0" in lefts:
            return Say(body=message("I do not know.", body, stop_reason))
        return answer_well(body, number)

    server.script = answer
    with Store() as store:
        found = connect(server, store).adjudicate(PAIRS[:3])

    assert found == [Relation.RELATED, *expected(PAIRS[1:3])]
    assert server.ledger.n_requests == 4


def test_the_key_names_the_model_and_every_parameter() -> None:
    def key(**options: Any) -> str:
        return ClaudeAdjudicator(LanguageModel(LlmOptions(**options))).key

    keys = [key(model="m"), key(model="n"), key(model="m", structure="prompt")]
    assert len(set(keys)) == 3
    assert key(model="m", concurrency=2) == keys[0]
    with pytest.raises(OptionsError, match="--model"):
        key()

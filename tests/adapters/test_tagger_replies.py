"""Replies of taggers in the shapes that models write them: what is read, and what is caught."""

from pathlib import Path
from typing import Any

import pytest

from tagraph.adapters.claude_tagger import ClaudeTagger
from tagraph.adapters.language_model import LanguageModel
from tagraph.stages.tag_question import TagReading
from tagraph.steps.calls import Reply
from tagraph.steps.llm_options import LlmOptions

REPLIES = Path(__file__).parent / "tagger_replies"
IDS = ["3f9a1c20b7de", "0b77d1e4a9c2", "918273645546", "c4e81f6a2d03"]
BREAD, QUERY, TRAIN, FRENCH = IDS
WHOLE = [
    "plain",
    "fenced",
    "fenced_in_prose",
    "prose_around",
    "a_comma_too_many",
    "one_object_a_line",
    "a_block_for_each",
    "a_bare_list",
    "another_wrapper",
    "an_id_as_a_number",
    "tags_as_strings",
    "thinking_first",
    "with_comments",
]
# Which samples have no tags, and what is said of the reply.
CAUGHT = {
    "cut_off_in_the_last": ({FRENCH}, [f"id {FRENCH} left out"]),
    "a_second_opinion": ({BREAD}, [f"id {BREAD} repeated"]),
    "a_letter_wrong_in_an_id": ({QUERY}, ["unknown id '0b77d1e4a9c3'", f"id {QUERY} left out"]),
    "an_id_given_twice": ({BREAD, FRENCH}, [f"id {BREAD} repeated", f"id {FRENCH} left out"]),
    "one_left_out": ({TRAIN}, [f"id {TRAIN} left out"]),
    "numbered_instead": (
        set(IDS),
        [f"unknown id '{n}'" for n in (1, 2, 3, 4)] + [f"id {key} left out" for key in IDS],
    ),
    "no_tags_for_one": ({TRAIN}, [f"id {TRAIN} without tags"]),
    "python_quotes": (set(IDS), [f"id {key} left out" for key in IDS]),
    "a_list_in_words": (set(IDS), [f"id {key} left out" for key in IDS]),
    "a_refusal": (set(IDS), [f"id {key} left out" for key in IDS]),
}


def read(name: str, *, structure: str = "prompt", stop_reason: str = "end_turn") -> TagReading:
    options: dict[str, Any] = {"model": "m", "structure": structure}
    text = (REPLIES / f"{name}.txt").read_text()
    content = [{"type": "text", "text": text}]
    reply = Reply({"content": content, "stop_reason": stop_reason})
    return ClaudeTagger(LanguageModel(LlmOptions(**options))).read(reply, IDS)


@pytest.mark.parametrize("name", WHOLE)
def test_the_same_answer_is_read_alike_in_every_shape(name: str) -> None:
    found, plain = read(name), read("plain")

    assert found.problems == ()
    for key, tags in plain.tags.items():
        assert [tag for tag, _ in found.tags[key]] == [tag for tag, _ in tags]
    if name != "tags_as_strings":
        assert found.tags == plain.tags


@pytest.mark.parametrize("name", CAUGHT)
def test_what_is_wrong_with_ids_is_caught_and_costs_those_samples_alone(name: str) -> None:
    without, problems = CAUGHT[name]

    found = read(name)

    assert set(IDS) - set(found.tags) == without
    assert list(found.problems) == problems
    assert all(found.tags[key] == read("plain").tags[key] for key in found.tags)


def test_of_these_replies_three_samples_in_four_are_read_with_nearly_four_tags_each() -> None:
    names = sorted(path.stem for path in REPLIES.glob("*.txt"))
    found = [read(name) for name in names]
    n_tags = [len(tags) for reading in found for tags in reading.tags.values()]

    assert names == sorted([*WHOLE, *CAUGHT])
    assert (len(n_tags), len(names) * len(IDS)) == (69, 92)
    assert sum(n_tags) / len(n_tags) == pytest.approx(3.75, abs=0.01)


def test_a_reply_that_says_it_was_cut_off_is_not_searched() -> None:
    assert read("fenced", stop_reason="max_tokens").tags == {}


def test_a_server_that_keeps_to_a_schema_is_taken_at_its_word() -> None:
    assert read("fenced", structure="schema").tags == {}
    assert len(read("plain", structure="schema").tags) == 4

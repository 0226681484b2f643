import gzip
import json
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tagraph.adapters.bundled_models import load_english
from tagraph.adapters.english_parts import parse_parts
from tagraph.adapters.english_words import LIGHT_NOUNS, REQUEST_VERBS
from tagraph.adapters.keyphrase_tagger import KeyphraseTagger, readable
from tagraph.data import ASSISTANT, HUMAN, Sample, Turn
from tagraph.steps.tag import TagOptions

REQUESTS = [
    "Who is Larry Page?",
    "Write a short poem about autumn leaves.",
    "Summarize the following article.\n\nBees are great pollinators of apple trees.",
    "Give me a list of the best dog names.",
    "How do I fix a flat bicycle tire?",
    "What is the capital of France?",
    "Translate the sentence into French.\n\nThe house is red.",
    "Which country has the largest population in the world?",
    "Is it safe to look at the sun?",
    "Explain photosynthesis to a child.",
    "What are the pros and cons of electric cars?",
    "When was Heineken founded?",
]


def tags_of(*queries: str, options: TagOptions | None = None) -> list[list[str]]:
    samples = [Sample(str(i), (Turn(HUMAN, query),)) for i, query in enumerate(queries)]
    return KeyphraseTagger(options or TagOptions()).tag(samples)


def check(tags: list[str]) -> None:
    assert len(tags) <= 6
    assert all(tag.strip() for tag in tags)
    assert len({tag.casefold() for tag in tags}) == len(tags)
    assert not REQUEST_VERBS.intersection(tags)
    assert not LIGHT_NOUNS.intersection(tags)


@settings(max_examples=15)
@given(st.lists(st.text(max_size=200), max_size=6))
@example(["", " ", "\x00", "\ud800", "😀😀", "x" * 10_000, "spam " * 3_000, "(" * 5_000])
@example(["be, " * 400, "a of b of c of " * 300, "write and " * 500, "<a " * 900, "a@" * 900])
@example(["```", "```py", "&amp;" * 500, "- " * 2_000, "\n\n" * 500, "what", "which", "?", "the"])
def test_hostile_text_breaks_nothing(queries: list[str]) -> None:
    for tags in tags_of(*queries):
        check(tags)


@settings(max_examples=5)
@given(st.permutations(REQUESTS))
def test_order_of_samples_does_not_matter(queries: list[str]) -> None:
    expected = dict(zip(REQUESTS, tags_of(*REQUESTS), strict=True))
    assert dict(zip(queries, tags_of(*queries), strict=True)) == expected


def test_batch_borders_do_not_matter() -> None:
    queries = [f"Write a poem about {word}." for word in random.Random(0).sample(WORDS, 300)]
    found = tags_of(*queries)
    assert found == tags_of(*reversed(queries))[::-1]
    assert found[0][0] == "write poem" or "write poem" in found[0]


WORDS = [f"{first}{second}" for first in "bcdfghjklmnprstvwz" for second in (
    "arkland", "olero", "inseed", "ustral", "endary", "illow", "opper", "atchet", "ircus",
    "emon", "ushel", "andle", "otter", "uffin", "ellow", "istle", "unter", "ingle",
)]  # fmt: skip


def test_ordinary_requests_get_two_to_six_tags() -> None:
    for tags in tags_of(*REQUESTS):
        check(tags)
        assert len(tags) >= 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Who is Larry Page?", {"larry page", "identify person"}),
        ("Write a short poem about autumn.", {"write poem", "short poem", "autumn"}),
        ("Can you please write a cover letter for a nurse?", {"write cover letter", "nurse"}),
        ("What is photosynthesis?", {"photosynthesis", "definition"}),
        ("What is the capital of France?", {"identify capital", "france"}),
        ("What are the largest cities in Peru?", {"list cities", "peru", "largest cities"}),
        ("When was Heineken founded?", {"heineken", "find date"}),
        ("What year did Rome fall?", {"find date", "rome"}),
        ("Why is the sky blue?", {"sky", "explain reason"}),
        ("How do I start running?", {"start running", "how-to"}),
        ("Give me a list of dog names.", {"list dog names", "dog names"}),
        ("Come up with three recipes.", {"suggest recipes", "recipes"}),
        ("Provide some examples of web browsers.", {"list web browsers", "web browsers"}),
        ("Give an example of a metaphor.", {"give example", "metaphor"}),
        ("Name some of the great lakes of Africa.", {"list lakes", "africa"}),
        ("Identify and extract the verbs.", {"identify verbs", "extract verbs"}),
        ("I want you to help me write a speech.", {"write speech", "speech"}),
        ("Format this text according to APA style.", {"format text", "APA style"}),
        ("Tell me about life in Singapore.", {"description", "life", "singapore"}),
        ("Is tea healthy or harmful?", {"tea", "choose option"}),
        ("Do cats sleep a lot?", {"cats", "yes-no question"}),
        ("WRITE A POEM ABOUT LEAVES", {"write poem", "leaves"}),
        ("Name 3 types of renewable energy.", {"list energy", "renewable energy"}),
        ("Multiply 12 and 11", {"multiplication"}),
        ("Report to the office at noon.", {"office", "noon"}),
        ("How does photosynthesis work?", {"photosynthesis", "explain process"}),
        ("What matters in a marriage?", {"marriage", "open question"}),
        ("What is in a name?", {"open question"}),
        ("What is IFSC?", {"IFSC", "definition"}),
        ("What is kombucha made of?", {"kombucha", "open question"}),
        (
            "Generate a one-line haiku about long-term love.",
            {"generate haiku", "one-line haiku", "long-term love"},
        ),
        ("Joe's high-school teacher hates Mondays.", {"joe", "high-school teacher", "mondays"}),
    ],
)
def test_tags_are_useful_to_read(query: str, expected: set[str]) -> None:
    assert set(tags_of(query)[0]) == expected


def test_an_empty_or_wordless_query_gets_no_tags() -> None:
    assert tags_of("", "  \n\n ", "1 + 1 = ?", "😀", "the of and") == [[]] * 5


def test_a_single_word_gets_what_it_can() -> None:
    assert tags_of("Hello") == [["hello"]]


def test_the_request_is_found_in_the_last_paragraph_too() -> None:
    text = "Whales are large animals. " * 3
    assert "summarize text" in tags_of(f"{text}\n\nSummarize the text above.")[0]


def test_participles_are_told_apart_where_nothing_is_parsed() -> None:
    text = "The baker saw a broken window and a sliding door. He was using cheap glass."
    tags = tags_of(f"Who did it?\n\n{text}")[0]
    assert {"broken window", "sliding door", "cheap glass"} <= set(tags)


def test_only_the_opening_is_parsed_if_it_holds_the_request() -> None:
    english = load_english()
    docs = list(english.pipe(["Write a poem.\n\nBees fly.", "Bees fly.\n\nWrite a poem."]))
    for doc in docs:
        for token in doc:
            token.dep_ = ""
    first, second = parse_parts(docs, english.get_pipe("parser"))
    assert [mention.text for mention in first.requests] == ["write poem", "writing"]
    assert first.requests == second.requests
    parsed = ["".join(t.text for t in part.tokens if t.dep) for part in (first, second)]
    assert parsed == ["Writeapoem.\n\n", "Beesfly.\n\n"]


def test_a_question_about_a_text_says_so() -> None:
    passage = "The band was founded in Devon in 1994 by three school friends. " * 4
    assert "reading comprehension" in tags_of(f"Who founded the band?\n\n{passage}")[0]
    assert "reading comprehension" not in tags_of(f"Summarize this.\n\n{passage}")[0]


def test_fenced_code_is_read_as_code_in_its_language() -> None:
    tags = tags_of("What does this do?\n```python\nfoo_bar = lambda baz: baz\n```")[0]
    assert "python code" in tags
    assert not any("foo" in tag or "baz" in tag for tag in tags)


def test_addresses_and_markup_are_not_tags() -> None:
    query = "Describe <b class='x'>bold text</b> at https://example.com/abc or a.b@example.com"
    assert not any("example" in tag or "class" in tag for tag in tags_of(query)[0])


def test_other_scripts_are_read_word_by_word() -> None:
    assert tags_of("请写一首诗，用中文。")[0] == ["用中文", "请写一首诗"]
    assert set(tags_of("Напиши стихотворение об осени")[0]) == {"напиши", "стихотворение", "осени"}


def test_only_the_human_is_read() -> None:
    sample = Sample("s", (Turn(HUMAN, "Describe a whale."), Turn(ASSISTANT, "It is a mammal.")))
    assert not any("mammal" in tag for tag in KeyphraseTagger().tag([sample])[0])


def test_long_queries_are_cut_between_words() -> None:
    assert readable("one two three", 9) == "one two"
    assert readable("one two three", 7) == "one two"
    assert "whale" not in " ".join(tags_of("red apples " * 200 + "whales")[0])


def test_the_general_word_lists_can_be_switched_off() -> None:
    plain = tags_of("Rewrite the following sentence.", options=TagOptions(general_words=False))[0]
    assert "sentence" in " ".join(plain)


def test_the_key_changes_with_every_option() -> None:
    options = [
        TagOptions(),
        TagOptions(min_tags=1),
        TagOptions(max_tags=7),
        TagOptions(max_words=3),
        TagOptions(max_characters=1000),
        TagOptions(general_words=False),
    ]
    assert len({KeyphraseTagger(option).key for option in options}) == len(options)


@pytest.mark.shared
def test_real_requests_get_two_to_six_readable_tags(shared: Path) -> None:
    lines = gzip.decompress((shared / "instructions" / "dolly_3k_dev.jsonl.gz").read_bytes())
    rows = [json.loads(line) for line in lines.splitlines()[::10]]
    found = tags_of(*("\n\n".join((row["instruction"], row["input"])) for row in rows))
    for tags in found:
        check(tags)
    assert sum(len(tags) >= 2 for tags in found) >= 0.98 * len(found)

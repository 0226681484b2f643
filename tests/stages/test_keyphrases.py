import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.errors import OptionsError
from tagraph.stages.keyphrases import Kind, Mention, TagOptions, choose_keyphrases

WORDS = st.sampled_from(["poem", "write", "wind", "solar", "energy", "Solar"])
MENTIONS = st.builds(
    lambda words, position, kind: Mention(
        " ".join(words), tuple(word.lower() for word in words), position, kind
    ),
    st.lists(WORDS, min_size=1, max_size=3),
    st.integers(0, 300),
    st.sampled_from(Kind),
)
POOLS = st.lists(st.lists(MENTIONS, max_size=12), max_size=8)


def phrase(text: str, position: int = 0, kind: Kind = Kind.PHRASE) -> Mention:
    return Mention(text, tuple(text.lower().split()), position, kind)


@given(POOLS, st.integers(0, 3), st.integers(3, 7))
def test_tags_are_few_told_once_and_from_the_sample(
    pool: list[list[Mention]], least: int, most: int
) -> None:
    chosen = choose_keyphrases(pool, TagOptions(min_tags=least, max_tags=most))
    assert len(chosen) == len(pool)
    for tags, mentions in zip(chosen, pool, strict=True):
        assert len(tags) <= most
        assert len({tag.casefold() for tag in tags}) == len(tags)
        assert set(tags) <= {mention.text for mention in mentions}


@given(POOLS)
def test_enough_tags_are_given_where_there_are_enough_phrases(pool: list[list[Mention]]) -> None:
    options = TagOptions(min_tags=2, max_tags=6)
    for tags, mentions in zip(choose_keyphrases(pool, options), pool, strict=True):
        distinct = {mention.words for mention in mentions}
        assert len(tags) >= min(options.min_tags, len(distinct))


@given(POOLS, st.randoms(use_true_random=False))
def test_order_of_samples_and_of_mentions_does_not_matter(pool, random) -> None:  # type: ignore[no-untyped-def]
    expected = choose_keyphrases(pool, TagOptions())
    order = list(range(len(pool)))
    random.shuffle(order)
    shuffled = [random.sample(pool[i], len(pool[i])) for i in order]
    found = choose_keyphrases(shuffled, TagOptions())
    assert found == [expected[i] for i in order]


def test_no_samples_and_no_mentions_give_no_tags() -> None:
    assert choose_keyphrases([], TagOptions()) == []
    assert choose_keyphrases([[], []], TagOptions()) == [[], []]


def test_the_earlier_phrase_comes_first() -> None:
    pool = [[phrase("solar energy", 90), phrase("wind energy", 3)]]
    assert choose_keyphrases(pool, TagOptions()) == [["wind energy", "solar energy"]]


def test_the_rarer_phrase_comes_first() -> None:
    pool = [[phrase("world"), phrase("glacier")], *[[phrase("world")]] * 50]
    assert choose_keyphrases(pool, TagOptions())[0] == ["glacier", "world"]


def test_the_last_words_of_a_phrase_are_taken_when_others_share_them() -> None:
    long, part = phrase("solar energy", 2), phrase("energy", 2, Kind.PART)
    more = [phrase("plant"), phrase("house")]
    alone = choose_keyphrases([[long, part, *more]], TagOptions())[0]
    shared = choose_keyphrases([[long, part, *more], [phrase("energy")]], TagOptions())[0]
    assert "energy" not in alone
    assert "energy" in shared


def test_a_single_phrase_is_filled_up_with_its_last_words() -> None:
    pool = [[phrase("solar energy"), phrase("energy", 0, Kind.PART)]]
    assert choose_keyphrases(pool, TagOptions()) == [["solar energy", "energy"]]
    assert choose_keyphrases(pool, TagOptions(min_tags=1)) == [["solar energy"]]


def test_a_request_that_nobody_shares_is_named_by_its_verb_in_a_large_pool() -> None:
    mine = [phrase("write tanka", 0, Kind.INTENT), phrase("writing", 0, Kind.NOUN), phrase("rain")]
    others = [[phrase("sun")]] * 120
    assert set(choose_keyphrases([mine], TagOptions())[0]) == {"write tanka", "rain"}
    assert set(choose_keyphrases([mine, *others], TagOptions())[0]) == {"writing", "rain"}
    assert set(choose_keyphrases([mine, mine, *others], TagOptions())[0]) == {"write tanka", "rain"}


def test_the_request_has_a_place_however_many_phrases_there_are() -> None:
    phrases = [phrase(f"very telling phrase number{i}") for i in range(20)]
    mine = [*phrases, phrase("find place", 0, Kind.FORM)]
    tags = choose_keyphrases([mine, *[[phrase("find place", 0, Kind.FORM)]] * 50], TagOptions())[0]
    assert len(tags) == 6
    assert "find place" in tags


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_tags": -1},
        {"min_tags": 7},
        {"min_tags": 0, "max_tags": 0},
        {"max_words": 0},
        {"max_characters": 0},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(OptionsError, match="must"):
        TagOptions(**wrong)  # type: ignore[arg-type]

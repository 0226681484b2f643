from tagraph.data import Link
from tagraph.stages.acronyms import choose_acronyms, expected_by_chance, find_acronyms


def _link(tags: list[str], counts: list[int] | None = None, *, word_lists: bool = True):  # type: ignore[no-untyped-def]
    words = [tuple(tag.split()) for tag in tags]
    group = list(range(len(tags)))
    links = find_acronyms(words, group, word_lists=word_lists)
    sure, doubtful = choose_acronyms(links, words, group, counts or [1] * len(tags))
    named = [[(tags[k.left], tags[k.right]) for k in links] for links in (sure, doubtful)]
    return named[0], named[1]


def test_an_acronym_joins_its_only_expansion() -> None:
    assert _link(["natural language processing", "nlp"])[0] == [
        ("nlp", "natural language processing")
    ]


def test_skipped_words_may_be_left_out_of_an_acronym() -> None:
    assert _link(["internet of things", "iot"])[0] == [("iot", "internet of things")]
    assert _link(["division of labor", "dl"])[0] == [("dl", "division of labor")]


def test_a_numeronym_joins_the_word_it_counts() -> None:
    assert _link(["i18n", "internationalization", "international"])[0] == [
        ("i18n", "internationalization")
    ]


def test_two_expansions_are_left_to_a_judge() -> None:
    sure, doubtful = _link(["bayesian network", "biological neuron", "bn"])
    assert sure == []
    assert doubtful == [("bn", "bayesian network"), ("bn", "biological neuron")]


def test_an_expansion_far_more_used_than_the_others_wins() -> None:
    tags = ["machine learning", "maximum likelihood", "ml"]
    assert _link(tags, [500, 20, 90])[0] == [("ml", "machine learning")]
    assert _link(tags, [500, 200, 90])[0] == []


def test_an_expansion_taken_by_a_longer_acronym_is_not_open_to_a_shorter_one() -> None:
    words = [
        tuple(t.split()) for t in ("ci", "cli", "command line interface", "commandline interface")
    ]
    group = [0, 1, 2, 2]
    sure, doubtful = choose_acronyms(find_acronyms(words, group), words, group, [1] * 4)
    assert sure == [Link(1, 2, "acronym")]
    assert doubtful == []


def test_everyday_words_are_no_acronyms_unless_the_lists_are_off() -> None:
    tags = ["computer aided translation", "cat"]
    assert _link(tags) == ([], [])
    assert _link(tags, word_lists=False)[0] == [("cat", "computer aided translation")]


def test_members_of_one_group_count_as_one_expansion() -> None:
    words = [
        ("gan",),
        ("generative", "adversarial", "network"),
        ("generative", "adversarial", "net"),
    ]
    group = [0, 1, 1]
    sure, doubtful = choose_acronyms(find_acronyms(words, group), words, group, [1, 1, 1])
    assert (len(sure), doubtful) == (1, [])


def test_numbers_other_scripts_and_long_words_are_no_acronyms() -> None:
    assert _link(["12", "1 2", "机学", "机 学", "abcdefg", "a b c d e f g"]) == ([], [])


def test_numbers_stand_for_themselves_and_names_with_initials_are_no_expansions() -> None:
    assert _link(["world war ii", "wwi"]) == ([], [])
    assert _link(["world war ii", "wwii"])[0] == [("wwii", "world war ii")]
    assert _link(["grand theft auto 5", "gta5"])[0] == [("gta5", "grand theft auto 5")]
    assert _link(["b o a thomas", "boat"]) == ([], [])
    assert _link(["t shirt", "ts"]) == ([], [])
    assert _link(["q and a", "qa", "c plus plus", "cpp"])[0] == [
        ("cpp", "c plus plus"),
        ("qa", "q and a"),
    ]


def test_a_tag_that_holds_the_acronym_is_no_expansion() -> None:
    assert _link(["ai", "ai interaction"]) == ([], [])
    assert _link(["md", "mdx deck"]) == ([], [])
    assert _link(["eu", "european union"])[0] == [("eu", "european union")]


def test_the_closest_of_several_expansions_wins_by_a_margin() -> None:
    words = [("sf",), ("san", "francisco"), ("street", "food")]
    links = [Link(0, 1, "acronym", 0.8), Link(0, 2, "acronym", 0.3)]
    assert choose_acronyms(links, words, [0, 1, 2], [1] * 3)[0] == [Link(0, 1, "acronym")]
    near = [links[0], links[1]._replace(similarity=0.75)]
    assert choose_acronyms(near, words, [0, 1, 2], [1] * 3)[0] == []


def test_forms_of_the_same_words_are_one_expansion() -> None:
    sure, doubtful = _link(["orm", "object relational mapper", "object relational mapping"])
    assert (len(sure), doubtful) == (1, [])


def test_the_more_tags_and_the_shorter_the_acronym_the_likelier_is_chance() -> None:
    crowd = [(x, y) for x in ("map", "mask", "milk") for y in ("day", "dog", "dirt")]
    few = [("md",), *crowd[:1]]
    many = [("md",), *crowd]
    long = [("mdx",), *((*entry, word) for entry, word in zip(crowd, "xyzxyzxyz", strict=True))]
    chances = []
    for words in (few, many, long):
        group = list(range(len(words)))
        chances.append(max(expected_by_chance(find_acronyms(words, group), words, group)))
    assert chances[0] == 0 < chances[2] < chances[1] == 8

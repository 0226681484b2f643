import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.stages.guards import (
    are_forms,
    are_names_alike,
    differ_in_kind,
    is_doer,
    look_alike,
    residues,
)

# Opposites whose words are in no list of the guard; prefixes and endings must catch them.
_UNLISTED = """
regulated unregulated|paid unpaid|toxic nontoxic|smoker nonsmoker|obedience disobedience
perfect imperfect|rational irrational|logical illogical|typical atypical|respect disrespect
understand misunderstand|aging antiaging|mobilize demobilize|harmless harmful|fearless fearful
colorless colorful|overpaid underpaid|overestimate underestimate|prewar postwar
macrobiology microbiology|hyperthermia hypothermia|interpersonal intrapersonal
monogamous polygamous|homogeneous heterogeneous|upstream downstream|upgrade downgrade
overfit underfit|subscript superscript|minibus maxibus|inflow outflow|lawful lawless
comfort discomfort|known unknown|verbal nonverbal|mature immature|balance imbalance
code decode|bug debug|theist antitheist|information misinformation|attack counterattack
"""
_UNLISTED_PAIRS = [e.split() for e in _UNLISTED.strip().replace("\n", "|").split("|")]


@pytest.mark.parametrize(("left", "right"), _UNLISTED_PAIRS)
def test_opposites_made_by_a_prefix_or_an_ending_stay_apart(left: str, right: str) -> None:
    assert differ_in_kind((left,), (right,))
    assert differ_in_kind(("some", right, "thing"), ("some", left, "thing"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("python 2", "python 3"),
        ("gpt 3", "gpt 4"),
        ("ipv4", "ipv6"),
        ("2d game", "3d game"),
        ("c plus plus library", "c library"),
        ("c sharp tutorial", "c plus plus tutorial"),
        ("vitamin c", "vitamin d"),
        ("north america", "south america"),
        ("positive sentence", "negative sentence"),
        ("january report", "june report"),
        ("read file", "write file"),
        ("not working", "working"),
        ("gluten free bread", "gluten bread"),
        ("first chapter", "second chapter"),
        ("back end development", "frontend development"),
        ("web design", "web designer"),
        ("puppet", "puppeteer"),
        ("world war i", "world war ii"),
        ("🎉 party", "🚀 party"),
        ("northern vietnam", "south vietnam"),
        ("gold medal", "silver medal"),
    ],
)
def test_tags_of_another_kind_stay_apart_either_way_round(left: str, right: str) -> None:
    a, b = tuple(left.split()), tuple(right.split())
    assert differ_in_kind(a, b)
    assert differ_in_kind(b, a)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("movie review", "film review"),
        ("code optimization", "code optimisation"),
        ("chat bot 007", "chatbot 7"),
        ("automated test", "test automation"),
        ("designer", "artist"),
        ("northern ireland", "north ireland"),
    ],
)
def test_tags_of_one_kind_pass(left: str, right: str) -> None:
    assert not differ_in_kind(tuple(left.split()), tuple(right.split()))


def test_without_word_lists_only_form_counts() -> None:
    north, south = ("north", "america"), ("south", "america")
    assert not differ_in_kind(north, south, word_lists=False)
    assert differ_in_kind(("paid", "leave"), ("unpaid", "leave"), word_lists=False)


_WORDS = st.lists(st.text("abcdeinu3+", min_size=1, max_size=8), max_size=4).map(tuple)


@given(_WORDS, _WORDS)
def test_the_guard_is_symmetric_and_lets_a_tag_pass_with_itself(
    left: tuple[str, ...], right: tuple[str, ...]
) -> None:
    assert differ_in_kind(left, right) == differ_in_kind(right, left)
    assert not _words_only_twice(left)


def _words_only_twice(words: tuple[str, ...]) -> bool:
    return differ_in_kind(words, words)


@given(_WORDS, _WORDS)
def test_residues_and_shared_words_make_up_the_tags(
    left: tuple[str, ...], right: tuple[str, ...]
) -> None:
    mine, yours = residues(left, right, frozenset())
    assert set(mine) <= set(left)
    assert not set(mine) & set(yours)
    assert len(left) - len(mine) == len(right) - len(yours)


def test_residues_are_what_the_tags_do_not_share() -> None:
    assert residues(("recipe", "idea"), ("recipe", "request"), frozenset()) == (
        ("idea",),
        ("request",),
    )
    assert residues(("unity",), ("unity", "editor"), frozenset()) == ((), ("editor",))


def test_residues_cut_compounds_of_known_words() -> None:
    known = frozenset(("value", "type", "error"))
    assert residues(("valueerror",), ("typeerror",), known) == (("value",), ("type",))
    assert residues(("typerror",), ("pearerror",), known) == (("typ",), ("pear",))


def test_words_of_one_stem_with_usual_endings_are_forms() -> None:
    forms = [
        ("scale", "scaling"),
        ("mod", "modding"),
        ("automata", "automaton"),
        ("price", "pricing"),
    ]
    others = [("statistic", "statistics"), ("mean", "means"), ("swift", "swiftui"), ("cat", "dog")]
    assert all(are_forms((x,), (y,)) for x, y in forms)
    assert not any(are_forms((x,), (y,)) for x, y in others)
    assert are_forms(("solve", "problem"), ("problem", "solving"))
    assert not are_forms(("problem",), ("problem", "solving"))


def test_a_doer_of_the_same_stem_is_told_from_its_doing() -> None:
    assert is_doer("parser", "parsing")
    assert is_doer("parsing", "parser")
    assert not is_doer("parser", "parse")


def test_words_that_differ_in_the_middle_look_alike() -> None:
    assert look_alike(("stalactite",), ("stalagmite",))
    assert not look_alike(("movie",), ("film",))
    assert not look_alike(("scale",), ("scaling",))
    assert not look_alike(("big", "scale"), ("scaling",))


def test_words_of_one_stem_are_no_residue_of_tags_of_other_length() -> None:
    assert residues(("africa",), ("african", "country"), frozenset()) == ((), ("country",))
    assert residues(("hike",), ("hiking", "trip"), frozenset()) == ((), ("trip",))


def test_a_negation_stands_before_other_forms_too_and_a_longer_name_is_no_agent() -> None:
    assert differ_in_kind(("unhappy", "child"), ("happiness", "child"))
    assert not differ_in_kind(("debian",), ("debianlinux",))


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("jina", "jinja", True),
        ("prisma", "prism", True),
        ("swift", "swiftui", True),  # a name built onto a word is a name of its own
        ("scala", "scalar", True),
        ("async", "asynchronous", False),
        ("debian", "debianlinux", False),  # a name with a marker
        ("email", "mail", False),  # they begin differently
        ("swift", "prism", False),
    ],
)
def test_names_of_one_beginning_are_not_told_apart_by_vectors(
    left: str, right: str, alike: bool
) -> None:
    known = frozenset(("swift", "prism", "mail", "scalar", "asynchronous"))
    assert are_names_alike((left,), (right,), known) is alike
    assert are_names_alike((right,), (left,), known) is alike
    assert not are_names_alike((left, "x"), (right, "x"), known)

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.sentence_encoder import SentenceEncoder
from tagraph.adapters.simplemma_lemmatizer import NoLemmatizer, SimplemmaLemmatizer
from tagraph.adapters.spacy_lemmatizer import SpacyLemmatizer
from tagraph.data import Bags, CandidatePair, TagMap
from tagraph.errors import JudgeError, OptionsError
from tagraph.protocols import Encoder, Lemmatizer, Relation
from tagraph.steps.normalize import REASONS, NormalizeOptions, normalize_tags
from tagraph.steps.overrides import Overrides
from tests.fakes import DictLemmatizer, LetterEncoder
from tests.steps.opposites import read_opposites
from tests.steps.traps import read_traps

LEMMATIZER = DictLemmatizer(
    {"poems": "poem", "write poems": "write poem", "models": "model"},
    dictionary=frozenset(("receive", "poem", "mail", "write")),
)
TRAPS = read_traps()


def _normalize(
    bags: Sequence[Sequence[str]], overrides: Overrides | None = None, **options: float | str
) -> TagMap:
    chosen = NormalizeOptions(**options)  # type: ignore[arg-type]
    return normalize_tags(bags, chosen, lemmatizer=LEMMATIZER, encoder=None, overrides=overrides)


@dataclass
class TruthAdjudicator:
    """Answers from a table, and remembers what it was asked."""

    told: dict[frozenset[str], Relation] = field(default_factory=dict)
    default: Relation = Relation.DIFFERENT
    asked: list[CandidatePair] = field(default_factory=list)
    key: str = "truth"

    def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
        self.asked.extend(pairs)
        return [self.told.get(frozenset((p.left, p.right)), self.default) for p in pairs]


_SPELLINGS = st.sampled_from(
    [
        *(
            "poem",
            "poems",
            "Poem",
            "write-poem",
            "write poems",
            "c",
            "c++",
            "C#",
            "csharp",
            "",
            " ",
        ),
        *("recieve mail", "receive mail", "nlp", "natural language processing", "python 3"),
        *("python", "Python3", "-", "机器学习", "🎉", "colour", "color", "new-lines", "nice poem"),
        *("poem nice", "triangle", "integral", "relating", "alerting"),
    ]
)
_BAGS = st.lists(st.lists(_SPELLINGS, max_size=5), max_size=12)


@given(_BAGS, st.randoms(use_true_random=False))
def test_the_order_of_bags_and_tags_does_not_matter(bags, random):  # type: ignore[no-untyped-def]
    encoder = LetterEncoder()
    one = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=encoder)
    for bag in bags:
        random.shuffle(bag)
    random.shuffle(bags)
    two = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=encoder)
    assert (one.canonical_of, one.merges, one.narrower, one.borderline) == (
        two.canonical_of,
        two.merges,
        two.narrower,
        two.borderline,
    )
    assert (one.counts, one.rare) == (two.counts, two.rare)


@given(_BAGS)
def test_the_map_is_total_idempotent_and_made_of_raw_tags(bags: list[list[str]]) -> None:
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    raw = Bags.of(bags)
    assert set(found.canonical_of) == set(raw.vocabulary)
    assert all(found.canonical_of[name] == name for name in found.canonical_of.values())
    once = found.apply(raw)
    assert [list(b) for b in found.apply(once)] == [list(b) for b in once]
    assert dict(zip(once.vocabulary, once.counts.tolist(), strict=True)) == found.counts


@given(_BAGS)
def test_every_tag_that_moved_has_one_merge_with_a_reason(bags: list[list[str]]) -> None:
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    moved = {raw: name for raw, name in found.canonical_of.items() if raw != name}
    assert {merge.raw: merge.canonical for merge in found.merges} == moved
    assert [merge.raw for merge in found.merges] == sorted(moved)
    assert all(merge.reason in REASONS and 0 < merge.similarity <= 1 for merge in found.merges)


@given(_BAGS)
def test_normalizing_normal_tags_by_rule_changes_nothing(bags: list[list[str]]) -> None:
    found = _normalize(bags)
    again = _normalize(list(found.apply(bags)))
    assert all(raw == name for raw, name in again.canonical_of.items())


def test_no_bags_give_an_empty_map() -> None:
    assert (_normalize([]).canonical_of, _normalize([[]]).merges) == ({}, ())


def test_the_most_used_spelling_becomes_the_name() -> None:
    found = _normalize(
        [["Poems"], ["poem"], ["poem"], ["POEM"]]
        + [["machine_learning"]] * 2
        + [["machine learning"]]
    )
    assert found.canonical_of["POEM"] == "poem"
    assert found.canonical_of["machine learning"] == "machine_learning"
    assert found.counts["machine_learning"] == 3


def test_ties_go_to_the_more_readable_spelling() -> None:
    found = _normalize(
        [
            ["machinelearning", "Machine-Learning", "machine-learning"],
            ["recieve mail", "receive mail"],
        ]
    )
    assert set(found.canonical_of.values()) == {"machine-learning", "receive mail"}


def test_each_reason_is_told() -> None:
    bags = [
        ["write poem", "Write Poem", "write-poem", "write poems", "colour", "color"],
        ["docs", "documentation", "nlp", "natural language processing", "recieve", "receive"],
        ["nice mail", "mail nice"],
    ]
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    told = {merge.raw: merge.reason for merge in found.merges}
    assert told["Write Poem"] == "case"
    assert told["write-poem"] == "separator"
    assert told["write poems"] == "plural"
    assert "spelling variant" in told.values()
    assert "reordered words" in (told.get("mail nice"), told.get("nice mail"))
    assert told["nlp"] == "acronym"
    assert told["recieve"] == "fuzzy"


def test_close_meanings_merge_only_with_an_encoder_and_leave_the_unknown_alone() -> None:
    bags = [["integral", "altering", "alerting"], ["机器学习", "深度学习"]]
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert found.canonical_of["altering"] == found.canonical_of["alerting"]
    assert found.canonical_of["机器学习"] != found.canonical_of["深度学习"]
    off = NormalizeOptions(embedding=False, fuzzy=False)
    apart = normalize_tags(bags, off, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert apart.merges == ()


_ALIKE = [f"{x} {y}" for x in ("cold", "calm", "cheap") for y in ("milk", "moon", "meal", "maze")]


def test_an_expansion_that_chance_may_give_must_be_close_to_its_acronym() -> None:
    bags = [["nlp", "natural language processing"], ["cm"], [_ALIKE[0]]]
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert [merge.reason for merge in found.merges] == ["acronym", "acronym"]
    crowd = [["nlp", "natural language processing"], ["cm", *_ALIKE]]
    found = normalize_tags(crowd, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert {merge.reason for merge in found.merges if "nlp" in merge.raw} <= {"acronym"}
    assert found.canonical_of["cm"] == "cm"
    assert _normalize(crowd).canonical_of["cm"] == "cm"


def test_a_dictionary_word_is_an_acronym_only_if_close_to_its_expansion() -> None:
    bags = [["mail", "mars alien ice lab"], ["poem", "p o e m"]]
    found = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert found.canonical_of["mail"] == found.canonical_of["mars alien ice lab"]
    strict = NormalizeOptions(acronym_threshold=1.0)
    found = normalize_tags(bags, strict, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert found.canonical_of["mail"] != found.canonical_of["mars alien ice lab"]


def test_one_of_several_expansions_must_be_closer_to_be_believed() -> None:
    bags = [["cdc", "cadd dacc ccd", "cell dog cow"]]
    options = NormalizeOptions(acronym_threshold=0.7, fuzzy=False)
    found = normalize_tags(bags, options, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert [(merge.raw, merge.canonical) for merge in found.merges] == [("cdc", "cadd dacc ccd")]
    assert _normalize(bags).merges == ()


def test_words_not_shared_must_be_close_as_well() -> None:
    bags = [["abcdefgh idea", "abcdefgh wish"]]
    options = NormalizeOptions(embedding_threshold=0.7, borderline_width=0.5)
    found = normalize_tags(bags, options, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert found.merges == ()
    assert found.borderline[0].similarity < 0.7


def test_without_word_lists_short_forms_and_listed_opposites_are_not_known() -> None:
    bags = [["db", "database"], ["cat", "computer aided translation"]]
    assert len(_normalize(bags).merges) == 1
    found = _normalize(bags, word_lists=False)
    assert [(merge.raw, merge.reason) for merge in found.merges] == [("cat", "acronym")]


def test_rare_tags_are_flagged_after_merging() -> None:
    found = _normalize([["poem"], ["Poem"], ["write"]], min_count=2)
    assert found.rare == {"write"}
    assert [list(bag) for bag in found.apply([["Poem", "write"]])] == [[found.canonical_of["Poem"]]]


def test_a_version_is_narrower_than_the_tag_without_it() -> None:
    found = _normalize([["python"], ["Python3"], ["python 3"], ["mp3"], ["mp"]])
    assert found.narrower == ((found.canonical_of["python 3"], "python"),)


def test_overrides_come_before_every_rule() -> None:
    decided = Overrides(
        always=(("poem", "write"), ("absent", "write")),
        never=(("colour", "color"),),
        rename={"mail": "post", "nlp": "NLP!"},
    )
    bags = [
        [
            "poem",
            "Poem",
            "write",
            "colour",
            "color",
            "mail",
            "post",
            "nlp",
            "natural language processing",
        ]
    ]
    found = _normalize(bags, decided)
    names = found.canonical_of
    assert names["poem"] == names["write"] == names["Poem"]
    assert names["colour"] != names["color"]
    assert names["mail"] == names["post"] == "post"
    assert names["nlp"] == names["natural language processing"] == names["NLP!"] == "NLP!"
    assert {m.reason for m in found.merges if m.raw in ("mail", "write", "poem")} == {"override"}
    assert decided.unknown(Bags.of(bags).vocabulary) == ("absent",)
    assert set(found.counts) == set(names.values())


def test_a_pair_kept_apart_splits_its_group_and_is_not_reported() -> None:
    found = _normalize([["POEM"], ["poem"], ["Poem"]], Overrides(never=(("POEM", "poem"),)))
    assert found.canonical_of["POEM"] != found.canonical_of["poem"]


@pytest.mark.parametrize(
    "decisions",
    [
        {"always": (("a", "b"),), "never": (("b", "a"),)},
        {"always": (("a", "b"), ("b", "c")), "never": (("a", "c"),)},
        {"never": (("a", "a"),)},
        {"rename": {"a": " "}},
        {"rename": {"": "a"}},
        {"rename": {"a": "x", "b": "y"}, "always": (("a", "b"),)},
    ],
)
def test_overrides_that_contradict_each_other_are_refused(decisions) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(OptionsError, match="overrides"):
        Overrides(**decisions)


@pytest.mark.parametrize(
    "option",
    [
        {"fuzzy_threshold": 0.0},
        {"embedding_threshold": 1.5},
        {"borderline_width": -0.1},
        {"budget": -1},
        {"max_borderline": -1},
        {"min_count": 0},
    ],
)
def test_options_out_of_range_are_refused(option: dict[str, float]) -> None:
    with pytest.raises(OptionsError, match=next(iter(option))):
        NormalizeOptions(**option)  # type: ignore[arg-type]


_DOUBTFUL = [["bn", "bayesian network", "biological neuron"], ["bn"], ["bayesian network"]]


def test_doubtful_pairs_are_reported_the_most_valuable_first_and_capped() -> None:
    found = _normalize(_DOUBTFUL)
    assert [(p.left, p.right, p.source) for p in found.borderline] == [
        ("bn", "bayesian network", "acronym"),
        ("bn", "biological neuron", "acronym"),
    ]
    assert len(_normalize(_DOUBTFUL, max_borderline=1).borderline) == 1


def test_what_an_adjudicator_calls_the_same_is_merged_and_the_rest_stays_apart() -> None:
    judge = TruthAdjudicator({frozenset(("bn", "bayesian network")): Relation.SAME})
    found = normalize_tags(_DOUBTFUL, lemmatizer=LEMMATIZER, encoder=None, adjudicator=judge)
    assert found.canonical_of["bn"] == found.canonical_of["bayesian network"]
    assert [merge.reason for merge in found.merges] == ["adjudicated"]
    assert len(judge.asked) == 2
    assert found.borderline == ()


@pytest.mark.parametrize(
    ("relation", "edge"),
    [
        (Relation.NARROWER, (("bn", "bayesian network"),)),
        (Relation.BROADER, (("bayesian network", "bn"),)),
        (Relation.RELATED, ()),
    ],
)
def test_narrower_and_broader_become_edges(
    relation: Relation, edge: tuple[tuple[str, str], ...]
) -> None:
    judge = TruthAdjudicator({frozenset(("bn", "bayesian network")): relation})
    found = normalize_tags(_DOUBTFUL, lemmatizer=LEMMATIZER, encoder=None, adjudicator=judge)
    assert (found.narrower, found.merges) == (edge, ())


def test_an_adjudicator_may_also_refuse_what_would_have_been_merged_and_has_a_budget() -> None:
    bags = [["recieve", "receive"], *_DOUBTFUL]
    judge = TruthAdjudicator()
    refused = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=None, adjudicator=judge)
    assert refused.merges == ()
    judge = TruthAdjudicator()
    none = NormalizeOptions(budget=0)
    normalize_tags(bags, none, lemmatizer=LEMMATIZER, encoder=None, adjudicator=judge)
    assert judge.asked == []


def test_an_adjudicator_that_skips_pairs_is_an_error() -> None:
    class Mute(TruthAdjudicator):
        def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
            return []

    with pytest.raises(JudgeError, match="0 of 2 pairs"):
        normalize_tags(_DOUBTFUL, lemmatizer=LEMMATIZER, encoder=None, adjudicator=Mute())


def test_hostile_tags_pass_through() -> None:
    wild = ["", " ", "\x00", "x" * 10_000, "y " * 5_000, "🎉", "-", "''; drop table tags", "\ud800"]
    found = _normalize([wild])
    assert set(found.canonical_of) == set(wild)
    assert found.merges == ()


def _b_cubed(truth: dict[str, int], found: TagMap) -> float:
    both = Counter((truth[tag], found.canonical_of[tag]) for tag in truth)
    true, mine = Counter(truth.values()), Counter(found.canonical_of[tag] for tag in truth)
    n = len(truth)
    precision = sum(k * k / mine[m] for (_, m), k in both.items()) / n
    recall = sum(k * k / true[t] for (t, _), k in both.items()) / n
    return 2 * precision * recall / (precision + recall)


_MISSED = {"cooking", "economics", "mechanics", "puppetry"}  # known weaknesses, none of them graver


@pytest.mark.parametrize("word_lists", [True, False])
@pytest.mark.parametrize("encoder", [None, SentenceEncoder()], ids=["no model", "model"])
def test_the_traps_are_passed(encoder: Encoder | None, word_lists: bool) -> None:
    options = NormalizeOptions(word_lists=word_lists)
    bags = [[tag] for tag in TRAPS]
    found = normalize_tags(bags, options, lemmatizer=SpacyLemmatizer(), encoder=encoder)
    wrong = {m.raw for m in found.merges if TRAPS[m.raw] != TRAPS[m.canonical]}
    assert len(TRAPS) >= 500
    assert _b_cubed(TRAPS, found) >= 0.98
    assert not word_lists or wrong <= _MISSED


@pytest.mark.parametrize("encoder", [None, SentenceEncoder()], ids=["no model", "model"])
def test_opposites_stay_apart(encoder: Encoder | None) -> None:
    pairs = read_opposites()
    found = normalize_tags(pairs, lemmatizer=SpacyLemmatizer(), encoder=encoder)
    name = found.canonical_of
    assert len(pairs) >= 150
    assert [pair for pair in pairs if name[pair[0]] == name[pair[1]]] == []


def test_the_map_is_the_same_under_any_hash_seed() -> None:
    program = (
        "from tests.steps.traps import read_traps\n"
        "from tests.fakes import DictLemmatizer, LetterEncoder\n"
        "from tagraph.steps.normalize import normalize_tags\n"
        "bags = [[tag] for tag in set(read_traps())]\n"
        "found = normalize_tags(bags, lemmatizer=DictLemmatizer(), encoder=LetterEncoder())\n"
        "print(sorted(found.canonical_of.items()), found.merges, found.borderline)\n"
    )
    root = Path(__file__).resolve().parent.parent.parent
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.shared
def test_hard_negatives_of_real_topics_stay_apart(shared: Path) -> None:
    import json

    path = shared / "tag-aliases" / "github_topic_hard_negatives_dev.jsonl"
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    tags = sorted({pair[end] for pair in pairs for end in "ab"})
    found = normalize_tags(
        [[tag] for tag in tags], lemmatizer=SpacyLemmatizer(), encoder=SentenceEncoder()
    )
    name = found.canonical_of
    merged = [(p["a"], p["b"]) for p in pairs if name[p["a"]] == name[p["b"]]]
    assert merged == [("discord-bot", "discord-bots")]  # one word and its plural


def test_another_order_of_words_is_another_tag_where_the_meaning_says_so() -> None:
    bags = [["nice poem"], ["poem nice"]]
    merged = normalize_tags(bags, lemmatizer=LEMMATIZER, encoder=LetterEncoder())
    assert [merge.reason for merge in merged.merges] == ["reordered words"]
    pair = [["system design"], ["design system"]]
    apart = normalize_tags(pair, lemmatizer=SpacyLemmatizer(), encoder=SentenceEncoder())
    assert apart.merges == ()


def test_no_chain_forms_over_kinds_of_meaning() -> None:
    tags = ["testing", "test", "examination", "quiz", "social", "socialize", "socialization"]
    options = NormalizeOptions(embedding_threshold=0.6, residue_threshold=0.1)
    encoder = SentenceEncoder()
    found = normalize_tags(
        [[tag] for tag in tags], options, lemmatizer=SpacyLemmatizer(), encoder=encoder
    )
    vectors = dict(zip(tags, encoder.encode(tags), strict=True))
    groups = [[t for t in tags if found.canonical_of[t] == name] for name in tags]
    together = [(a, b) for group in groups for a in group for b in group if a < b]
    assert together
    assert all(vectors[a] @ vectors[b] >= 0.6 for a, b in together)


def _in(language: str, *tags: str) -> dict[str, str]:
    lemmatizer = NoLemmatizer() if language == "none" else SimplemmaLemmatizer(language)
    options = NormalizeOptions(language=language)
    bags = [[tag] for tag in tags]
    found = normalize_tags(bags, options, lemmatizer=lemmatizer, encoder=None)
    return {merge.raw: merge.reason for merge in found.merges}


def test_another_language_has_its_own_lemmas_and_no_rules_of_english() -> None:
    assert _in("de", "Rezepte", "rezept") == {"Rezepte": "plural"}
    assert _in("es", "canciones", "canción", "cancion") == {
        "canciones": "plural",
        "canción": "separator",
    }
    assert _in("es", "historia de arte", "arte de historia", "db", "database") == {}
    assert _in("none", "Rezepte", "rezept", "REZEPT", "nlp", "neue Lehr Plan") == {
        "REZEPT": "case",
        "nlp": "acronym",
    }


_SCRIPTS = st.one_of(
    *(
        st.text(st.characters(min_codepoint=first, max_codepoint=last), max_size=8)
        for first, last in (
            (0x400, 0x4FF),  # Cyrillic
            (0x590, 0x6FF),  # Hebrew, Arabic
            (0x900, 0x97F),  # Devanagari
            (0xE00, 0xE7F),  # Thai
            (0x1100, 0x11FF),  # Hangul letters
            (0x3040, 0x30FF),  # Kana
            (0x4E00, 0x4FFF),  # Han
            (0x1F300, 0x1F5FF),  # emoji
            (0, 0x24F),  # Latin with accents, controls
        )
    )
)


@given(st.lists(_SCRIPTS, max_size=8), st.sampled_from(["en", "de", "ru", "none"]))
def test_tags_of_any_script_keep_their_letters_in_any_language(
    tags: list[str], language: str
) -> None:
    lemmatizers: dict[str, Lemmatizer] = {"en": LEMMATIZER, "none": NoLemmatizer()}
    lemmatizer = lemmatizers.get(language) or SimplemmaLemmatizer(language)
    options = NormalizeOptions(language=language, fuzzy=False)
    found = normalize_tags([tags], options, lemmatizer=lemmatizer, encoder=LetterEncoder())
    assert set(found.canonical_of) == set(tags)
    assert all(found.canonical_of[name] == name for name in found.canonical_of.values())
    for merge in found.merges:
        assert any(letter.isalnum() or ord(letter) > 0x2000 for letter in merge.raw)


@pytest.mark.parametrize("language", ["", "DE", "d e", "de-DE", "ру"])
def test_a_language_is_a_code(language: str) -> None:
    with pytest.raises(OptionsError, match="language"):
        NormalizeOptions(language=language)


_KINDS = [["vector database", "database"]] * 3 + [["database", "sql"]] * 3 + [["poem"]] * 9


def test_what_a_tag_ends_in_is_broader_where_the_bags_bear_it_out() -> None:
    assert _normalize(_KINDS).narrower == (("vector database", "database"),)
    assert _normalize(_KINDS, context=False).narrower == ()
    assert _normalize(_KINDS, language="none").narrower == ()


@pytest.mark.parametrize(
    "bags",
    [
        [["vector database", "vector"]] * 3 + [["database", "sql"]] * 4 + [["poem"]] * 9,
        [["vector database", "database"]] * 2 + [["database"]] * 4 + [["poem"]] * 9,
        [["vector database", "database"]] * 3 + [["vector database"]] + [["poem"]] * 9,
        [["vector database", "database"]] * 3 + [["database"]] * 3,
    ],
    ids=["never together", "too rare", "the broader one less used", "as by chance"],
)
def test_no_edge_without_evidence(bags: list[list[str]]) -> None:
    assert _normalize(bags).narrower == ()


_AMONG = [["tts", "audio", "voice"]] * 3 + [["text to speech", "audio", "voice"]] * 3
_CROWD = [[f"t{x} to s{y}" for x in "abc" for y in "abc"], ["rest"], ["poem"], ["write"]] * 2


def test_shared_neighbours_tell_what_an_acronym_means() -> None:
    found = _normalize(_AMONG + _CROWD)
    assert found.canonical_of["tts"] == found.canonical_of["text to speech"]
    alone = _normalize(_AMONG + _CROWD, context=False)
    assert alone.canonical_of["tts"] != alone.canonical_of["text to speech"]


def test_tags_with_the_same_neighbours_are_proposed_to_a_judge_and_not_merged() -> None:
    bags = [["sofa", "home", "seat"]] * 3 + [["couch", "home", "seat"]] * 3 + [["poem"]] * 3
    found = _normalize(bags)
    assert found.merges == ()
    assert ("couch", "sofa", "context") in [(p.left, p.right, p.source) for p in found.borderline]


def test_versions_merge_only_on_request() -> None:
    bags = [["python"], ["python 3"], ["python 2"]]
    assert _normalize(bags).merges == ()
    merged = normalize_tags(
        bags, NormalizeOptions(versions="merge"), lemmatizer=LEMMATIZER, encoder=None
    )
    assert {m.reason for m in merged.merges} == {"version"}
    assert set(merged.canonical_of.values()) == {"python"}


@pytest.mark.parametrize("relation", [Relation.NARROWER, Relation.BROADER])
def test_what_is_narrower_merges_only_on_request(relation: Relation) -> None:
    judge = TruthAdjudicator({frozenset(("bn", "bayesian network")): relation})
    options = NormalizeOptions(narrower="merge")
    found = normalize_tags(
        _DOUBTFUL, options, lemmatizer=LEMMATIZER, encoder=None, adjudicator=judge
    )
    assert [merge.reason for merge in found.merges] == ["narrower"]


@pytest.mark.parametrize("option", ["versions", "narrower"])
def test_a_policy_is_keep_or_merge(option: str) -> None:
    with pytest.raises(OptionsError, match=option):
        NormalizeOptions(**{option: "split"})  # type: ignore[arg-type]


def test_an_adjudicator_is_asked_beyond_the_band_and_never_what_follows_from_its_answers() -> None:
    bags = [["stone", "tones tune", "note tin", "often", "nest"], ["poem", "poet"]]
    judge = TruthAdjudicator(default=Relation.SAME)
    options = NormalizeOptions(budget=3, embedding_threshold=1.0, borderline_width=0.01)
    found = normalize_tags(
        bags, options, lemmatizer=LEMMATIZER, encoder=LetterEncoder(), adjudicator=judge
    )
    assert 0 < len(judge.asked) <= 3
    assert len(found.merges) == len(judge.asked)


def test_two_names_for_tags_that_became_one_are_refused() -> None:
    overrides = Overrides(rename={"web site": "Sites", "Web Site": "Pages"})

    with pytest.raises(OptionsError, match="cannot both be its name"):
        normalize_tags(
            [["web site", "Web Site"]],
            lemmatizer=DictLemmatizer(),
            encoder=None,
            overrides=overrides,
        )


@pytest.mark.parametrize("encoder", [None, LetterEncoder()])
def test_look_alikes_of_two_scripts_are_shown_and_never_merged(encoder: Encoder | None) -> None:
    pairs = [("paypal", "p\u0430yp\u0430l"), ("machine learning", "m\u0430chine le\u0430rning")]
    pairs += [("scope", "\u0455cope"), ("tensor", "\u03c4ens\u03bfr")]
    bags = [[left, right] for left, right in pairs for _ in range(4)]

    tag_map = normalize_tags(bags, lemmatizer=DictLemmatizer(), encoder=encoder)

    assert all(tag_map.canonical_of[tag] == tag for pair in pairs for tag in pair)
    shown = {frozenset((p.left, p.right)) for p in tag_map.borderline if p.source == "look-alike"}
    assert shown == {frozenset(pair) for pair in pairs}

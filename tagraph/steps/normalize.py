"""Bags of raw tags to a TagMap: keys first, then guarded similarity, every merge with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from tagraph.data import Bags, CandidatePair, Link, TagMap
from tagraph.errors import JudgeError, OptionsError
from tagraph.protocols import Adjudicator, Encoder, Lemmatizer, Relation
from tagraph.stages.guards import share_look
from tagraph.stages.merge import Groups, explain_merges, link_completely
from tagraph.stages.tag_keys import drop_version, squash
from tagraph.steps.context_evidence import Context
from tagraph.steps.doubtful import doubtful_links
from tagraph.steps.overrides import Overrides
from tagraph.steps.tag_evidence import (
    meaning_links,
    spelling_links,
    unite_acronyms,
    unite_by_rules,
)
from tagraph.steps.tag_vocabulary import TagVocabulary
from tagraph.text import skeleton

Policy = Literal["keep", "merge"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
LOOK_ALIKE = "look-alike"  # reason of a pair in `borderline`, never of a merge
_NONE: frozenset[str] = frozenset()
_ROUNDS = 10  # in how many batches an adjudicator's budget is spent
# Strongest first: a merge over several links is told by the weakest of them.
REASONS = (
    "override",
    "case",
    "separator",
    "plural",
    "spelling variant",
    "short form",
    "affix",
    "reordered words",
    "blend",
    "version",
    "acronym",
    "adjudicated",
    "fuzzy",
    "inflection",
    "embedding",
    "narrower",
)


@dataclass(frozen=True, slots=True)
class NormalizeOptions:
    """How far normalizing goes.

    Attributes:
        fuzzy: Merge misspellings.
        embedding: Merge tags of close meaning, where an encoder is given.
        context: Let the bags tell which expansion an acronym has, and propose pairs to a judge.
        language: Code of the language of the tags: `en`, one that a lemmatizer is there for, or
            `none`. Rules and word lists of English hold for `en` alone; keys, acronyms and
            misspellings for all.
        word_lists: Use the built-in lists of English words: opposites, short forms, everyday
            words that are no acronyms.
        fuzzy_threshold: Smallest share of letters two spellings must have in common.
        embedding_threshold: Smallest cosine of two tags that are merged by meaning.
        inflection_threshold: Smallest cosine of two forms of one word, such as scale and scaling.
        residue_threshold: Smallest cosine of the words that the two tags do not share.
        acronym_threshold: Smallest cosine of an acronym and an expansion that a vocabulary of its
            size holds by chance with probability .2; .1 more for ten times that, none if chance
            hardly explains it.
        context_threshold: Smallest cosine of the neighbours of an acronym and an expansion that
            need no other evidence; both must be in three bags.
        borderline_width: How far below a threshold a pair is still worth a judge.
        max_borderline: How many such pairs are reported at most.
        budget: How many pairs an adjudicator is asked about at most.
        min_count: Canonical tags in fewer bags are flagged as rare.
        versions: `merge` joins a tag with a version to the tag without it: python 3 to python.
        narrower: `merge` joins what an adjudicator calls narrower to the broader tag.
    """

    fuzzy: bool = True
    embedding: bool = True
    context: bool = True
    language: str = "en"
    word_lists: bool = True
    fuzzy_threshold: float = 0.8
    embedding_threshold: float = 0.85
    inflection_threshold: float = 0.8
    residue_threshold: float = 0.7
    acronym_threshold: float = 0.3
    context_threshold: float = 0.3
    borderline_width: float = 0.1
    max_borderline: int = 1000
    budget: int = 1000
    min_count: int = 1
    versions: Policy = "keep"
    narrower: Policy = "keep"

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            OptionsError: A threshold is not in (0, 1], a count is below its minimum, a policy is
                neither keep nor merge, or a language is no code.
        """
        if not (self.language.isascii() and self.language.isalpha() and self.language.islower()):
            raise OptionsError(f"language is {self.language!r}; it must be a code such as en or de")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith(("threshold", "width")) and not 0 < value <= 1:
                raise OptionsError(f"{field.name} is {value}; it must be above 0 and at most 1")
        for name in ("versions", "narrower"):
            if getattr(self, name) not in POLICIES:
                raise OptionsError(f"{name} is {getattr(self, name)!r}; it must be keep or merge")
        for name, least in (("max_borderline", 0), ("budget", 0), ("min_count", 1)):
            if getattr(self, name) < least:
                raise OptionsError(f"{name} is {getattr(self, name)}; it must be at least {least}")


def normalize_tags(  # noqa: PLR0913 - every argument but the ports is optional
    bags: Bags | Iterable[Iterable[str]],
    options: NormalizeOptions = NormalizeOptions(),
    *,
    lemmatizer: Lemmatizer,
    encoder: Encoder | None,
    overrides: Overrides | None = None,
    adjudicator: Adjudicator | None = None,
    previous: TagMap | None = None,
) -> TagMap:
    """Merge the spellings, inflections, acronyms and close synonyms of each tag into one.

    Tags that look alike in letters of two scripts (a Cyrillic a in paypal) never merge by
    themselves; they stand in `borderline`. Rules come first: letter case and Unicode form,
    separators, plurals, British spelling, short forms, word order, acronyms with one expansion in
    the vocabulary. Then misspellings and, with an encoder, close meanings: only pairs that pass the
    guard (numbers, symbols, negation, opposites), joined by complete linkage, so that no chain
    forms. The canonical tag is the most used spelling of the group; ties go to known words, then
    to more and shorter ones. The map depends on the tags and their counts alone, not on the order
    of bags.

    Args:
        bags: Raw tags of each sample; tags without a letter or digit match nothing.
        options: Thresholds and switches.
        lemmatizer: Brings plurals to the singular and knows words.
        encoder: Gives the vectors of meaning; None leaves that out.
        overrides: Decisions that come before every rule.
        adjudicator: Is asked about the most valuable doubtful pairs, within `options.budget`;
            what it calls the same is merged, what it calls anything else stays apart.
        previous: The map of an earlier run: a group that holds one of its canonical tags keeps
            that name, the most used one where it holds several. `diff_maps` shows what moved.

    Raises:
        OptionsError: The overrides contradict each other on this vocabulary.
        JudgeError: The adjudicator did not answer every pair.
    """
    raw = Bags.of(bags)
    english = options.language == "en"
    word_lists = options.word_lists and english
    vocabulary = TagVocabulary.read(raw, lemmatizer, english=english)
    decided = overrides or Overrides()
    groups = decided.start(raw.vocabulary)
    panel = _Panel(vocabulary, groups, options, adjudicator)
    meaning = encoder if options.embedding else None
    unite_by_rules(vocabulary, groups, meaning, word_lists=word_lists)
    if options.versions == "merge":
        groups.unite(Link(i, j, "version") for i, j in _versions(vocabulary))
    context = Context.read(raw, groups, options.context_threshold) if options.context else None
    links = unite_acronyms(
        vocabulary,
        groups,
        meaning,
        context,
        similarity=options.acronym_threshold,
        word_lists=word_lists,
    )
    if options.fuzzy:
        links += spelling_links(vocabulary, groups, word_lists=word_lists)
    panel.decide(links, dict.fromkeys(("acronym", "fuzzy"), options.fuzzy_threshold))
    if meaning is not None:
        links = _close_meanings(vocabulary, groups, meaning, options)
        panel.decide(links, _meaning_thresholds(options))
    if context is not None:
        panel.propose(context.propose(vocabulary, word_lists=word_lists))
        panel.narrower += context.find_narrower(vocabulary) if english else []
    if adjudicator is not None:
        panel.ask(doubtful_links(vocabulary, groups, meaning, word_lists=word_lists))
    return _finish(
        raw, panel, decided, frozenset(previous.canonical_of.values()) if previous else _NONE
    )


def _meaning_thresholds(options: NormalizeOptions) -> dict[str, float]:
    """Return the threshold of each kind of closeness in meaning."""
    return {
        "inflection": options.inflection_threshold,
        "embedding": options.embedding_threshold,
    }


def _close_meanings(
    vocabulary: TagVocabulary, groups: Groups, encoder: Encoder, options: NormalizeOptions
) -> list[Link]:
    """Return the links of meaning down to what is still worth a judge."""
    return meaning_links(
        vocabulary,
        groups,
        encoder,
        similarity=min(_meaning_thresholds(options).values()) - options.borderline_width,
        residue=options.residue_threshold,
        word_lists=options.word_lists and vocabulary.english,
    )


class _Panel:
    """Decides on links that no rule settles, with an adjudicator's help where there is one."""

    def __init__(
        self,
        vocabulary: TagVocabulary,
        groups: Groups,
        options: NormalizeOptions,
        adjudicator: Adjudicator | None,
    ) -> None:
        self.vocabulary, self.groups, self.options = vocabulary, groups, options
        self.narrower: list[tuple[int, int]] = []
        self.open: list[tuple[float, Link]] = []
        self._adjudicator = adjudicator
        self._budget = options.budget if adjudicator else 0
        self.propose(_look_alikes(vocabulary))

    def decide(self, links: Sequence[Link], thresholds: Mapping[str, float]) -> None:
        """Ask about the most valuable links, then join what thresholds and linkage allow.

        Args:
            links: What may be joined.
            thresholds: By reason, the smallest similarity of a link that is.
        """
        above = [(link, link.similarity - thresholds[link.reason]) for link in links]
        width = self.options.borderline_width
        valued = sorted((-self._value(link, over), link) for link, over in above if over >= -width)
        asked = [link for _, link in valued[: self._budget]]
        self._budget -= len(asked)
        self._settle(asked)
        rest = [(-value, link) for value, link in valued[len(asked) :]]
        clear = (link for _, link in rest if link.similarity >= thresholds[link.reason])
        self.groups.unite(link_completely(clear, min(thresholds.values())))
        self.open += rest

    def propose(self, links: Sequence[Link]) -> None:
        """Keep links that nothing but a judge may turn into a merge."""
        counts = self.vocabulary.counts
        self.open += [
            (link.similarity * min(counts[link.left], counts[link.right]), link) for link in links
        ]

    def ask(self, links: Sequence[Link]) -> None:
        """Spend what is left of the budget on these and the open links, the likeliest first.

        Asked in rounds, so that no question is bought whose answer follows from earlier ones.
        """
        size = max(1, self._budget // _ROUNDS)
        counts = self.vocabulary.counts
        held = {
            (-link.similarity * min(counts[link.left], counts[link.right]), link) for link in links
        }
        waiting = [link for _, link in sorted({*held, *((-v, link) for v, link in self.open)})]
        while self._budget and (waiting := [link for link in waiting if self._is_open(link)]):
            asked = waiting[: min(size, self._budget)]
            waiting = waiting[len(asked) :]
            self._budget -= len(asked)
            self._settle(asked)

    def _is_open(self, link: Link) -> bool:
        """Say whether the ends of a link are apart without anybody having said so."""
        left, right = link.left, link.right
        return self.groups.find(left) != self.groups.find(right) and not self.groups.forbids(
            left, right
        )

    def _value(self, link: Link, over: float) -> float:
        """Return how much hangs on a link: the smaller count, times its closeness to the edge."""
        counts = self.vocabulary.counts
        smaller = min(sum(counts[m] for m in self.groups.members(i)) for i in link[:2])
        closeness = 1 - abs(over) / self.options.borderline_width
        return smaller * max(closeness, 0.05)

    def _settle(self, asked: Sequence[Link]) -> None:
        """Carry out what the adjudicator says about each link."""
        if self._adjudicator is None or not asked:
            return
        relations = self._adjudicator.adjudicate([self.pair(link) for link in asked])
        if len(relations) != len(asked):
            raise JudgeError(
                f"the adjudicator answered {len(relations)} of {len(asked)} pairs; "
                "it must answer every one, in order"
            )
        told = sorted(zip(relations, asked, strict=True), key=lambda row: row[0] is Relation.SAME)
        for relation, link in told:
            self._carry_out(relation, link)

    def _carry_out(self, relation: Relation, link: Link) -> None:
        """Join what is the same; keep everything else apart, and what is narrower as an edge."""
        if relation is Relation.SAME:
            self.groups.unite([link._replace(reason="adjudicated")])
            return
        ordered = relation in (Relation.NARROWER, Relation.BROADER)
        if ordered and self.options.narrower == "merge":
            self.groups.unite([link._replace(reason="narrower")])
            return
        self.groups.forbid(link.left, link.right)
        if relation is Relation.NARROWER:
            self.narrower.append((link.left, link.right))
        elif relation is Relation.BROADER:
            self.narrower.append((link.right, link.left))

    def pair(self, link: Link) -> CandidatePair:
        """Return a link as a judge or a reader sees it."""
        tags = self.vocabulary.tags
        return CandidatePair(tags[link.left], tags[link.right], link.similarity, link.reason)

    def borderline(self) -> tuple[CandidatePair, ...]:
        """Return the pairs still apart, the most valuable first."""
        apart = [(-value, link) for value, link in self.open if self._is_open(link)]
        return tuple(self.pair(link) for _, link in sorted(apart)[: self.options.max_borderline])


def _finish(raw: Bags, panel: _Panel, decided: Overrides, held: frozenset[str]) -> TagMap:
    """Return the map: canonical names, reasons, counts, the rare flag, edges to broader tags."""
    tags, groups = raw.vocabulary, panel.groups
    canonical = panel.vocabulary.readable(groups, held)
    merges = explain_merges(tags, canonical, groups.links, REASONS)
    names = {tags[i]: tags[j] for i, j in enumerate(canonical)}
    names, merges = decided.name(names, merges)
    applied = TagMap(names).apply(raw)
    counts = dict(zip(applied.vocabulary, applied.counts.tolist(), strict=True))
    broader = panel.narrower + _versions(panel.vocabulary)
    edges = {(names[tags[i]], names[tags[j]]) for i, j in broader}
    return TagMap(
        names,
        tuple(merges),
        counts,
        frozenset(tag for tag, count in counts.items() if count < panel.options.min_count),
        tuple(sorted(edge for edge in edges if edge[0] != edge[1])),
        panel.borderline(),
    )


def _look_alikes(vocabulary: TagVocabulary) -> list[Link]:
    """Return tags that look like another one in letters of two scripts, the first of each look."""
    first: dict[str, int] = {}
    found = []
    for i, entry in enumerate(map(squash, vocabulary.folded)):
        other = first.setdefault(skeleton(entry), i)
        if share_look(entry, squash(vocabulary.folded[other])):
            found.append(Link(other, i, LOOK_ALIKE))
    return found


def _versions(vocabulary: TagVocabulary) -> list[tuple[int, int]]:
    """Return tags with a version at the end and the tag without it: python 3, python."""
    plain = {squash(entry): i for i, entry in reversed(list(enumerate(vocabulary.folded)))}
    found = []
    for i, entry in enumerate(vocabulary.folded):
        base = squash(drop_version(entry))
        if base in plain:
            found.append((i, plain[base]))
    return found

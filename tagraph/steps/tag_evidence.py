"""A vocabulary of raw tags to links between them: by rule, by spelling, by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np

from tagraph.data import FloatArray, Link
from tagraph.protocols import Encoder
from tagraph.stages.acronyms import choose_acronyms, expected_by_chance, find_acronyms
from tagraph.stages.affixes import (
    link_blends,
    link_clipped,
    link_doings,
    link_markers,
    link_plural_acronyms,
)
from tagraph.stages.candidates import find_close_meanings, find_close_spellings
from tagraph.stages.guards import (
    are_forms,
    are_names_alike,
    differ_in_kind,
    is_doer,
    look_alike,
    residues,
)
from tagraph.stages.merge import Groups
from tagraph.stages.misspellings import compare_spelling
from tagraph.stages.tag_keys import (
    Words,
    fold_case,
    link_by_keys,
    spell_out,
    squash,
    turn_around,
)
from tagraph.steps.context_evidence import Context
from tagraph.steps.tag_vocabulary import TagVocabulary

_NUMBERS_TEXT = "one two three four five six seven eight nine ten"
_NUMBERS = frozenset(_NUMBERS_TEXT.split())
_ONE_EDIT_FROM, _TWO_EDITS_FROM = 5, 10
# Up to so many expansions by chance, string evidence is enough, or nearly; beyond, it is none.
_SURE, _LIKELY, _HOPELESS = 0.04, 0.2, 5.0
_WORD_BY_CHANCE, _SHORTEST_WORD = 1.0, 4  # what a dictionary word counts as at least
_UNRELATED, _UNKNOWN = 0.1, -1.0  # cosine of unrelated texts; of texts without a vector
_DOING = 0.9  # cosine from which on a doer stands for its doing
_REORDERED, _CLIPPED = (
    0.9,
    0.7,
)  # cosine from which on words turned around, or clipped, are the same
_PER_TENFOLD = 0.1  # what ten times the odds of chance add to the cosine asked for
_DOUBT = 0.75
_SHORTEST_TO_ENCODE, _LONGEST_TO_ENCODE = 4, 200


def unite_by_rules(
    vocabulary: TagVocabulary, groups: Groups, encoder: Encoder | None = None, *, word_lists: bool
) -> None:
    """Join the tags that share a key: case, separator, plural, spelling, short form, order.

    An encoder, where there is one, has a say where words alone do not tell: whether another order
    of words is another thing (system design, design system), and what a word is clipped from.
    """
    folded = vocabulary.folded
    groups.unite(link_by_keys(map(fold_case, vocabulary.tags), "case"))
    groups.unite(link_by_keys(map(squash, vocabulary.words), "separator"))
    groups.unite(link_by_keys(map(squash, vocabulary.singular), "plural"))
    groups.unite(link_by_keys(map(squash, folded), "spelling variant"))
    groups.unite(link_plural_acronyms(folded, vocabulary.known))
    if word_lists:
        folded = [spell_out(entry) for entry in folded]
        groups.unite(link_by_keys(map(squash, folded), "short form"))
        groups.unite(link_markers(folded, vocabulary.words, _NUMBERS))
    if vocabulary.english:
        _unite_by_english(vocabulary, groups, folded, encoder)
    groups.unite(link_blends(folded, groups.labels(), vocabulary.known))


def _unite_by_english(
    vocabulary: TagVocabulary, groups: Groups, folded: Sequence[Words], encoder: Encoder | None
) -> None:
    """Join what English forms and the order of English words show to be one."""
    groups.unite(link_doings(folded, vocabulary.known))
    if encoder is not None:
        clipped = link_clipped(folded, vocabulary.known)
        groups.unite(_close(clipped, vocabulary.words, encoder, _CLIPPED))
    turned = link_by_keys(map(turn_around, folded), "reordered words")
    if encoder is not None:
        turned = _close(turned, vocabulary.words, encoder, _REORDERED)
    groups.unite(turned)


def _close(
    links: Sequence[Link], words: Sequence[Words], encoder: Encoder, least: float
) -> list[Link]:
    """Return the links whose ends have at least this cosine, or a vector that tells nothing."""
    if not links:
        return []
    cosines = _cosines([(words[i], words[j]) for i, j, *_ in links], encoder, unknown=1.0)
    return [link for link, alike in zip(links, cosines.tolist(), strict=True) if alike >= least]


def unite_acronyms(
    vocabulary: TagVocabulary,
    groups: Groups,
    encoder: Encoder | None,
    context: Context | None = None,
    *,
    similarity: float,
    word_lists: bool,
) -> list[Link]:
    """Join acronyms with their expansion, alone and inside longer tags; return doubtful ones.

    An expansion that a vocabulary of this size would hardly hold by chance is believed. Any other
    must be close in meaning to its acronym, the closer the likelier chance is, and so must that
    of a dictionary word, or stand among the same tags; else it is a doubtful one.
    """
    folded = vocabulary.folded
    if word_lists:
        folded = [spell_out(entry) for entry in folded]
    labels = groups.labels()
    found = find_acronyms(folded, labels, word_lists=word_lists)
    chance = [
        max(chance, _WORD_BY_CHANCE if _is_word("".join(folded[link.left]), vocabulary) else 0.0)
        for link, chance in zip(found, expected_by_chance(found, folded, labels), strict=True)
    ]
    closeness = _closeness(found, folded, encoder)
    shared = context.compare(found) if context else [0.0] * len(found)
    links, doubtful = [], []
    for link, odds, alike, among in zip(found, chance, closeness, shared, strict=True):
        needed = _needed_closeness(odds, similarity, alone=encoder is None)
        if alike >= needed or (context and among >= context.similarity):
            links.append(link._replace(similarity=max(alike, among, 0.0)))
        elif odds < _HOPELESS:
            doubtful.append(link._replace(similarity=_DOUBT))
    sure, ambiguous = choose_acronyms(links, folded, labels, vocabulary.counts)
    groups.unite(sure)
    groups.unite(_inner_acronyms(folded, sure))
    return doubtful + ambiguous


def _is_word(short: str, vocabulary: TagVocabulary) -> bool:
    """Say whether a short tag is a dictionary word; of three letters even acronyms are in it."""
    return len(short) >= _SHORTEST_WORD and short in vocabulary.known


def _closeness(
    links: Sequence[Link], folded: Sequence[Words], encoder: Encoder | None
) -> list[float]:
    """Return the cosine of the ends of each link; below any where there is no vector."""
    if encoder is None:
        return [_UNKNOWN] * len(links)
    ends = [(folded[link.left], folded[link.right]) for link in links]
    found: list[float] = _cosines(ends, encoder, unknown=_UNKNOWN).tolist()
    return found


def _needed_closeness(chance: float, similarity: float, *, alone: bool) -> float:
    """Return the cosine asked of an acronym and an expansion of which chance gives so many.

    Without an encoder (`alone`), what is likelier no chance is believed.
    """
    if chance <= (_LIKELY if alone else _SURE):
        return _UNKNOWN
    if chance <= _LIKELY:
        return _UNRELATED
    return similarity + _PER_TENFOLD * log10(chance / _LIKELY)


def _inner_acronyms(folded: Sequence[Words], acronyms: Sequence[Link]) -> list[Link]:
    """Link tags that are one once each acronym in them is written out."""
    spelled = {folded[link.left]: folded[link.right] for link in acronyms}
    full = [
        tuple(part for word in entry for part in spelled.get((word,), (word,))) for entry in folded
    ]
    return link_by_keys(map(squash, full), "acronym")


def spelling_links(vocabulary: TagVocabulary, groups: Groups, *, word_lists: bool) -> list[Link]:
    """Link groups whose fullest spellings are misspellings of each other."""
    nodes = vocabulary.representatives(groups)
    keys = [squash(vocabulary.folded[i]) for i in nodes]
    pairs: set[tuple[int, int]] = set()
    for distance, shortest in ((1, _ONE_EDIT_FROM), (2, _TWO_EDITS_FROM)):
        long = [key if len(key) >= shortest else "" for key in keys]
        left, right = find_close_spellings(long, distance=distance)
        pairs.update(zip(left.tolist(), right.tolist(), strict=True))
    folded, links = vocabulary.folded, []
    for a, b in sorted(pairs):
        i, j = nodes[a], nodes[b]
        alike = compare_spelling(folded[i], folded[j], vocabulary.known)
        if alike and not differ_in_kind(folded[i], folded[j], word_lists=word_lists):
            links.append(Link(i, j, "fuzzy", alike))
    return links


def meaning_links(
    vocabulary: TagVocabulary,
    groups: Groups,
    encoder: Encoder,
    *,
    similarity: float,
    residue: float,
    word_lists: bool,
) -> list[Link]:
    """Link groups of close meaning that the guard lets pass.

    The words that two tags do not share must be close as well (`residue`): a recipe idea is not
    a recipe request. Where they are not, the similarity is the mean of both cosines; where one
    tag has no word of its own, it is the broader one and there is no link. Tags whose words have
    the same stems are linked as forms of each other, a doer and its doing only from cosine .9 on
    (parser and parsing, not teacher and teaching). Any others lose as much similarity as the
    nearer of the two has a closer neighbour. Short tags and tags with a token unknown to the
    encoder are compared with nothing.
    """
    nodes, vectors = _encode_groups(vocabulary, groups, encoder)
    left, right, cosine = find_close_meanings(vectors, similarity=similarity)
    best = np.zeros(len(nodes))
    folded = vocabulary.folded
    found = []
    for a, b, alike in zip(left.tolist(), right.tolist(), cosine.tolist(), strict=True):
        i, j = nodes[a], nodes[b]
        own = residues(folded[i], folded[j], vocabulary.known)
        ends = (folded[i], folded[j])
        if all(own) and not any(differ_in_kind(*x, word_lists=word_lists) for x in (ends, own)):
            found.append((a, b, alike, own))
            best[[a, b]] = np.maximum(best[[a, b]], alike)
    apart = _cosines([own for *_, own in found], encoder)
    links = []
    for (a, b, alike, own), other in zip(found, apart.tolist(), strict=True):
        forms = are_forms(*own)
        if look_alike(*own) or (forms and _is_doing(own) and alike < _DOING):
            continue
        if not forms and are_names_alike(folded[nodes[a]], folded[nodes[b]], vocabulary.known):
            alike = min(alike, similarity)
        strength = alike if forms else 2 * alike - max(best[a], best[b])
        if not forms and other < residue:
            strength = min(strength, (alike + other) / 2)
        reason = "inflection" if forms else "embedding"
        links.append(Link(nodes[a], nodes[b], reason, round(float(strength), 4)))
    return links


def _is_doing(own: tuple[Words, Words]) -> bool:
    """Say whether a doer stands against its doing."""
    return any(is_doer(x, y) for x in own[0] for y in own[1])


def _encode_groups(
    vocabulary: TagVocabulary, groups: Groups, encoder: Encoder
) -> tuple[list[int], FloatArray]:
    """Return the groups that can be compared by meaning, and their vectors."""
    texts = {i: " ".join(vocabulary.words[i]) for i in vocabulary.representatives(groups)}
    fitting = [i for i, t in texts.items() if _SHORTEST_TO_ENCODE <= len(t) <= _LONGEST_TO_ENCODE]
    known = encoder.knows([texts[i] for i in fitting])
    nodes = [i for i, ok in zip(fitting, known.tolist(), strict=True) if ok]
    return nodes, encoder.encode([texts[i] for i in nodes])


def _cosines(
    pairs: Sequence[tuple[Words, Words]], encoder: Encoder, *, unknown: float = 0.0
) -> FloatArray:
    """Return the cosine of the two texts of each pair; `unknown` where the encoder lacks one."""
    texts = sorted({" ".join(words) for pair in pairs for words in pair})
    position = {text: i for i, text in enumerate(texts)}
    ends = np.array([[position[" ".join(words)] for words in pair] for pair in pairs])
    left, right = ends.reshape(-1, 2).astype(np.int64).T
    vectors, known = encoder.encode(texts), encoder.knows(texts)
    cosines = np.round(np.einsum("ij,ij->i", vectors[left], vectors[right]), 4)
    return np.where(known[left] & known[right], cosines, unknown)

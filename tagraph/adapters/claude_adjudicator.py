"""A language model that decides whether two tags that look alike are one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tagraph.adapters.language_model import LanguageModel, Prompt
from tagraph.data import CandidatePair
from tagraph.protocols import Relation
from tagraph.stages.relation_question import (
    BY_WORDS,
    EXAMPLE,
    PROMPT,
    frame_tags,
    read_relations,
    relation_schema,
)
from tagraph.steps.calls import Question
from tagraph.steps.estimate import Estimate, guess_tokens

VERSION = 1
PAIRS_PER_CALL = 20
_ROOM = 40  # tokens of a reply for each pair


@dataclass(frozen=True, eq=False)
class ClaudeAdjudicator:
    """Asks a model about borderline pairs of tags, several at a time.

    A pair that a reply leaves out, doubles or answers unreadably is asked once more, alone; without
    a clear answer it is `related`, which merges nothing.
    """

    model: LanguageModel

    @property
    def key(self) -> str:
        """Name, version, model, and a digest of the prompt, every parameter and the server."""
        return self.model.key(VERSION, self.question(()))

    def adjudicate(self, pairs: Sequence[CandidatePair]) -> list[Relation]:
        """Return one relation per pair, in the order of `pairs`.

        Raises:
            BudgetReachedError: The next request might pass the limit.
            AccessError: The server answers nobody.
            JudgeError: The server is down.
        """
        found: dict[int, Relation] = {}
        for size in (PAIRS_PER_CALL, 1):
            left = [i for i in range(len(pairs)) if i not in found]
            found |= self._ask(pairs, left, size)
        return [found.get(i, Relation.RELATED) for i in range(len(pairs))]

    def question(self, pairs: Sequence[tuple[str, str]]) -> Question:
        """Return what is asked about pairs of tags."""
        room = _ROOM * len(pairs)
        prompt = Prompt(PROMPT, frame_tags(pairs), relation_schema(), BY_WORDS, room)
        return self.model.question("normalize", prompt)

    def estimate(self, n_pairs: int) -> Estimate:
        """Return what `n_pairs` pairs of tags of common length take, if none is asked twice."""
        example = [("sorting algorithm", "sorting algorithms")] * PAIRS_PER_CALL
        asked = [self.question(example)]
        low, expected, _ = (PAIRS_PER_CALL * tokens for tokens in guess_tokens(EXAMPLE))
        calls = math.ceil(n_pairs / PAIRS_PER_CALL)
        return self.model.estimate(calls, asked, (low, expected, asked[0].max_tokens))

    def _ask(
        self, pairs: Sequence[CandidatePair], index: Sequence[int], size: int
    ) -> dict[int, Relation]:
        """Ask about some of the pairs in groups; return what is clearly answered, by position."""
        groups = [index[start : start + size] for start in range(0, len(index), size)]
        asked = [self.question([(pairs[i].left, pairs[i].right) for i in g]) for g in groups]
        found = {}
        for group, reply in zip(groups, self.model.ask(asked), strict=True):
            rows = self.model.read_rows(reply, ("number", "relation"))
            for number, relation in read_relations(rows, len(group)).items():
                found[group[number - 1]] = relation
        return found

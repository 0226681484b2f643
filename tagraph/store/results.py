"""The tournament, its scores, the selection and its audit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tagraph.data import FloatArray, IntArray, Outcome, Selection, Withheld
from tagraph.errors import MissingResultError
from tagraph.stages.coverage import Coverage
from tagraph.steps.audit import SUBSETS, Audit
from tagraph.steps.judge_card import JudgeCard, Questions
from tagraph.steps.measures import NAN, Measure
from tagraph.steps.tacos import ScoredPairs
from tagraph.store.connection import Connection


def _numbers(*values: float) -> list[float | None]:
    """Return numbers, None for NaN."""
    return [None if math.isnan(value) else value for value in values]


class ResultTables:
    """Tables `pairings`, `scores`, `judge_measures`, `selections`, `withheld` and `audits`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_pairings(self, rows: Iterable[tuple[int, int, int, str]]) -> None:
        """Save the pairs of a tournament in the order judged: round, first, second, key."""
        numbered = ((i, *row) for i, row in enumerate(rows))
        self._connection.insert("pairings", "position round first second comparison", numbered)

    def load_pairing_rows(self) -> list[tuple[int, int, int, str]]:
        """Return the pairs of a tournament in the order judged: round, first, second, key.

        Raises:
            MissingResultError: The samples were never compared.
        """
        self._connection.require("compare")
        sql = "SELECT round, first, second, comparison FROM pairings ORDER BY position"
        return list(self._connection.rows(sql))

    def load_pairings(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Return first, second and outcome of the tournament, each of shape (m,).

        Raises:
            MissingResultError: The samples were never compared.
        """
        self._connection.require("compare")
        rows = self._connection.rows(
            "SELECT p.first, p.second, c.outcome FROM pairings p"
            " JOIN comparisons c ON c.key = p.comparison ORDER BY p.position"
        )
        pairs = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)
        outcome = np.array([Outcome(row[2]).score for row in rows], dtype=np.float64)
        return pairs[:, 0], pairs[:, 1], outcome

    def load_questions(self) -> tuple[Questions, list[str]]:
        """Return every question of the tournament with its outcome, and the keys of the judges.

        Judges are numbered in the order in which they were first asked.

        Raises:
            MissingResultError: The samples were never compared.
        """
        self._connection.require("compare")
        rows = self._connection.rows(
            "SELECT p.first, p.second, p.round, (SELECT count(*) FROM comparison_calls x"
            " JOIN calls q ON q.key = x.call WHERE x.comparison = c.key), c.outcome, j.key"
            " FROM pairings p"
            " JOIN comparisons c ON c.key = p.comparison JOIN judges j ON j.id = c.judge"
            " ORDER BY p.position"
        )
        number = {key: i for i, key in enumerate(dict.fromkeys(row[5] for row in rows))}
        columns = [(*row[:4], number[row[5]]) for row in rows]
        first, second, round_, attempts, judge = np.array(columns, dtype=np.int64).reshape(-1, 5).T
        outcomes = [Outcome(row[4]) for row in rows]
        asked = Questions.of((first, second), outcomes, round_, judge, attempts)
        return asked, list(number)

    def load_judge_costs(self, judges: Sequence[str]) -> list[dict[str, float]]:
        """Return requests, tokens and dollars of each judge; nothing for one that was not paid.

        Tokens read from the server's cache are counted where there were any, dollars where every
        request had a price.
        """
        asked = self._connection.rows(
            "SELECT j.key, count(*), sum(c.input_tokens), sum(c.output_tokens) FROM comparisons c"
            " JOIN judges j ON j.id = c.judge WHERE c.reply_digest != '' GROUP BY j.key"
        )
        paid = self._connection.rows(
            "SELECT j.key, sum(c.cache_read_tokens),"
            " iif(count(*) = count(c.cost_nanousd), sum(c.cost_nanousd) / 1e9, NULL) FROM calls c"
            " JOIN judges j ON instr(j.key, '(' || c.model || ',') > 0"
            " WHERE c.step = 'compare' AND c.charge = 'known' GROUP BY j.key"
        )
        names = ("requests", "input_tokens", "output_tokens")
        found = {key: dict(zip(names, row, strict=True)) for key, *row in asked}
        for key, cached, dollars in paid:
            more = {"cached_tokens": cached or None, "cost_usd": dollars}
            found.setdefault(key, {}).update({k: v for k, v in more.items() if v is not None})
        return [found.get(key, {}) for key in judges]

    def save_judge_cards(self, cards: Sequence[JudgeCard]) -> None:
        """Save the card of each judge, one row per measure."""
        rows = (
            (judge, place, card.judge, one.name, one.value, *_numbers(one.low, one.high), one.n)
            for judge, card in enumerate(cards)
            for place, one in enumerate(card.measures)
        )
        self._connection.insert("judge_measures", "judge place key measure value low high n", rows)

    def load_judge_cards(self) -> list[JudgeCard]:
        """Return the card of each judge of the tournament.

        Raises:
            MissingResultError: The samples were never ranked.
        """
        self._connection.require("rank")
        rows = self._connection.rows(
            "SELECT key, measure, value, low, high, n FROM judge_measures ORDER BY judge, place"
        )
        found: dict[str, list[Measure]] = {}
        for key, name, value, low, high, n in rows:
            low, high = (NAN if bound is None else bound for bound in (low, high))
            found.setdefault(key, []).append(Measure(name, value, low, high, n))
        return [JudgeCard(key, tuple(measures)) for key, measures in found.items()]

    def save_pair_scores(self, kept: IntArray, pairs: ScoredPairs) -> None:
        """Save the samples that the recipe of TACOS keeps, and the scores of its pass."""
        self._connection.insert("kept_samples", "sample", ((row,) for row in kept.tolist()))
        columns = (pairs.cluster.tolist(), pairs.first.tolist(), pairs.second.tolist())
        scores = (_as_null(pairs.score[:, 0]), _as_null(pairs.score[:, 1]))
        rows = zip(range(len(pairs.first)), *columns, *scores, strict=True)
        names = "position cluster first second first_score second_score"
        self._connection.insert("pair_scores", names, rows)

    def load_pair_scores(self) -> tuple[IntArray, ScoredPairs]:
        """Return the samples kept, and the scores of the pass.

        Raises:
            MissingResultError: Nothing was compared.
        """
        self._connection.require("compare")
        kept = self._connection.rows("SELECT sample FROM kept_samples ORDER BY sample")
        rows = self._connection.rows(
            "SELECT cluster, first, second, first_score, second_score FROM pair_scores"
            " ORDER BY position"
        )
        whole = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
        scores = np.stack([_from_null(row[place] for row in rows) for place in (3, 4)], axis=1)
        pairs = ScoredPairs(whole[:, 0], whole[:, 1], whole[:, 2], scores)
        return np.array([row for (row,) in kept], dtype=np.int64), pairs

    def save_scores(
        self, strength: FloatArray, error: FloatArray, component: IntArray, count: IntArray
    ) -> None:
        """Save strength, standard error, component and number of comparisons of every sample."""
        columns = (strength.tolist(), error.tolist(), component.tolist(), count.tolist())
        rows = zip(range(len(strength)), *columns, strict=True)
        self._connection.insert(
            "scores", "sample strength standard_error component n_comparisons", rows
        )

    def load_scores(self) -> tuple[FloatArray, FloatArray, IntArray]:
        """Return strength, standard error and number of comparisons, each of shape (n_samples,).

        Raises:
            MissingResultError: The samples were never ranked.
        """
        self._connection.require("rank")
        rows = self._connection.rows(
            "SELECT strength, standard_error, n_comparisons FROM scores ORDER BY sample"
        )
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].astype(np.int64)

    def save_selection(self, selection: Selection) -> None:
        """Save the selection in the order chosen, and what was withheld from the policy."""
        nothing = [None] * len(selection)
        columns = (
            selection.index.tolist(),
            [None if c < 0 else c for c in selection.cluster.tolist()],
            _as_null(selection.strength),
            selection.rank.tolist(),
            [None if r < 0 else r for r in selection.rival.tolist()],
            selection.rule,
            selection.reasons,
            nothing if selection.chance is None else _as_null(selection.chance),
            nothing if selection.figure is None else _as_null(selection.figure),
        )
        rows = zip(range(len(selection)), *columns, strict=True)
        names = "position sample cluster strength rank rival rule reason chance figure"
        self._connection.insert("selections", names, rows)
        held = (
            (row.sample, row.rule, *((row.twin, row.likeness) if row.twin >= 0 else (None, None)))
            for row in selection.withheld
        )
        self._connection.insert("withheld", "sample rule twin likeness", held)

    def load_selection(self) -> Selection:
        """Return the stored selection in the order chosen.

        Raises:
            MissingResultError: Nothing was selected.
        """
        run = self._connection.require("select")
        rows = self._connection.rows(
            "SELECT e.sample, ifnull(e.cluster, -1), e.strength, e.rank, ifnull(e.rival, -1),"
            " e.rule, e.reason, s.id, e.chance, e.figure FROM selections e"
            " JOIN samples s ON s.position = e.sample ORDER BY e.position"
        )
        whole = np.array([(r[0], r[1], r[3], r[4]) for r in rows], dtype=np.int64).reshape(-1, 4)
        held = self._connection.rows(
            "SELECT sample, rule, ifnull(twin, -1), likeness FROM withheld ORDER BY sample"
        )
        return Selection(
            index=whole[:, 0],
            cluster=whole[:, 1],
            strength=_from_null(row[2] for row in rows),
            rank=whole[:, 2],
            rival=whole[:, 3],
            rule=tuple(r[5] for r in rows),
            reasons=tuple(r[6] for r in rows),
            ids=tuple(r[7] for r in rows),
            policy=run.summary["policy"],
            chance=_from_null(row[8] for row in rows),
            figure=_from_null(row[9] for row in rows),
            withheld=tuple(
                Withheld(sample, rule, twin, np.nan if alike is None else alike)
                for sample, rule, twin, alike in held
            ),
        )

    def save_audit(self, audit: Audit) -> None:
        """Save what the selection covers beside the pool and the baselines; NaN is unknown."""
        numbered = (
            (subset, measure, place, None if value != value else value)
            for place, (measure, *values) in enumerate(audit.rows())
            for subset, value in zip(audit.coverage, values, strict=True)
        )
        self._connection.insert("audits", "subset measure place value", numbered)

    def load_audit(self) -> Audit:
        """Return the audit of the stored selection.

        Raises:
            MissingResultError: Nothing was selected.
        """
        self._connection.require("select")
        rows = self._connection.rows("SELECT subset, measure, value FROM audits ORDER BY place")
        if not rows:  # selected by a version that did not audit
            raise MissingResultError("select")
        found: dict[str, dict[str, float]] = {}
        for subset, measure, value in rows:
            found.setdefault(subset, {})[measure] = np.nan if value is None else value
        return Audit({name: Coverage.of(found[name]) for name in SUBSETS if name in found})


def _as_null(values: FloatArray) -> list[float | None]:
    """Return numbers for the store, NaN as NULL."""
    return [None if value != value else value for value in values.tolist()]


def _from_null(values: Iterable[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

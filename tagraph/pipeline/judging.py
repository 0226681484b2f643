"""Compare and rank on a store: one judge or two, their verdicts, and a card of each judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tagraph.config import Config
from tagraph.data import IntArray, Outcome, Sample, Verdict
from tagraph.pipeline.bookkeeping import Event, Plan, Result, run_step
from tagraph.pipeline.planting import PlantedJudge, find_share, plant
from tagraph.pipeline.remembered import RememberedJudge, comparison_key
from tagraph.pipeline.runs import Pipeline, cut_clusters
from tagraph.protocols import Judge, minds_order
from tagraph.stages.addressing import find_address
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.steps.cascade import Cascade, fit_informed, run_cascade
from tagraph.steps.judge_card import Questions, draw_cards
from tagraph.steps.newcomers import hold_level
from tagraph.steps.tournament import Tournament, run_tournament


def run_compare(
    pipeline: Pipeline, judge: Judge, k: int, second_judge: Judge | None = None
) -> bool:
    """Let the judge compare pairs inside clusters, most where the cut of each cluster lies.

    A second judge is asked where the first leaves the cut open.
    """
    store, config = pipeline.store, pipeline.config
    clustering = store.groups.load_clustering()
    cut = cut_clusters(clustering, k, config.selection)

    def work() -> Result:
        parts, planted, summary = _play(pipeline, judge, second_judge, clustering.membership, cut)
        summary |= count_outcomes([v for _, part in parts for v in part.verdicts])
        summary["unfinished"] = summary["outcomes"].get(Outcome.FAILED.value, 0)
        aside = sorted({int(i) for _, part in parts for i in part.set_aside})
        ids = store.samples.load_samples().ids
        summary["set_aside_samples"] = ", ".join(ids[i] for i in aside)
        digests = store.samples.load_digests()
        rows = [row for key, part in parts for row in pairing_rows(key, part, digests)]
        controls = [row for one in planted for row in one.rows()]
        summary |= {"controls": len(controls)} if controls else {}

        def save() -> None:
            store.results.save_pairings(rows)
            store.trust.save_controls(controls)

        return Result(summary, save)

    made_of: dict[str, Any] = {"tournament": config.tournament, "judge": judge.key}
    made_of |= {"cut": cut.tolist(), "bradley_terry": config.bradley_terry}
    if second_judge is not None:
        made_of |= {"second_judge": second_judge.key, "cascade": config.cascade}
    for name, asked in (("minds_order", judge), ("second_minds_order", second_judge)):
        made_of |= {name: True} if minds_order(asked) else {}
        if asked is not None and find_share(asked, config.controls):
            made_of["controls"] = config.controls
    return run_step(store, Plan("compare", "cluster", made_of), work, pipeline.listen)


def _play(
    pipeline: Pipeline, judge: Judge, second_judge: Judge | None, groups: IntArray, cut: IntArray
) -> tuple[list[tuple[str, Tournament]], list[PlantedJudge], dict[str, Any]]:
    """Return the tournament of each judge with its key, what was planted, what to say of them."""
    store, config = pipeline.store, pipeline.config
    asked = Asked(pipeline, _count_calls(config, len(groups), second_judge))
    played: dict[str, Any] = {
        "options": config.tournament,
        "samples": store.samples.load_samples(),
        "groups": groups,
        "cut": cut,
        "on_round": asked.tell,
        "bradley_terry": config.bradley_terry,
    }
    summary: dict[str, Any] = {"judge": config.judge}
    first = _plant(asked, judge, config.tournament.calls_per_item)
    if second_judge is None:
        return [(judge.key, run_tournament(len(groups), first, **played))], [first], summary
    better = _plant(asked, second_judge, config.cascade.calls_per_item)
    found = run_cascade(len(groups), first, better, cascade=config.cascade, **played)
    summary["cascade"] = describe_cascade(config, found)
    return [(judge.key, found.first), (second_judge.key, found.second)], [first, better], summary


def _plant(asked: Asked, judge: Judge, calls_per_item: float) -> PlantedJudge:
    """Return a judge that keeps its verdicts, with the questions that are planted among its own."""
    store, config = asked.pipeline.store, asked.pipeline.config
    samples = store.samples.load_samples()
    return plant(
        RememberedJudge(judge, store, asked.within),
        samples,
        store.samples.load_digests(),
        n_questions=int(calls_per_item * len(samples)),
        seed=config.tournament.seed,
        options=config.controls,
    )


class Asked:
    """Counts the verdicts of all rounds, and tells whoever watches."""

    def __init__(self, pipeline: Pipeline, most: int) -> None:
        self.pipeline, self._most, self._done = pipeline, most, 0

    def tell(self, number: int, first: IntArray, second: IntArray, verdicts: list[Verdict]) -> None:
        """Count a round."""
        self._done += len(verdicts)
        self.within(0)

    def within(self, n_judged: int) -> None:
        """Tell how far it is, so many into a round."""
        done = self._done + n_judged
        dollars = self.pipeline.store.calls.spent().cost / 1e9
        event = Event("compare", "working", done=done, total=self._most, dollars=dollars)
        self.pipeline.listen(event)


def _count_calls(config: Config, n_samples: int, second_judge: Judge | None) -> int:
    """Return the most questions that may be asked."""
    second = 0.0 if second_judge is None else config.cascade.calls_per_item
    return int((config.tournament.calls_per_item + second) * n_samples)


def pairing_rows(
    judge: str, part: Tournament, digests: Sequence[str]
) -> list[tuple[int, int, int, str]]:
    """Return round, first, second and key of every question of a tournament."""
    columns = (part.round.tolist(), part.first.tolist(), part.second.tolist())
    return [
        (number, i, j, comparison_key(judge, digests[i], digests[j]))
        for number, i, j in zip(*columns, strict=True)
    ]


def describe_cascade(config: Config, found: Cascade) -> dict[str, Any]:
    """Return what the second judge was asked, what it changed, and what it was not asked."""
    return {
        "second_judge": config.second_judge,
        "calls": found.second.n_calls,
        "saved_calls": max(0, found.first.budget - found.second.n_calls),
        "open": found.n_open,
        "contested_pairs": found.n_contested,
        "changed": found.n_changed,
        "slope": round(found.slope, 6),
    }


def run_rank(pipeline: Pipeline) -> bool:
    """Fit strengths with standard errors to the verdicts, and draw a card of each judge."""
    store, options = pipeline.store, pipeline.config.bradley_terry

    def work() -> Result:
        questions, judges = store.results.load_questions()
        membership = store.groups.load_clustering().membership
        scores = fit_strengths(questions, membership, options)
        is_new = store.samples.load_generations() > 0
        level = hold_level(scores.strength, scores.component, is_new)
        strength, error = (np.round(values, 9) for values in (level, scores.standard_error()))
        cards = draw_cards(
            questions,
            judges,
            n_items=len(membership),
            lengths=store.samples.load_lengths(),
            groups=membership,
            costs=store.results.load_judge_costs(judges),
            controls=store.trust.load_controls(judges),
        )
        flags = find_flags(store.samples.load_samples())
        summary = {
            "comparisons": len(questions.first),
            "verdicts": int(np.isfinite(questions.score).sum()),
            "never_compared": int((scores.n_comparisons == 0).sum()),
            "terms": _describe_terms(scores),
            "judges": [card.as_dict() for card in cards],
            **_describe_flags(flags, questions),
        }

        def save() -> None:
            store.results.save_scores(strength, error, scores.component, scores.n_comparisons)
            store.results.save_judge_cards(cards)
            store.trust.save_flags(flags)

        return Result(summary, save)

    plan = Plan("rank", "compare", {"bradley_terry": options})
    return run_step(store, plan, work, pipeline.listen)


def fit_strengths(
    questions: Questions, membership: IntArray, options: BradleyTerryOptions
) -> Scores:
    """Return strengths by one judge, or by the second of two on top of the first."""
    own = questions.where(questions.judge == 0)
    scores = fit_bradley_terry(
        own.first,
        own.second,
        own.score,
        n_items=len(membership),
        options=options,
        groups=membership,
    )
    better = questions.where(questions.judge == 1)
    if not len(better.first):
        return scores
    return fit_informed(better.first, better.second, better.score, known=scores, options=options)


def find_flags(samples: Iterable[Sample]) -> list[tuple[int, str, str]]:
    """Return position, flag and excerpt of each sample that seems to talk to a judge."""
    found = ((i, *find_address(sample.turns)) for i, sample in enumerate(samples))
    return [row for row in found if row[1]]


def _describe_flags(
    flags: Sequence[tuple[int, str, str]], questions: Questions
) -> dict[str, float | int]:
    """Return how many samples talk to a judge, and the share of comparisons they won."""
    if not flags:
        return {}
    place = np.array([i for i, _, _ in flags])
    first, second = np.isin(questions.first, place), np.isin(questions.second, place)
    met = (first != second) & np.isfinite(questions.score)  # against samples without a flag
    won = np.where(first, questions.score, 1 - questions.score)[met]
    share = {"flagged_won": round(float(won.mean()), 6)} if len(won) else {}
    return {"flagged": len(flags), "flagged_compared": len(won), **share}


def _describe_terms(scores: Scores) -> dict[str, float]:
    """Return the terms of the fit that counts."""
    found = {"position": scores.position, "tie": scores.tie, "spread": scores.prior}
    return {name: round(term, 9) for name, term in found.items() if np.isfinite(term)}


def count_outcomes(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return how many comparisons were made, the share of ties, and how many gave no verdict."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    given = sum(counts[outcome] for outcome in (Outcome.FIRST, Outcome.SECOND, Outcome.TIE))
    return {
        "calls": len(verdicts),
        "ties": counts[Outcome.TIE] / max(1, given),
        "no_verdict": len(verdicts) - given,
        "outcomes": {outcome.value: count for outcome, count in sorted(counts.items())},
    }

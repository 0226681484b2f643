"""A judge's answers to what there is to know of it: is it steady, fair, and fit to rank by?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tagraph.data import BoolArray, FloatArray, IntArray, Outcome
from tagraph.stages.bradley_terry import BradleyTerryOptions, Scores, fit_bradley_terry
from tagraph.steps.control_card import ControlAnswer, measure_controls, tell_controls
from tagraph.steps.diagnosis import contrast_lengths, diagnose
from tagraph.steps.measures import NAN, Measure, Z, share
from tagraph.tables import frame, html_table
from tagraph.text import shorten

if TYPE_CHECKING:
    import pandas as pd

_WIDE = 4.0  # so many logits for a much longer response are nothing the fit's prior minds
_MOST = 20_000  # questions that the terms are fitted to: whole clusters, the first of them
_OUTCOMES = tuple(Outcome)
_SCORES = np.array([outcome.score for outcome in _OUTCOMES])
_RATES = ("tie", "cannot_judge", "refused", "truncated", "unparsed", "failed")


@dataclass(frozen=True, eq=False)
class Questions:
    """Every question of a run and its outcome, in the order asked; all of shape (m,).

    Attributes:
        first: Item shown first.
        second: Item shown second.
        code: Position of the outcome in `Outcome`.
        round: Round of the tournament.
        judge: Which judge was asked, from 0.
        attempts: Requests sent for it; 0 where none was, or nobody knows.
    """

    first: IntArray
    second: IntArray
    code: IntArray
    round: IntArray
    judge: IntArray
    attempts: IntArray

    @classmethod
    def of(
        cls,
        shown: tuple[IntArray, IntArray],
        outcomes: Sequence[Outcome],
        round_: IntArray,
        judge: IntArray | None = None,
        attempts: IntArray | None = None,
    ) -> Questions:
        """Return the questions of a tournament; one judge, without requests, unless said so."""
        place = {outcome: i for i, outcome in enumerate(_OUTCOMES)}
        code = np.array([place[outcome] for outcome in outcomes], dtype=np.int64)
        none = np.zeros(len(code), dtype=np.int64)
        asked = none if judge is None else judge
        return cls(*shown, code, round_, asked, none if attempts is None else attempts)

    @property
    def score(self) -> FloatArray:
        """1 first wins, 0 second wins, 0.5 tie, NaN no verdict."""
        said: FloatArray = _SCORES[self.code]
        return said

    def where(self, chosen: BoolArray) -> Questions:
        """Return some of the questions."""
        columns = (self.first, self.second, self.code, self.round, self.judge, self.attempts)
        return Questions(*(column[chosen] for column in columns))


@dataclass(frozen=True, eq=False, repr=False)
class JudgeCard:
    """What a run tells of its judge, one measure per line.

    Attributes:
        judge: Key of the judge; of a language model with its name and a digest of the prompt.
        measures: Shares with Wilson's interval, terms of the fit with 1.96 standard errors:

            - `asked` questions, and of these the shares `decided` (one side won), `tie`,
              `cannot_judge`, `refused`, `truncated`, `unparsed`, `failed`;
            - `swap_consistency`, of the pairs asked in both orders within a round the share with
              the same verdict, and `flips_to_first`, how many of the others went to the first shown
              both times;
            - `position`, what being shown first adds in logits; `tie_term`, log nu of Davidson's
              model; `length_slope`, what a much longer
              response adds (tanh of the gap over its standard deviation), with strengths taken as
              unrelated to length; so a judge that is right to like long answers has one too;
            - `cycle_share` of triads judged on all sides, beside `expected_cycle_share`;
            - where requests failed and were sent again, the share `asked_again`, and what was
              said of those beside the others: `again_decided` and `once_decided`, and of these
              the wins of the first shown, `again_first` and `once_first`;
            - `agreement` with the other judge on pairs that both decided;
            - what planted questions show, see `measure_controls`;
            - `requests`, `input_tokens`, `output_tokens`, `cached_tokens` (read from the server's
              cache, beside the input) and `cost_usd`, if it was paid.
    """

    judge: str
    measures: tuple[Measure, ...]

    def __getitem__(self, name: str) -> Measure:
        """Return a measure; NaN if the run has nothing to say about it."""
        found = (measure for measure in self.measures if measure.name == name)
        return next(found, Measure(name, NAN))

    def as_dict(self) -> dict[str, Any]:
        """Return the card as JSON-ready values; None for what is not known."""
        rows = [
            {name: _known(value) for name, value in one._asdict().items()} for one in self.measures
        ]
        return {"judge": self.judge, "measures": rows}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> JudgeCard:
        """Return the card that `as_dict` told."""
        rows: list[dict[str, Any]] = [
            {name: NAN if value is None else value for name, value in row.items()}
            for row in told["measures"]
        ]
        return cls(told["judge"], tuple(Measure(**row) for row in rows))

    def lines(self) -> list[str]:
        """Return the card for people, three to eight lines."""
        return [line for line in (" ".join(parts) for parts in _tell(self)) if line]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per measure: measure, value, low, high, n."""
        return frame(list(self.measures), _COLUMNS)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        rows = [(m.name, *(f"{v:.4g}" for v in m[1:4]), m.n) for m in self.measures]
        return html_table(shorten(self.judge, 80), _COLUMNS, rows)


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


_COLUMNS = ["measure", "value", "low", "high", "n"]


def draw_cards(  # noqa: PLR0913 - everything that is known of the judges, each optional
    questions: Questions,
    judges: Sequence[str],
    *,
    n_items: int,
    lengths: IntArray | None = None,
    groups: IntArray | None = None,
    costs: Sequence[Mapping[str, float]] = (),
    controls: Sequence[Sequence[ControlAnswer]] = (),
) -> list[JudgeCard]:
    """Return the card of each judge of a run.

    Args:
        questions: What was asked, and what was said.
        judges: Key of each judge.
        n_items: Number of items.
        lengths: Length of each item's response, shape (n_items,); without it no length slope.
        groups: Cluster of each item, shape (n_items,).
        costs: What each judge was paid, by the names of measures.
        controls: What each judge said to planted questions.
    """
    terms = _fit_terms(questions, len(judges), n_items, lengths, groups)
    cards = []
    for k, name in enumerate(judges):
        own = questions.where(questions.judge == k)
        measures = [*_rates(own), *_swaps(own, n_items), *terms[k], *_cycles(own, n_items)]
        measures += _attempts(own)
        if len(judges) == 2:
            measures.append(_agreement(questions, n_items))
        measures += measure_controls(controls[k] if k < len(controls) else ())
        spent = costs[k] if k < len(costs) else {}
        measures += [Measure(key, float(value)) for key, value in spent.items()]
        cards.append(JudgeCard(name, tuple(m for m in measures if not math.isnan(m.value))))
    return cards


def _rates(own: Questions) -> list[Measure]:
    """Return the number of questions and the shares of outcomes."""
    counts = np.bincount(own.code, minlength=len(_OUTCOMES)).tolist()
    by_name = {str(o): count for o, count in zip(_OUTCOMES, counts, strict=True)}
    asked = len(own.code)
    decided = share("decided", by_name["first"] + by_name["second"], asked)
    rates = [share(name, by_name[name], asked) for name in _RATES]
    return [Measure("asked", asked), decided, *rates]


def _attempts(own: Questions) -> list[Measure]:
    """Return how what was asked more than once was decided, beside what was asked once."""
    again = own.attempts > 1
    if not again.any():
        return []
    told = [share("asked_again", int(again.sum()), int((own.attempts > 0).sum()))]
    for name, chosen in (("again", again), ("once", own.attempts == 1)):
        said = own.score[chosen]
        decided = said[np.isin(said, (0.0, 1.0))]
        told.append(share(f"{name}_decided", len(decided), len(said)))
        told.append(share(f"{name}_first", float(decided.sum()), len(decided)))
    return told


def _swaps(own: Questions, n_items: int) -> list[Measure]:
    """Return how many audited pairs got one verdict in both orders, and where the others went."""
    width, said = max(n_items, 1), own.score
    ahead = (own.round * width + own.first) * width + own.second
    mirrored = (own.round * width + own.second) * width + own.first
    order = np.argsort(ahead, kind="stable")
    place = np.minimum(np.searchsorted(ahead[order], mirrored), max(len(ahead) - 1, 0))
    twin = order[place] if len(order) else order
    both = (ahead[twin] == mirrored) & (own.first < own.second)
    one, other = said[both], said[twin[both]]
    judged = ~np.isnan(one + other)
    one, other = one[judged], other[judged]
    flipped = (one != 0.5) & (one == other)
    return [
        share("swap_consistency", float((one == 1 - other).sum()), len(one)),
        share("flips_to_first", float((one[flipped] == 1).sum()), int(flipped.sum())),
    ]


def _cycles(own: Questions, n_items: int) -> list[Measure]:
    """Return the share of triads that run in a circle, beside what the strengths predict."""
    options = BradleyTerryOptions(integrate=False, careless=False)
    scores = fit_bradley_terry(own.first, own.second, own.score, n_items=n_items, options=options)
    found = diagnose(scores, own.first, own.second, own.score)
    n = found.n_triads
    seen = share("cycle_share", 0.0 if not n else found.cycle_share * n, n)
    return [seen, Measure("expected_cycle_share", found.expected_cycle_share, n=n)]


def _fit_terms(
    questions: Questions,
    n_judges: int,
    n_items: int,
    lengths: IntArray | None,
    groups: IntArray | None,
) -> list[list[Measure]]:
    """Return position and length slope of each judge, fitted together with the strengths."""
    used = questions.where(_first_clusters(questions, groups))
    columns = None if lengths is None else _WIDE * _length_gaps(used, n_judges, lengths)
    scores = fit_bradley_terry(
        used.first,
        used.second,
        used.score,
        n_items=n_items,
        options=BradleyTerryOptions(
            careless=False
        ),  # one that reads: else habits take a part of it
        judge=used.judge,
        covariates=columns,
    )
    counts = np.bincount(used.judge[~np.isnan(used.score)], minlength=n_judges).tolist()
    return [_terms_of(scores, k, counts[k], columns) for k in range(n_judges)]


def _terms_of(scores: Scores, k: int, n: int, columns: FloatArray | None) -> list[Measure]:
    """Return the terms of one judge with their intervals."""
    if not n:
        return []
    errors = scores.judge_errors()[k]
    found = [("position", scores.judges.position[k], errors[0])]
    found.append(("tie_term", scores.judges.tie[k], errors[1]))
    if columns is not None and columns[:, k].any():
        slope, error = scores.slopes[k], scores.slope_errors()[k]
        found.append(("length_slope", _WIDE * slope, _WIDE * error))
    return [
        Measure(name, float(value), float(value - Z * error), float(value + Z * error), n)
        for name, value, error in found
    ]


def _first_clusters(questions: Questions, groups: IntArray | None) -> BoolArray:
    """Return which questions the terms are fitted to: clusters by number until there are enough."""
    if groups is None or len(questions.first) <= _MOST:
        return np.ones(len(questions.first), dtype=bool)
    cluster = groups[questions.first]
    before = np.cumsum(np.bincount(cluster)) - np.bincount(cluster)
    chosen: BoolArray = before[cluster] < _MOST
    return chosen


def _length_gaps(questions: Questions, n_judges: int, lengths: IntArray) -> FloatArray:
    """Return how much longer the first is, -1 to 1, in a column per judge."""
    gaps = contrast_lengths(lengths, questions.first, questions.second)
    own: FloatArray = gaps[:, None] * (questions.judge[:, None] == np.arange(n_judges))
    return own


def _agreement(questions: Questions, n_items: int) -> Measure:
    """Return on how many of the pairs that both of two judges decided they side with the same."""
    ahead = questions.first < questions.second
    left = np.where(ahead, questions.first, questions.second)
    right = np.where(ahead, questions.second, questions.first)
    lead = np.where(ahead, 1, -1) * np.nan_to_num(questions.score - 0.5)
    keys, where = np.unique(left * max(n_items, 1) + right, return_inverse=True)
    sides = [
        np.sign(np.bincount(where, np.where(questions.judge == k, lead, 0.0), len(keys)))
        for k in (0, 1)
    ]
    both = (sides[0] != 0) & (sides[1] != 0)
    return share("agreement", float((sides[0] == sides[1])[both].sum()), int(both.sum()))


def _tell(card: JudgeCard) -> list[list[str]]:
    """Return the parts of each line."""
    lost = [
        f"{name.replace('_', ' ')} {card[name].value:.1%}"
        for name in _RATES[1:]
        if card[name].value > 0
    ]
    head = f"{shorten(card.judge, 60)}: {card['asked'].value:,.0f} questions,"
    rates = f"{card['decided'].value:.1%} decided, {card['tie'].value:.1%} ties"
    swap, flips = card["swap_consistency"], card["flips_to_first"]
    steady = [] if not swap.n else [f"swap consistency {_told(swap)} of {swap.n:,} pairs"]
    if flips.n:
        steady[0] += f"; {flips.value:.0%} of {flips.n:,} flips went to the first shown"
    terms = [
        f"{name} {card[key].value:+.2f} ({card[key].low:+.2f} to {card[key].high:+.2f}),"
        for name, key in (("position", "position"), ("length slope", "length_slope"))
        if card[key].n
    ]
    cycle = card["cycle_share"]
    circles = [] if not cycle.n else [_tell_cycles(card)]
    both = card["agreement"]
    agreed = [] if not both.n else [f"agrees with the other judge on {_told(both)} of {both.n:,}"]
    terms = [" ".join(terms).rstrip(",")] if terms else []
    told = tell_controls({one.name: one for one in card.measures})
    planted = [told] if told else []
    return [
        [head, ", ".join([rates, *lost])],
        steady,
        terms,
        circles,
        planted,
        _tell_attempts(card),
        agreed,
        [_tell_cost(card)],
    ]


def _tell_attempts(card: JudgeCard) -> list[str]:
    """Return how what was asked again went; nothing where every first request was answered."""
    again, decided, first = (card[name] for name in ("asked_again", "again_decided", "again_first"))
    if not again.n:
        return []
    told = [f"{again.value:.1%} of {again.n:,} questions asked again: decided {_told(decided)},"]
    told += [f"others {_told(card['once_decided'])}"] if card["once_decided"].n else []
    if first.n and card["once_first"].n:
        told[-1] += ";"
        told.append(f"first shown won {_told(first)}, others {_told(card['once_first'])}")
    return told


def _told(measure: Measure) -> str:
    return f"{measure.value:.0%} ({measure.low:.0%} to {measure.high:.0%})"


def _tell_cost(card: JudgeCard) -> str:
    """Return what a paid judge took; nothing for a free one."""
    paid, cached = card["cost_usd"].value, card["cached_tokens"].value
    told = [] if math.isnan(paid) else [f"paid ${paid:,.4f}"]
    if not math.isnan(cached):
        told.append(f"{cached:,.0f} tokens read from the server's cache")
    return ", ".join(told)


def _tell_cycles(card: JudgeCard) -> str:
    seen, expected = card["cycle_share"], card["expected_cycle_share"].value
    return f"{seen.value:.1%} of {seen.n:,} triads run in a circle, {expected:.1%} expected"

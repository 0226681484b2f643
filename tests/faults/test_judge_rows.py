"""Table C: what becomes of a ranking under every judge, with the figures of the page."""

import itertools
import random
from collections.abc import Callable, Iterator

import choix
import evalica
import numpy as np
import pytest

from tagraph import api
from tagraph.data import FloatArray, Outcome, Sample, Turn, Verdict
from tagraph.stages.bradley_terry import fit_bradley_terry
from tagraph.stages.pair_question import frame_pair
from tagraph.steps.diagnosis import diagnose
from tagraph.steps.judge_card import Questions, draw_cards
from tagraph.steps.tournament import TournamentOptions, run_tournament
from tagraph.store import Store
from tests.faults.pool import Job
from tests.faults.server import Witness
from tests.faults.shown import show
from tests.stages.test_bradley_terry import (
    FIXED,
    NO_PRIOR,
    PLAIN,
    connected,
    simulate,
    solve_densely,
)
from tests.stages.test_pair_question import HOSTILE, read_frame
from tests.steps.test_tournament import refusing

GRAPHS = 100
Show = Callable[[str, str], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Show:
    return lambda row, figure: show(row, figure, request.node.nodeid)


def always(said: float) -> Callable[[list[tuple[int, int]]], list[float]]:
    """Return a judge that gives one answer to every pair."""
    return lambda pairs: [said] * len(pairs)


@pytest.mark.no_cover
def test_a_judge_that_only_minds_the_order_ranks_nobody(tell: Show) -> None:
    for said in (1.0, 0.0):
        found = run_tournament(30, always(said), TournamentOptions(audit=1.0, n_draws=5))
        assert np.ptp(found.scores.strength) <= 1e-9
        assert found.diagnose().swap_consistency == 0
    tell("C1", "always first, always second: spread of strengths <= 1e-9, consistency 0 %")


def test_no_text_forges_the_frame_of_a_question(tell: Show) -> None:
    dice = random.Random(0)
    written = list(itertools.permutations(HOSTILE, 2))
    drawn = [["".join(dice.choices(HOSTILE, k=4)) for _ in "ab"] for _ in range(5_000)]
    pairs = [([Turn("human", a)], [Turn("assistant", b)]) for a, b in (*written, *drawn)]

    forged = sum(read_frame(frame_pair(*pair)) != pair for pair in pairs)

    assert forged == 0
    told = f"{len(written)} written and {len(drawn):,} drawn pairs"
    tell("C2", f"{told}: {forged} read back otherwise")


def test_a_sample_beside_itself_is_a_tie_that_nobody_is_asked(
    server: Witness, tmp_path: pytest.TempPathFactory, tell: Show
) -> None:
    said = (Turn("human", "q"), Turn("assistant", "a"))
    asked = len(server.asked())
    with Store() as store:
        judge = api.make_judge(Job(tmp_path, server.url, 1).config, store)  # type: ignore[arg-type]
        verdicts = judge.compare([(Sample("1", said), Sample("2", said))] * 20)

    assert [verdict.outcome for verdict in verdicts] == [Outcome.TIE] * 20
    assert len(server.asked()) == asked
    tell("C7", "20 equal pairs: 20 ties, 0 requests; nearly equal ones are planted")


@pytest.mark.no_cover
def test_circles_are_counted_and_told_from_noise(tell: Show) -> None:
    first, second = np.triu_indices(21, 1)
    circle = (second - first <= 10).astype(np.float64)  # around a circle, who is ahead by up to ten
    planted = 21 * (21**2 - 1) / 24 / 1330  # circles of such a tournament, among all its triads
    scores = fit_bradley_terry(first, second, circle, n_items=21, options=PLAIN)
    found = diagnose(scores, first, second, circle)
    most = max(_excess_of_circles(seed) for seed in range(200))

    assert abs(found.cycle_share - planted) < 0.02
    assert most < 0.05
    told = f"{planted:.1%} planted, {found.cycle_share:.1%} found; 200 judges by the model: below 5"
    tell("C9", f"{told} points more than expected")


def _excess_of_circles(seed: int) -> float:
    """Return by how much a judge that follows the model has more circles than expected."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, 16)
    first, second = np.triu_indices(16, 1)
    chance = 1 / (1 + np.exp(truth[second] - truth[first]))
    said = (rng.random(len(first)) < chance).astype(np.float64)
    scores = fit_bradley_terry(first, second, said, n_items=16, options=PLAIN)
    found = diagnose(scores, first, second, said)
    return found.cycle_share - found.expected_cycle_share


def oriented_graphs(n: int) -> Iterator[list[tuple[int, int]]]:
    """Yield one of every kind of graphs of n samples in which each pair met at most once."""
    pairs = list(itertools.combinations(range(n), 2))
    seen: set[bytes] = set()
    orders = [np.array(order) for order in itertools.permutations(range(n))]
    for said in itertools.product((0, 1, -1), repeat=len(pairs)):
        won = np.zeros((n, n), dtype=np.int8)
        for (i, j), side in zip(pairs, said, strict=True):
            won[(i, j) if side > 0 else (j, i)] = abs(side)
        if won.tobytes() in seen:
            continue
        seen |= {won[np.ix_(order, order)].tobytes() for order in orders}
        yield [(int(i), int(j)) for i, j in zip(*np.nonzero(won), strict=True)]


@pytest.mark.no_cover
def test_every_small_graph_has_finite_strengths_and_a_chain_its_order(tell: Show) -> None:
    graphs = [(n, rows) for n in range(1, 6) for rows in oriented_graphs(n)]
    for n, rows in graphs:
        first, second = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        scores = fit_bradley_terry(first, second, np.ones(len(rows)), n_items=n, options=FIXED)
        assert np.isfinite(scores.strength).all()
        assert np.isfinite(scores.standard_error()).all()
        if rows == [(i, i + 1) for i in range(n - 1)]:
            assert (np.diff(scores.strength) < 0).all()
        assert (scores.component[first] == scores.component[second]).all()

    tell("C10", f"{len(graphs)} graphs, all of up to 5 samples: 0 infinite or NaN, chains in order")


@pytest.mark.no_cover
def test_strengths_are_those_of_other_solvers(tell: Show) -> None:
    apart, with_prior = 0.0, 0.0
    for seed in range(200):
        n = 4 + seed % 6
        winner, loser = connected(n, 4 * n, seed)
        mine = fit_bradley_terry(winner, loser, np.ones(len(winner)), n_items=n, options=NO_PRIOR)
        pairs = list(zip(winner.tolist(), loser.tolist(), strict=True))
        won = [evalica.Winner.X] * len(pairs)
        ends = winner.tolist(), loser.tolist()
        result = evalica.bradley_terry(*ends, won, tolerance=1e-12, limit=9999)
        theirs = np.log(result.scores.sort_index().to_numpy())
        other = choix.ilsr_pairwise(n, pairs)
        apart = max(apart, _gap(mine.strength, other), _gap(mine.strength, theirs - theirs.mean()))
        _, rows = simulate(n, 4 * n, seed)
        point, _ = solve_densely(rows, n, 1.5)
        fixed = fit_bradley_terry(*rows, n_items=n, options=FIXED)
        with_prior = max(with_prior, _gap(fixed.strength, point[:n]))

    assert apart <= 1e-5
    assert with_prior <= 1e-8
    told = "200 graphs: choix and evalica within 1e-5 without a prior, a dense Newton within 1e-8"
    tell("C11", f"{told} with one")


def _gap(one: FloatArray, other: FloatArray) -> float:
    return float(np.abs(one - other).max())


def test_a_judge_that_hedges_is_shown_with_what_it_decided(tell: Show) -> None:
    outcomes = [Outcome.TIE] * 6 + [Outcome.FIRST] * 4
    first, second = np.arange(10), np.arange(10) + 1
    asked = Questions.of((first, second), outcomes, np.zeros(10, dtype=np.int64), None)
    (card,) = draw_cards(asked, ["hedging"], n_items=11)

    assert "40.0% decided, 60.0% ties" in card.lines()[0]
    tell("C14", "60 % ties: 40 % decided and 60 % ties in the first line of the card")


def test_questions_without_a_verdict_move_nobody(tell: Show) -> None:
    def judge(pairs: list[tuple[int, int]]) -> list[Verdict]:
        ill = (Outcome.REFUSED, Outcome.UNPARSED, Outcome.FAILED, Outcome.TRUNCATED)
        hit = [min(pair) < 10 and sum(pair) % 3 == 0 for pair in pairs]  # one group of two
        fair = [Outcome.FIRST if a > b else Outcome.SECOND for a, b in pairs]
        said = [ill[sum(p) % 4] if h else f for p, h, f in zip(pairs, hit, fair, strict=True)]
        return [Verdict(outcome) for outcome in said]

    found = run_tournament(20, judge, TournamentOptions(n_draws=5), groups=[0] * 10 + [1] * 10)
    outcome = np.array([verdict.outcome.score for verdict in found.verdicts])
    judged = ~np.isnan(outcome)
    voted = (found.first[judged], found.second[judged], outcome[judged])

    assert np.array_equal(found.scores.strength, fit_bradley_terry(*voted, n_items=20).strength)
    assert sum(found.n_no_verdict.values()) == (~judged).sum() > 10
    tell("C15", "faults in one group only: strengths of the verdicts alone, difference 0")


@pytest.mark.no_cover
def test_every_culprit_is_named_and_harms_nobody_else(tell: Show) -> None:
    culprits = range(0, 20, 4)
    for culprit in culprits:
        found = run_tournament(20, refusing(culprit), TournamentOptions(n_draws=5))
        outcome = np.array([verdict.outcome.score for verdict in found.verdicts])
        judged = ~np.isnan(outcome)
        voted = (found.first[judged], found.second[judged], outcome[judged])
        assert found.set_aside.tolist() == [culprit]
        assert found.outcomes[Outcome.REFUSED] <= 4
        alone = fit_bradley_terry(*voted, n_items=20)
        assert np.array_equal(found.scores.strength, alone.strength)
    tell(
        "C16",
        f"{len(culprits)} of {len(culprits)} culprits named after <= 4 refusals, others unchanged",
    )


@pytest.mark.no_cover
def test_what_has_nothing_to_do_with_a_sample_does_not_move_it(tell: Show) -> None:
    most = 0.0
    for seed in range(GRAPHS):
        _, (first, second, outcome) = simulate(6, 15, seed)
        _, other = simulate(5, 12, seed + 1000)
        alone = fit_bradley_terry(first, second, outcome, n_items=6, options=PLAIN).strength
        joined = fit_bradley_terry(
            np.append(first, other[0] + 6),
            np.append(second, other[1] + 6),
            np.append(outcome, other[2]),
            n_items=11,
            options=PLAIN,
        )
        name = np.random.default_rng(seed).permutation(6)
        renamed = fit_bradley_terry(name[first], name[second], outcome, n_items=6, options=PLAIN)
        most = max(most, _gap(joined.strength[:6], alone), _gap(renamed.strength[name], alone))

    assert most <= 1e-9
    tell("C17", f"{GRAPHS} graphs, unrelated items added, items renamed: change <= 1e-9")

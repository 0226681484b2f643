import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.data import Outcome
from tagraph.steps.judge_card import JudgeCard, Questions, draw_cards
from tagraph.steps.measures import Measure, share

OUTCOMES = list(Outcome)
Row = tuple[int, int, int, str]


def ask(rows: list[Row], judges: list[int] | None = None) -> Questions:
    """Return questions from rows of round, first, second, outcome."""
    table = np.array([row[:3] for row in rows], dtype=np.int64).reshape(-1, 3)
    outcomes = [Outcome(row[3]) for row in rows]
    judge = None if judges is None else np.array(judges, dtype=np.int64)
    return Questions.of((table[:, 1], table[:, 2]), outcomes, table[:, 0], judge)


def card_of(rows: list[Row], n_items: int = 6) -> JudgeCard:
    (card,) = draw_cards(ask(rows), ["a judge"], n_items=n_items)
    return card


def test_every_outcome_has_its_share_of_the_questions() -> None:
    card = card_of([(0, i % 5, 5, outcome) for i, outcome in enumerate([*OUTCOMES, "first"])])
    assert card["asked"].value == 9
    assert card["decided"].value == pytest.approx(3 / 9)
    for outcome in ("tie", "cannot_judge", "refused", "truncated", "unparsed", "failed"):
        assert card[outcome].value == pytest.approx(1 / 9)
        assert card[outcome].n == 9


def test_the_shares_of_all_outcomes_add_up_to_one() -> None:
    card = card_of([(0, i % 5, 5, OUTCOMES[i % 8]) for i in range(20)])
    rates = ("decided", "tie", "cannot_judge", "refused", "truncated", "unparsed", "failed")
    assert sum(card[name].value for name in rates) == pytest.approx(1)


def test_a_judge_that_always_names_the_first_is_never_consistent() -> None:
    rows = [(0, i, j, "first") for i in range(5) for j in range(5) if i != j]
    card = card_of(rows)
    assert (card["swap_consistency"].value, card["swap_consistency"].n) == (0.0, 10)
    assert (card["flips_to_first"].value, card["flips_to_first"].n) == (1.0, 10)
    assert card["position"].low > 0


def test_only_both_orders_of_one_round_are_an_audit() -> None:
    rows: list[Row] = [
        (0, 0, 1, "first"),
        (0, 1, 0, "second"),
        (1, 0, 2, "first"),
        (2, 2, 0, "first"),
        (3, 3, 4, "tie"),
        (3, 4, 3, "second"),
        (4, 1, 4, "first"),
        (4, 4, 1, "refused"),
    ]
    card = card_of(rows)
    assert (card["swap_consistency"].value, card["swap_consistency"].n) == (0.5, 2)
    assert math.isnan(card["flips_to_first"].value)


def test_circles_are_told_beside_what_noise_explains() -> None:
    rows: list[Row] = [(0, 0, 1, "first"), (1, 1, 2, "first"), (2, 2, 0, "first")]
    card = card_of(rows, 3)
    assert (card["cycle_share"].value, card["cycle_share"].n) == (1.0, 1)
    assert card["expected_cycle_share"].value == pytest.approx(0.25, abs=0.01)


def test_two_judges_have_a_card_each_and_agree_where_both_decided() -> None:
    rows: list[Row] = [
        (0, 0, 1, "first"),
        (0, 2, 3, "first"),
        (0, 4, 5, "tie"),
        (1, 1, 0, "second"),
        (1, 2, 3, "second"),
        (1, 4, 5, "first"),
    ]
    cards = draw_cards(ask(rows, [0, 0, 0, 1, 1, 1]), ["one", "other"], n_items=6)
    assert [card.judge for card in cards] == ["one", "other"]
    for card in cards:
        assert card["asked"].value == 3
        assert (card["agreement"].value, card["agreement"].n) == (0.5, 2)


def test_what_was_paid_is_part_of_the_card() -> None:
    rows: list[Row] = [(0, 0, 1, "first")]
    (card,) = draw_cards(ask(rows), ["j"], n_items=2, costs=[{"cost_usd": 0.25, "requests": 1}])
    assert card["cost_usd"].value == 0.25
    assert card.lines()[-1] == "paid $0.2500"


def test_a_run_without_questions_has_a_card() -> None:
    card = card_of([])
    assert card["asked"].value == 0
    assert math.isnan(card["position"].value)
    assert card.lines()


def test_equal_lengths_have_no_slope() -> None:
    rows: list[Row] = [(0, 0, 1, "first"), (0, 2, 3, "first")]
    (card,) = draw_cards(ask(rows), ["j"], n_items=4, lengths=np.full(4, 7, dtype=np.int64))
    assert math.isnan(card["length_slope"].value)


def test_a_liking_for_length_is_found() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(10, 1000, 30)
    pairs = [(i, j) for i in range(30) for j in range(i)]
    rows: list[Row] = [
        (0, i, j, "first" if lengths[i] > lengths[j] else "second") for i, j in pairs
    ]
    (card,) = draw_cards(ask(rows), ["j"], n_items=30, lengths=lengths)
    assert card["length_slope"].low > 0


def test_terms_of_a_large_run_rest_on_whole_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tagraph.steps.judge_card._MOST", 3)
    rows: list[Row] = [(0, 0, 1, "first"), (0, 2, 1, "first"), (0, 3, 4, "first"), (0, 5, 4, "tie")]
    groups = np.array([0, 0, 0, 1, 1, 1])
    (card,) = draw_cards(ask(rows * 2), ["j"], n_items=6, groups=groups)
    assert card["position"].n == 4


def test_a_card_comes_back_from_json_as_it_went_in() -> None:
    card = card_of([(0, i % 5, 5, OUTCOMES[i % 8]) for i in range(20)])
    again = JudgeCard.of(card.as_dict())
    assert again.as_dict() == card.as_dict()
    assert again.lines() == card.lines()


def test_a_card_is_three_to_six_lines_and_a_table_without_markup() -> None:
    rows: list[Row] = [(0, i, j, "first") for i in range(5) for j in range(5) if i != j]
    lengths = np.arange(6, dtype=np.int64)
    (card,) = draw_cards(ask(rows), ["<b>x</b>"], n_items=6, lengths=lengths)
    assert 3 <= len(card.lines()) <= 6
    assert repr(card) == "\n".join(card.lines())
    assert "<b>" not in card._repr_html_()
    table = card.to_pandas()
    assert list(table.columns) == ["measure", "value", "low", "high", "n"]
    assert len(table) == len(card.measures)


@given(st.integers(1, 1000), st.floats(0, 1))
def test_the_interval_of_a_share_holds_the_share(whole: int, part: float) -> None:
    found = share("x", round(part * whole), whole)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_share_of_nothing_is_not_known() -> None:
    assert math.isnan(share("x", 0, 0).value)
    assert Measure("x", 1.0).n == 0


@pytest.mark.parametrize(
    ("attempts", "outcomes", "told"),
    [
        ([2, 1, 0], "first second first", "50.0% of 2 questions asked again: decided 100%"),
        ([2, 3, 0], "first second first", "100.0% of 2 questions asked again: decided 100%"),
        ([2, 1, 0], "tie second first", "50.0% of 2 questions asked again: decided 0%"),
        ([1, 1, 0], "first second first", ""),
    ],
)
def test_what_was_asked_again_stands_beside_the_rest(
    attempts: list[int], outcomes: str, told: str
) -> None:
    shown = np.array([0, 1, 2]), np.array([1, 2, 3])
    asked = Questions.of(
        shown,
        [Outcome(name) for name in outcomes.split()],
        np.zeros(3, dtype=np.int64),
        attempts=np.array(attempts),
    )

    (card,) = draw_cards(asked, ["judge"], n_items=4)

    (line,) = [line for line in card.lines() if "asked again" in line] or [""]
    assert line.startswith(told)
    assert ("others" in line) is (1 in attempts and bool(told))
    assert ("first shown won" in line) is (
        bool(told) and attempts[1] == 1 and "tie" not in outcomes
    )

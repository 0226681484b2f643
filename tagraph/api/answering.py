"""What people said of pairs and tags, into a store and a file of overrides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tagraph.adapters.override_files import write_overrides
from tagraph.adapters.people_judge import PEOPLE
from tagraph.adapters.review_files import read_answer_file
from tagraph.data import Outcome, Verdict
from tagraph.errors import OptionsError
from tagraph.pipeline.remembered import comparison_key
from tagraph.stages.review_tasks import MERGES, PAIRS, Answer
from tagraph.steps.measures import Measure, share
from tagraph.steps.overrides import Overrides
from tagraph.store import Store

Shown = tuple[str, str]  # digests of two samples in the order shown
_DECIDED = (Outcome.FIRST, Outcome.SECOND)
_SWAPPED = {Outcome.FIRST: Outcome.SECOND, Outcome.SECOND: Outcome.FIRST}


@dataclass(frozen=True)
class Taken:
    """What became of the answers of people.

    Attributes:
        answers: Questions with a verdict, by kind.
        open: Questions without one: nobody answered, or no answer is ahead.
        unknown: Pairs with a sample that the store does not hold.
        agreement: Share of pairs that a judge of the store and people decide alike, by its key.
        overrides: Decisions about tags.
    """

    answers: dict[str, int]
    open: int
    unknown: int
    agreement: dict[str, Measure]
    overrides: Overrides


def take_review_answers(
    store: Store,
    path: str | Path,
    overrides: str | Path | None = None,
    *,
    overwrite: bool = False,
) -> Taken:
    """Take in what people said to tasks that `write_review_tasks` wrote.

    Verdicts on pairs are kept in the store as those of the judge `people`; decisions about tags
    are written as overrides for the next run. Where several people answered, the most common
    answer counts; without one the question stays open.

    Args:
        store: The store that the tasks came from.
        path: Export of Label Studio (JSON, JSON-MIN) or Argilla (records as JSON).
        overrides: TOML file for decisions about tags; needed if there are any.
        overwrite: Replace that file.

    Raises:
        InputError: The file holds something else, or `overrides` cannot be written.
        OptionsError: There are decisions about tags and no `overrides` to write them to.
    """
    answers = read_answer_file(path)
    given = [answer for answer in answers if answer.verdict]
    decided = _decide(given)
    has_tags = bool(decided.always or decided.never)
    if has_tags and overrides is None:
        raise OptionsError("there are decisions about tags; name a file for them with -o FILE")
    verdicts, unknown = _place(store, given)
    if overrides is not None and has_tags:
        write_overrides(decided, overrides, overwrite=overwrite)
    store.evidence.save_verdicts(
        PEOPLE,
        [
            (comparison_key(PEOPLE, *shown), *shown, Verdict(outcome))
            for shown, outcome in verdicts.items()
        ],
    )
    counts = Counter(answer.kind for answer in given)
    agreement = dict(_compare_with_judges(store, verdicts))
    return Taken(dict(counts), len(answers) - len(given), unknown, agreement, decided)


def _decide(answers: Sequence[Answer]) -> Overrides:
    pairs: dict[str, list[tuple[str, str]]] = {"same": [], "apart": []}
    for answer in answers:
        if answer.kind == MERGES:
            pairs[answer.verdict].append((answer.left, answer.right))
    return Overrides(tuple(sorted(set(pairs["same"]))), tuple(sorted(set(pairs["apart"]))))


def _place(store: Store, answers: Sequence[Answer]) -> tuple[dict[Shown, Outcome], int]:
    """Return the outcome of every pair, and how many pairs have a sample the store lacks."""
    pairs = [answer for answer in answers if answer.kind == PAIRS]
    ids = store.samples.load_samples().ids if pairs else ()
    digest_of = dict(zip(ids, store.samples.load_digests() if pairs else (), strict=True))
    known = [pair for pair in pairs if pair.left in digest_of and pair.right in digest_of]
    placed = {
        (digest_of[pair.left], digest_of[pair.right]): Outcome(pair.verdict) for pair in known
    }
    return placed, len(pairs) - len(known)


def _compare_with_judges(
    store: Store, verdicts: dict[Shown, Outcome]
) -> Iterator[tuple[str, Measure]]:
    """Yield each judge of the store with the share of pairs that it and people decide alike."""
    alike: Counter[str] = Counter()
    both: Counter[str] = Counter()
    for judge, *shown, said in store.evidence.load_verdicts_on(verdicts):
        first, second = shown
        for people, outcome in (
            (verdicts.get((first, second)), said),
            (verdicts.get((second, first)), _SWAPPED.get(said, said)),
        ):
            if judge != PEOPLE and people in _DECIDED and outcome in _DECIDED:
                both[judge] += 1
                alike[judge] += outcome is people
    for judge in sorted(both):
        yield judge, share("agreement", alike[judge], both[judge])

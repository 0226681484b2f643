"""What people should look at, out of a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tagraph.adapters.people_judge import PEOPLE
from tagraph.adapters.review_files import write_tasks
from tagraph.api.manifest import list_held
from tagraph.data import Bags, Outcome, Sample
from tagraph.errors import InputError, OptionsError
from tagraph.stages.review_tasks import KINDS, MERGES, PAIRS, TOOLS, Task
from tagraph.steps.review import review_merges
from tagraph.store import Store
from tagraph.text import digest, shorten

EXAMPLES = 2  # samples shown for a tag
EXCERPT = 200


def write_review_tasks(
    store: Store,
    kind: str,
    path: str | Path,
    *,
    tool: str = "label-studio",
    limit: int = 100,
    overwrite: bool = False,
) -> list[Task]:
    """Write what people should look at for Label Studio or Argilla, most urgent first.

    Pairs are those that `--second-judge people` waits for; then each selected sample beside its
    nearest rival, the smallest lead first. Merges are ordered by impact; pairs of tags that no
    rule settled follow.

    Args:
        store: A store with what is asked about: a selection for pairs, canonical tags for merges.
        kind: `pairs` or `merges`.
        path: A JSON file; Label Studio's labelling configuration goes beside it as .xml.
        tool: `label-studio` or `argilla`.
        limit: Most tasks.
        overwrite: Replace files that are there.

    Raises:
        InputError: There is nothing to look at, or a file cannot be written.
        MissingResultError: The store lacks the step.
        OptionsError: An unknown kind or tool.
    """
    if kind not in KINDS or tool not in TOOLS:
        raise OptionsError(f"review {kind} for {tool}: choose of {KINDS} and of {TOOLS}")
    tasks = (_choose_pairs if kind == PAIRS else _choose_merges)(store, limit)
    if not tasks:
        raise InputError(f"the store holds no {kind} to look at")
    write_tasks(tasks, Path(path), tool, list_held(store), overwrite=overwrite)
    return tasks


def _choose_pairs(store: Store, limit: int) -> list[Task]:
    samples = store.samples.load_samples()
    found: dict[tuple[int, int], None] = dict.fromkeys(_list_waiting(store))
    selection = store.results.load_selection()
    if store.run("rank"):
        strength = store.results.load_scores()[0]
        met = selection.rival >= 0
        chosen, rival = selection.index[met], selection.rival[met]
        for place in np.argsort(strength[chosen] - strength[rival], kind="stable").tolist():
            found.setdefault(_shown(samples.ids, int(chosen[place]), int(rival[place])))
    pairs = [pair for pair in found if pair[0] != pair[1]][:limit]
    shown = samples.take([i for pair in pairs for i in pair])
    return [_ask_pair(*shown[2 * i : 2 * i + 2]) for i in range(len(pairs))]


def _list_waiting(store: Store) -> Iterator[tuple[int, int]]:
    """Yield the pairs, in the order shown, that wait for people."""
    questions, judges = store.results.load_questions() if store.run("compare") else (None, [])
    if questions is not None and PEOPLE in judges:
        failed = list(Outcome).index(Outcome.FAILED)
        waits = (questions.judge == judges.index(PEOPLE)) & (questions.code == failed)
        asked = questions.where(waits)
        yield from zip(asked.first.tolist(), asked.second.tolist(), strict=True)


def _shown(ids: Sequence[str], i: int, j: int) -> tuple[int, int]:
    """Return a pair in an order that tells nothing, the same every time."""
    both = sorted((i, j))
    is_swapped = int(digest("order 1", *(ids[one] for one in both))[0], 16) % 2
    return (both[1], both[0]) if is_swapped else (both[0], both[1])


def _ask_pair(first: Sample, second: Sample) -> Task:
    texts = {
        "first_query": first.query,
        "first_response": first.response,
        "second_query": second.query,
        "second_response": second.response,
    }
    return Task(PAIRS, first.id, second.id, texts)


def _choose_merges(store: Store, limit: int) -> list[Task]:
    raw, tag_map = store.tags.load_raw_bags(), store.tags.load_tag_map()
    asked = [
        (row.raw, row.canonical, f"merged by {row.reason}, similarity {row.similarity:.2f}")
        for row in review_merges(raw, tag_map).rows[:limit]
    ]
    asked += [
        (pair.left, pair.right, f"not merged, similarity {pair.similarity:.2f} by {pair.source}")
        for pair in tag_map.borderline
    ]
    asked = asked[:limit]
    used = _find_uses(raw, {tag for left, right, _ in asked for tag in (left, right)})
    samples = store.samples.load_samples()
    wanted = sorted({i for places in used.values() for i in places})
    told = {
        i: shorten(sample.query, EXCERPT)
        for i, sample in zip(wanted, samples.take(wanted), strict=True)
    }
    return [
        Task(
            MERGES,
            left,
            right,
            {
                "tag": left,
                "tag_used_in": _join(used.get(left, ()), told),
                "other_tag": right,
                "other_tag_used_in": _join(used.get(right, ()), told),
                "note": note,
            },
        )
        for left, right, note in asked
    ]


def _find_uses(raw: Bags, tags: set[str]) -> dict[str, list[int]]:
    """Return the first samples that carry each tag."""
    wanted = np.flatnonzero([tag in tags for tag in raw.vocabulary])
    sample_of = np.repeat(np.arange(len(raw)), np.diff(raw.indptr))
    return {
        raw.vocabulary[tag]: sample_of[raw.indices == tag][:EXAMPLES].tolist()
        for tag in wanted.tolist()
    }


def _join(places: Sequence[int], told: dict[int, str]) -> str:
    return "\n".join(told[i] for i in places) or "(a name that no sample carries)"

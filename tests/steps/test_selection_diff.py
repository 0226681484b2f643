import numpy as np

from tagraph.data import Bags, Selection
from tagraph.stages.coverage import Terrain, measure_coverage
from tagraph.steps.audit import Audit
from tagraph.steps.selection_diff import diff_selections


def selection(*ids: str) -> Selection:
    n = len(ids)
    whole, nothing = np.zeros(n, dtype=np.int64), np.full(n, np.nan)
    reasons = tuple(f"why {key}" for key in ids)
    return Selection(whole, whole, nothing, whole, whole, ("quota",) * n, reasons, ids)


def test_every_sample_of_either_selection_has_one_row() -> None:
    found = diff_selections(selection("a", "b", "c"), selection("c", "d"))

    assert found.rows == (
        ("left", "a", 1, 0, "why a"),
        ("left", "b", 2, 0, "why b"),
        ("joined", "d", 0, 2, "why d"),
        ("kept", "c", 3, 1, "why c"),
    )
    assert found.jaccard == 0.25
    assert found.title == "1 kept, 2 left, 1 joined (Jaccard 0.25)"
    assert list(found.to_pandas().columns) == ["change", "sample_id", "before", "after", "reason"]
    assert "why d" in found._repr_html_()
    assert "why c" not in found._repr_html_()
    assert "Jaccard" in repr(found)


def test_equal_selections_are_equal_and_so_are_none() -> None:
    assert diff_selections(selection("a"), selection("a")).jaccard == 1
    assert diff_selections(selection(), selection()).jaccard == 1


def test_measures_that_moved_are_named() -> None:
    bags = Bags.of([["a"], ["a", "b"]])
    terrain = Terrain(bags, np.zeros(2, int), np.zeros(2, int), np.array([10.0, 30.0]))
    audits = [Audit({"selection": measure_coverage(terrain, np.array([i]))}) for i in (0, 1)]

    found = diff_selections(selection("x"), selection("y"), (audits[0], audits[1]))

    assert found.title.endswith("tags 0.5 -> 1, mean_length 10 -> 30")
    assert "near_duplicates" not in found.audits

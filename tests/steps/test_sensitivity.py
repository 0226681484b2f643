import pytest

from tagraph.errors import MissingPackageError, OptionsError
from tagraph.steps.sensitivity import Sensitivity, measure_sensitivity
from tests.fakes import DictLemmatizer, LetterEncoder

BAGS = [["integral", "altering", "alerting", "relating"], ["poem", "Poem"], ["triangle"]]


def _measure(**options: object) -> Sensitivity:
    return measure_sensitivity(
        BAGS,
        lemmatizer=DictLemmatizer(),
        encoder=LetterEncoder(),
        **options,  # type: ignore[arg-type]
    )


def test_stricter_thresholds_leave_more_tags() -> None:
    found = _measure(grid=(0.95, 0.75, 0.85))
    assert [row.threshold for row in found.rows] == [0.75, 0.85, 0.95]
    tags = [row.tags for row in found.rows]
    assert tags == sorted(tags)
    assert all(row.tags + row.merges == 7 for row in found.rows)
    assert found.rows[1].stability == 1.0
    assert all(0 <= row.stability <= 1 for row in found.rows)
    assert list(found.to_pandas()["tags"]) == tags
    assert "embedding_threshold" in found._repr_html_()


def test_nothing_merged_is_stable() -> None:
    found = measure_sensitivity(
        [["a"]], "fuzzy_threshold", (0.5,), lemmatizer=DictLemmatizer(), encoder=None
    )
    assert found.rows[0].stability == 1.0


@pytest.mark.parametrize("option", ["budget", "no_threshold"])
def test_what_is_no_threshold_is_refused(option: str) -> None:
    with pytest.raises(OptionsError, match=option):
        _measure(option=option)


def test_the_plot_shows_tags_and_stability() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    found = _measure()
    axes = found.plot()
    assert axes.get_xlabel() == "embedding_threshold (dotted: 0.85, as given)"
    assert found.plot(axes) is axes
    plt.close("all")


def test_without_matplotlib_the_plot_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingPackageError, match="viz"):
        _measure().plot()

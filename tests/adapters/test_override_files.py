import csv
from pathlib import Path

import pytest

from tagraph.adapters.override_files import read_overrides, write_review
from tagraph.data import Merge, TagMap
from tagraph.errors import InputError, OptionsError
from tagraph.steps.review import review_merges

TOML = """
always = [["js", "javascript"]]
never = [["c", "c++"]]

[rename]
"ml" = "machine learning"
"""


def test_decisions_are_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "tags.toml"
    path.write_text(TOML, encoding="utf-8")
    found = read_overrides(path)
    assert found.always == (("js", "javascript"),)
    assert found.never == (("c", "c++"),)
    assert found.rename == {"ml": "machine learning"}


def test_an_empty_file_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tags.toml"
    path.write_text("", encoding="utf-8")
    assert read_overrides(path).mentioned() == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("always = [", "TOML"),
        ("allways = []", "no key 'allways'"),
        ('always = ["ab"]', "always, entry 1"),
        ('always = "ab"', "always, entry 1"),
        ('never = [["a", "b"], ["a", 1]]', "never, entry 2"),
        ("rename = 3", "rename"),
        ("[rename]\na = 3", "rename"),
    ],
)
def test_what_is_no_list_of_decisions_is_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "tags.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told) as error:
        read_overrides(path)
    assert str(path) in str(error.value)


def test_a_missing_file_and_a_contradiction_are_one_line_each(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_overrides(tmp_path / "none.toml")
    path = tmp_path / "tags.toml"
    path.write_text('always = [["a", "b"]]\nnever = [["b", "a"]]', encoding="utf-8")
    with pytest.raises(OptionsError, match=r"tags\.toml"):
        read_overrides(path)


def test_a_review_is_written_as_csv_with_formulas_disarmed(tmp_path: Path) -> None:
    names = {"=1+1": "sum", "a,b": "ab", "\ud800": "sum", "sum": "sum", "ab": "ab"}
    merges = tuple(Merge(raw, names[raw], "case", 1.0) for raw in ("=1+1", "a,b", "\ud800"))
    bags = [["=1+1"], ["=1+1"], ["a,b"], ["\ud800"]]
    path = tmp_path / "review.csv"
    write_review(review_merges(bags, TagMap(names, merges)), path)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["raw"] for row in rows] == ["'=1+1", "a,b", "?"]
    with pytest.raises(InputError, match="exists"):
        write_review(review_merges(bags, TagMap(names, merges)), path)
    write_review(review_merges([], TagMap(names)), path, overwrite=True)
    assert path.read_text(encoding="utf-8").count("\n") == 1

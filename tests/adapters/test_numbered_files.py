from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagraph.adapters.numbered_files import (
    all_files,
    first_file,
    is_pattern,
    name_parts,
    refuse_strays,
    unnumbered,
)
from tagraph.errors import InputError, OptionsError


@given(st.integers(0, 50), st.integers(1, 60))
def test_every_record_goes_into_one_part_in_its_order(n: int, per_file: int) -> None:
    parts = name_parts(Path("part-{}.jsonl"), n, per_file)
    records = list(range(n))
    assert [i for _, part in parts for i in records[part]] == records
    assert [path for path, _ in parts] == sorted(path for path, _ in parts)
    assert all(len(records[part]) == per_file for _, part in parts[:-1])
    assert parts[0][0] == first_file(Path("part-{}.jsonl")) == Path("part-00000.jsonl")


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("part-{}.jsonl", "part.jsonl"),
        ("a_{}_b.csv.gz", "a_b.csv.gz"),
        ("{}.jsonl", "parts.jsonl"),
        ("{}", "parts"),
        ("x.jsonl", "x.jsonl"),
    ],
)
def test_what_belongs_to_all_parts_is_named_without_a_number(name: str, shared: str) -> None:
    assert unnumbered(Path("out") / name) == Path("out") / shared
    assert is_pattern(Path(name)) == ("*" in all_files(Path(name)))


def test_a_file_that_would_be_taken_for_a_part_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "part-{}.jsonl"
    parts = name_parts(target, 5, 3)
    for name in ("part-00001.jsonl", "part-x.jsonl", "part-00002.json"):
        (tmp_path / name).touch()
    refuse_strays(target, parts)
    (tmp_path / "part-00002.jsonl").touch()
    with pytest.raises(InputError, match=r"part-00002\.jsonl is no part of this selection"):
        refuse_strays(target, parts)


def test_impossible_patterns_are_refused() -> None:
    with pytest.raises(OptionsError, match="twice"):
        name_parts(Path("{}-{}.jsonl"), 1)
    with pytest.raises(OptionsError, match="at least 1"):
        name_parts(Path("{}.jsonl"), 1, 0)

import json
from pathlib import Path

import pytest

from tagraph import load_tag_map
from tagraph.cli.entry import run
from tagraph.data import Bags, Merge, TagMap
from tagraph.errors import InputError
from tagraph.store import Run, open_store


def _store(path: Path, canonical_of: dict[str, str]) -> Path:
    """Save a tag map over its raw tags, one bag."""
    raw = Bags.of([sorted(canonical_of)])
    merges = [Merge(a, b, "case", 1.0) for a, b in sorted(canonical_of.items()) if a != b]
    tag_map = TagMap(canonical_of, tuple(merges))
    with open_store(path) as store:
        for step in ("ingest", "tag", "normalize"):
            with store.saving(Run(step, step, {}, {}, "0", "2026-01-01", 0.0)):
                if step == "tag":
                    store.tags.save_raw_bags(Bags(raw.indptr[:1], raw.indices[:0], raw.vocabulary))
                if step == "normalize":
                    store.tags.save_tag_map(tag_map, Bags.of([]))
    return path


@pytest.fixture
def two(tmp_path: Path) -> tuple[str, str]:
    before = {"JS": "js", "js": "js", "old": "old", "\x1b[31m": "js"}
    after = {"JS": "JS", "js": "js", "fresh": "fresh", "\x1b[31m": "js"}
    return tuple(  # type: ignore[return-value]
        str(_store(tmp_path / f"{name}.db", tags)) for name, tags in (("a", before), ("b", after))
    )


def test_diff_tells_new_gone_and_moved_tags(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *two]) == 0
    shown = capsys.readouterr().out
    assert "tags: 1 gone, 1 moved, 1 new" in shown
    assert run(["diff", *two, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["tags"]
    assert {"raw": "JS", "before": "js", "after": "JS", "kind": "moved"} in told
    assert run(["diff", *two, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_diff_of_a_store_with_itself_is_empty(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", two[0], two[0]]) == 0
    assert capsys.readouterr().out == "tags: the same canonical tags\n"


def test_diff_shows_a_page_of_many_changes_and_no_control_character(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = {f"\x1b[31m{i}": f"\x1b[31m{i}" for i in range(30)}
    stores = [str(_store(tmp_path / "a.db", many)), str(_store(tmp_path / "b.db", {"x": "x"}))]
    assert run(["diff", *stores]) == 0
    shown = capsys.readouterr().out
    assert "and 11 more; --json has all" in shown
    assert "\x1b" not in shown


def test_diff_names_what_one_store_lacks_and_refuses_a_store_that_is_not_there(
    tmp_path: Path, two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(tmp_path / "empty.db"):
        pass
    assert run(["diff", two[0], str(tmp_path / "empty.db")]) == 0
    assert "not in both stores: tags" in capsys.readouterr().err
    assert run(["diff", two[0], str(tmp_path / "absent.db")]) == 1
    assert "absent.db: no such store" in capsys.readouterr().err
    assert not (tmp_path / "absent.db").exists()


def test_a_stored_map_is_applied_to_new_bags_without_normalizing(two: tuple[str, str]) -> None:
    found = load_tag_map(two[0])
    assert [list(bag) for bag in found.apply([["JS", "js", "never seen"]])] == [
        ["js", "never seen"]
    ]
    with pytest.raises(InputError, match="no such store"):
        load_tag_map("absent.db")

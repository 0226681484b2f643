import json
from pathlib import Path

import pytest

from tagraph import load_tag_map
from tagraph.cli.entry import run
from tests.cli.conftest import SAMPLE

ROW = '{"instruction": "Tell %d.", "output": "Told.", "tags": %s}\n'
BAGS = [["Poem", "js"], ["poem", "javascript"], ["poem", "js"], ["Sonnet"]]


def _normalized(folder: Path, name: str, bags: list[list[str]], *flags: str) -> Path:
    """Run the first three steps on tags the data has; return the store."""
    source, store = folder / f"{name}.jsonl", folder / f"{name}.db"
    source.write_text("".join(ROW % (i, json.dumps(bag)) for i, bag in enumerate(bags)))
    for command in (["ingest", str(source)], ["tag", "--tagger", "field"], ["normalize", *flags]):
        assert run([*command, "--store", str(store)]) == 0
    return store


def test_overrides_of_a_file_are_carried_out_and_those_of_no_use_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = tmp_path / "overrides.toml"
    overrides.write_text(
        'always = [["js", "javascript"], ["haiku", "poem"]]\n[rename]\n"poem" = "poetry"\n'
    )
    store = _normalized(tmp_path, "a", BAGS, "--overrides", str(overrides))
    found = load_tag_map(store)
    assert found.canonical_of["javascript"] == "js"
    assert found.canonical_of["Poem"] == "poetry"
    assert "overrides of 1 tags the data lacks" in capsys.readouterr().err


def test_another_overrides_file_runs_the_step_again_and_the_same_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = tmp_path / "overrides.toml"
    overrides.write_text('never = [["Poem", "poem"]]\n')
    store = str(_normalized(tmp_path, "a", BAGS))

    def is_kept() -> bool:
        capsys.readouterr()
        assert run(["normalize", "--store", store, "--overrides", str(overrides), "--json"]) == 0
        return bool(json.loads(capsys.readouterr().out)["normalize"]["kept"])

    assert (is_kept(), is_kept()) == (False, True)
    overrides.write_text('never = [["Poem", "js"]]\n')
    assert not is_kept()


def test_a_grown_pool_keeps_the_names_of_the_earlier_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _normalized(tmp_path, "a", BAGS)
    grown = BAGS + [["Poem", "new"]] * 5
    moved = _normalized(tmp_path, "b", grown)
    kept = _normalized(tmp_path, "c", grown, "--previous", str(before))
    assert load_tag_map(moved).canonical_of["poem"] == "Poem"
    assert load_tag_map(kept).canonical_of["Poem"] == "poem"
    capsys.readouterr()
    assert run(["diff", str(before), str(kept)]) == 0
    assert "tags: 1 new\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        (["--overrides", "absent.toml"], 1, "absent.toml: cannot be read"),
        (["--previous", "absent.db"], 1, "absent.db: no such store"),
        (["--language", "zz"], 2, "no lemmas for language"),
    ],
)
def test_select_refuses_what_is_not_there_before_any_work(
    flags: list[str], code: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["-k", "3", "-o", str(tmp_path / "o.jsonl"), *flags]
    assert run(["select", str(SAMPLE), *arguments]) == code
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_tags_of_another_language_use_its_lemmas(tmp_path: Path) -> None:
    store = _normalized(tmp_path, "a", [["Rezepte"], ["rezept"]], "--language", "de")
    assert [merge.reason for merge in load_tag_map(store).merges] == ["plural"]

import csv
import io
import json
from pathlib import Path

import pytest

from tagraph import read_tags
from tagraph.cli.entry import run

HOSTILE = '=HYPERLINK("x")'


def _write_table(folder: Path) -> Path:
    """Return a table whose tags stand in a field of its own name, one record without any."""
    bags = [["Poems", "js"], ["poem", HOSTILE], ["poem"], []]
    table = folder / "posts.jsonl"
    table.write_text(
        "".join(json.dumps({"id": i, "post_tags": b}) + "\n" for i, b in enumerate(bags))
    )
    return table


def test_a_table_of_tags_becomes_a_map_on_standard_output(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["normalize", str(_write_table(tmp_path))]) == 0
    told = capsysbinary.readouterr()
    rows = list(csv.DictReader(io.StringIO(told.out.decode())))
    assert [(row["raw"], row["canonical"], row["reason"], row["raw_count"]) for row in rows] == [
        ("'" + HOSTILE, "'" + HOSTILE, "", "1"),
        ("Poems", "poem", "plural", "1"),
        ("js", "js", "", "1"),
        ("poem", "poem", "", "2"),
    ]
    assert b"tags from `post_tags`" in told.err
    assert b"Poems -> poem" in told.err


def test_a_map_in_jsonl_has_every_tag_as_it_is_and_the_summary_counts_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, review = tmp_path / "map.jsonl", tmp_path / "review.csv"
    command = ["normalize", str(_write_table(tmp_path)), "-o", str(target), "--json"]
    assert run([*command, "--review", str(review)]) == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert [row["raw"] for row in rows] == [HOSTILE, "Poems", "js", "poem"]
    told = json.loads(capsys.readouterr().out)
    assert (told["records"], told["raw_tags"], told["canonical_tags"]) == (4, 4, 3)
    assert told["merges"] == {"plural": 1}
    assert review.read_text().count("\n") == 2
    before = target.read_bytes()
    assert run(command) == 1
    assert "exists" in capsys.readouterr().err
    assert run([*command, "--overwrite"]) == 0
    assert target.read_bytes() == before


def test_a_text_of_one_tag_a_line_is_a_table(tmp_path: Path) -> None:
    source = tmp_path / "tags.txt"
    source.write_bytes("Poems\n\na, b\r\nM\u00fcll\n".encode())
    assert read_tags(source).vocabulary == ("M\u00fcll", "Poems", "a, b")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["posts.jsonl", "--store", "run.db"], 2, "without a store"),
        (["posts.jsonl", "--adjudicator", "claude"], 2, "kept in a store"),
        (["posts.jsonl", "--json"], 2, "name a file for the map"),
        (["-o", "map.csv"], 2, "go with SOURCE"),
        (
            ["posts.jsonl", "--tags-field", "absent"],
            1,
            "no field `absent`; fields: `id`, `post_tags`",
        ),
        (["absent.txt"], 1, "absent.txt cannot be read"),
        (["posts.jsonl", "-o", "posts.jsonl", "--overwrite"], 1, "is the source itself"),
        (["posts.jsonl", "--review", "posts.jsonl", "--overwrite"], 1, "is the source itself"),
        (["posts.jsonl", "-o", "a.csv", "--review", "./a.csv"], 2, "are one file"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    arguments: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    _write_table(tmp_path)
    assert run(["normalize", *arguments]) == code
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["posts.jsonl"]

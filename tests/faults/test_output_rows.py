"""Row D13: what stands in the way of a file that a command writes, odd names, and kills."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tagraph.adapters.new_files import write_file
from tagraph.cli.entry import run
from tests.faults.children import fork
from tests.faults.shown import show
from tests.report.stores import make_store, plain_samples

SELECT = "select a.jsonl -k 2 --tagger field --policy random -o"
COMMANDS = {
    "rows.jsonl": f"{SELECT} FILE",
    "chat.jsonl": f"{SELECT} FILE --to messages",
    "made.json": f"{SELECT} fresh.jsonl --manifest FILE",
    "card.md": f"{SELECT} fresh.jsonl --card FILE",
    "page.html": "report run.db -o FILE",
    "copy.db": "export run.db FILE",
    "look.json": "review run.db merges -o FILE",
    "map.csv": "normalize tags.csv -o FILE",
    "merges.csv": "normalize tags.csv -o fresh.csv --review FILE",
}
"""A command for every kind of file, by a name of that kind."""


def link_to_a_file(path: Path) -> None:
    Path("target").touch()
    path.symlink_to("target")


OBSTACLES: dict[str, Callable[[Path], object]] = {
    "there": lambda path: path.write_text("precious"),
    "link": link_to_a_file,
    "dangling": lambda path: path.symlink_to("nothing"),
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "none/in": lambda path: None,
    "a.jsonl/in": lambda path: None,
    "x" * 300: lambda path: None,
    "nul\0": lambda path: None,
}
"""What is made in the place of a file, by how its name begins."""
ODD = (
    "~",
    "-x",
    "..",
    "a\nb",
    "NUL",
    "%2e%2e%2f",
    "$HOME",
    "`id`",
    ";",
    "a\u202eb",
    " ",
    "{}",
    "*",
)
KILLS, CHUNKS = 200, 16


def look(folder: Path) -> dict[str, bytes]:
    """Return every name below a folder with what is there, but what SQLite keeps beside a store."""
    found = {path.name: path for path in folder.rglob("*") if path.suffix[:4] != ".db-"}
    return {name: path.read_bytes() if path.is_file() else b"" for name, path in found.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: rows, tags and a store that was normalized."""
    monkeypatch.chdir(tmp_path)
    rows = [{"prompt": f"Say {i}", "completion": f"{i}.", "tags": ["a"]} for i in range(4)]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("tags.csv").write_text("tag\ntables\ntable\n")
    make_store(plain_samples(3), "run.db", until="normalize").close()
    return tmp_path


def test_what_stands_in_the_way_is_named_before_any_work_and_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = 0
    for name, command in COMMANDS.items():
        for start, make in OBSTACLES.items():
            path = Path(start + name)
            make(path)
            before = look(folder)
            code = run([str(path) if word == "FILE" else word for word in command.split()])
            said = capsys.readouterr()
            line = said.err.splitlines()[-1]
            assert (code in (1, 2), said.out) == (True, ""), (path, line)
            assert line.startswith(("tagraph: ", "Error: ")), line
            assert "standard output:" not in line
            assert look(folder) == before, path
            refused += 1

    odd = count_odd_names(folder)
    told = f"{len(COMMANDS)} kinds of files x {len(OBSTACLES)} obstacles: {refused} refused in a"
    told = f"{told} line, 0 names or bytes changed; {odd} of {len(ODD)} odd names: that file alone"
    show("D13", told)


def count_odd_names(folder: Path) -> int:
    """Return how many odd names are that of the one file that is new when a command wrote it."""
    exact = 0
    for start in ODD:
        before = look(folder.parent)
        assert run(["normalize", "tags.csv", "-q", "-o", f"{start}.csv"]) == 0
        exact += look(folder.parent).keys() - before.keys() == {f"{start}.csv"}
    assert exact == len(ODD)
    return exact


def write_on(path: Path, pipe: int) -> None:
    """Replace a file again and again, with another letter each time, until killed."""
    for number in range(1_000_000):
        with write_file(path) as stream:
            for _ in range(CHUNKS):
                stream.write(b"abcd"[number % 4 : number % 4 + 1] * 4096)
        os.write(pipe, b"whole\n")


def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    dice = random.Random(0)
    path = tmp_path / "out.jsonl"
    whole = 0
    for _ in range(KILLS):
        child = fork(lambda pipe: write_on(path, pipe))
        assert child.hear()
        time.sleep(dice.random() * 0.003)
        child.kill()
        data = path.read_bytes()
        whole += len(data) == CHUNKS * 4096 and len(set(data)) == 1
    cut = sum(path.name.startswith(".tagraph-") for path in tmp_path.iterdir())

    assert whole == KILLS
    assert cut > 0  # some were killed in the middle of a file
    show("D13 kill", f"{KILLS} SIGKILLs while it is replaced: {whole} times old or new, 0 half")

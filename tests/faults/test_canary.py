"""Row D22: no text of a sample stands in an error, a reason or a line of a run."""

from __future__ import annotations

import gzip
import json
import random
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tagraph.adapters.sample_files import read_source
from tagraph.cli.entry import run
from tagraph.errors import TagraphError
from tagraph.steps.ingest import IngestOptions
from tests.faults.pool import make_store
from tests.faults.shown import show
from tests.faults.test_input_rows import FORMS, mutate
from tests.messages_server import Body, MessagesServer, Say, error, longer_wins, message, serving

CANARY = "7c1f0canary"
TEXT = f"{CANARY} is what a patient told us in confidence, and nobody else"
FILES, RECORDS = 60, 8


def mark(held: object) -> object:
    """Return a value of JSON in which every text of a sentence has the canary in it."""
    if isinstance(held, dict):
        return {name: mark(value) for name, value in held.items()}
    if isinstance(held, list):
        return [mark(value) for value in held]
    return f"{TEXT} {held}" if isinstance(held, str) and held.endswith((".", "text")) else held


def draw_records(dice: random.Random) -> list[object]:
    """Return records of mixed forms with things out of place, some texts as names of fields."""
    forms = [mark(form) for form in FORMS]
    found = [mutate(mutate(dice.choice(forms), dice), dice) for _ in range(RECORDS)]
    said = [{"role": role, "content": "It."} for role in ("user", "assistant", TEXT)]
    talk = {"messages": said}
    return [dice.choice(forms), *found, {TEXT: "answer"}, talk]


def draw_files(dice: random.Random, folder: Path) -> Iterator[Path]:
    """Write records in every container, whole and broken."""
    for number in range(FILES):
        rows = draw_records(dice)
        lines = "\n".join(json.dumps(row) for row in rows).encode()
        array = json.dumps(rows).encode()
        written = {
            "jsonl": lines,
            "cut.jsonl": lines[: dice.randrange(len(lines))],
            "json": array,
            "cut.json": array[: dice.randrange(len(array))],
            "csv": f'prompt,completion\n{TEXT},a,b\n"{TEXT}\n{TEXT},{TEXT}'.encode(),
            "headless.csv": f"{TEXT},{TEXT} again\n{TEXT},b\n".encode(),
            "jsonl.gz": gzip.compress(lines)[: dice.randrange(20, 300)],
        }
        for ending, data in written.items():
            path = folder / f"{number}.{ending}"
            path.write_bytes(data)
            yield path


def told_of(path: Path) -> Iterator[str]:
    """Yield what a reader says of a file, with bad records allowed and without."""
    for most in (0.0, 1.0):
        try:
            found = read_source(str(path), IngestOptions(max_bad=most))
        except TagraphError as error:
            yield str(error)
            continue
        yield found.evidence
        for row in (*found.set_aside, *found.notices):
            yield f"`{row.field}`: {row.reason}"


def test_no_error_of_a_reader_repeats_a_text(tmp_path: Path) -> None:
    dice = random.Random(0)
    said = [line for path in draw_files(dice, tmp_path) for line in told_of(path)]
    leaks = {line for line in said if CANARY in line}

    assert len(said) > 500
    assert not leaks, sorted(leaks)[:5]
    told = f"{FILES} drawn pools in 7 forms of files: {len(leaks)} of {len(said):,} errors"
    show("D22 reader", f"{told}, reasons and notices hold a text of a record")


def echo(body: Body, number: int) -> Say:
    """Say the question back in the ways in which a server fails, one after the other."""
    asked = json.dumps(body)
    faults = (
        error(400, "invalid_request_error", f"cannot take {asked}"),
        Say(status=500, body=asked.encode(), name="500"),
        Say(body=asked.encode(), name="no message"),
        Say(body=f"<html>{TEXT}".encode(), name="html"),
        Say(body=message(TEXT), name="prose"),
        Say(body=message(json.dumps({"verdict": TEXT, "samples": [{"id": TEXT}]})), name="shape"),
        Say(body=message(TEXT, stop_reason=TEXT), name="stop"),
        Say(body=message(TEXT, stop_reason="refusal"), name="refusal"),
    )
    return faults[number % 9] if number % 9 < len(faults) else longer_wins(body, number)


def fail_with(status: int) -> Callable[[Body, int], Say]:
    return lambda body, number: error(status, "some_error", f"you sent {json.dumps(body)}")


def play(server: MessagesServer, folder: Path) -> list[int]:
    """Run what asks a model on texts with the canary, and what tells of it; return the codes."""
    make_store(folder / "a.db", 8, 2, asked=TEXT)
    rows = [{"instruction": f"{TEXT} {i}", "output": f"{TEXT}, {i} times"} for i in range(6)]
    Path("a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [*rows, {"a": TEXT}]))
    paid = ["--model", "claude-haiku-5-5", "--base-url", server.url]
    asking = [
        ["compare", "-k", "4", "--store", "a.db", "--judge", "claude", *paid],
        ["tag", "--store", "b.db", "--tagger", "claude", *paid],
    ]
    ingest = ["ingest", "a.jsonl", "--store", "b.db"]
    looking = [["rank", "--store", "a.db"], ["status", "a.db"], ["verify", "b.db"]]
    codes = [run(ingest), run([*ingest, "--max-bad", "0.5"])]
    for script in (fail_with(401), fail_with(400), fail_with(503), echo, echo, longer_wins):
        server.script = script
        codes += [run(command) for command in (*asking, *looking)]
    return codes


def test_no_line_of_a_run_repeats_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tagraph.adapters.caller._BACKOFF", (0.001, 0.001))
    monkeypatch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key-of-the-test")
    monkeypatch.chdir(tmp_path)
    with serving() as server:
        codes = play(server, tmp_path)
    heard = capfd.readouterr()
    said = [*heard.out.splitlines(), *heard.err.splitlines()]
    leaks = [line for line in said if CANARY in line]

    assert (len(set(codes)) > 2, len(said) > 100) == (True, True), codes
    assert not leaks, leaks[:5]
    told = f"{len(codes)} commands, on a server that repeats the question in its errors"
    show("D22 run", f"{told}: {len(leaks)} of their lines hold a text of a sample")

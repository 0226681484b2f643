"""Rows C13, D18, D20, D21 and D24: what a run on hostile texts with a hostile judge wrote."""

import faulthandler
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagraph.adapters.messages_transport import MessagesTransport
from tagraph.config import Config
from tagraph.store import open_store
from tests.faults.hostile_run import KEY, HostileRun
from tests.faults.shown import show
from tests.markup import Markup
from tests.messages_server import serving


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileRun]:
    found = HostileRun(tmp_path_factory.mktemp("hostile"))
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        patch.setenv("ANTHROPIC_API_KEY", KEY)
        patch.chdir(found.folder)
        found.play(server)
        yield found


def test_a_terminal_gets_nothing_that_it_acts_on(
    hostile: HostileRun, request: pytest.FixtureRequest
) -> None:
    ours = bytes(hostile.terminal.written).replace(b"\r\x1b[K", b"")
    shown = ours.decode()

    assert len(shown) > 5_000
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\U000e0041]", shown) == []
    told = f"{len(hostile.terminal.codes)} commands on a terminal: 0 bytes that it acts on"
    show("D18", told, request.node.nodeid)


def test_no_text_forges_a_line(hostile: HostileRun, request: pytest.FixtureRequest) -> None:
    shown = bytes(hostile.terminal.written).replace(b"\r\x1b[K", b"").decode()
    forged = [line for line in shown.splitlines() if line.startswith(("spent $", "forged line"))]

    assert len(shown.splitlines()) == shown.count("\n")
    assert "forged line" in shown
    assert forged == []
    show("D20", "0 lines that a text of the data made", request.node.nodeid)


def test_the_key_is_in_no_byte_that_was_written(
    hostile: HostileRun, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    files = [path for path in hostile.folder.rglob("*") if path.is_file()]
    transport = MessagesTransport("http://127.0.0.1:9")
    try:
        transport.send_batch(None)  # type: ignore[arg-type]
        raise RuntimeError("a bug")
    except RuntimeError:
        crash = traceback.format_exc()
    with (hostile.folder / "dump").open("w+") as dump:
        faulthandler.dump_traceback(dump)
        dump.seek(0)
        crash += dump.read()
    with open_store("a.db", read_only=True) as store:
        raw = [row["r"] for row in store.query("SELECT reply r FROM calls WHERE reply NOT NULL")]
        crash += repr(store) + repr(vars(store))
    crash += repr(transport) + repr(Config()) + repr(hostile.terminal.codes)

    assert {path.suffix for path in files} >= {".db", ".jsonl", ".json", ".md", ".html", ".csv"}
    assert [path.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert hostile.terminal.written.count(KEY.encode()) == 1  # the argument that named it
    assert any(b"(key)" in bytes(reply) for reply in raw)
    assert KEY not in crash
    told = (
        "401, 500 and verdicts that repeat it, batches, every command, a crash: in 0 of all files,"
        " lines, reprs and dumps"
    )
    show("D21", told, request.node.nodeid)


def test_nobody_but_the_server_is_connected_to(
    hostile: HostileRun, request: pytest.FixtureRequest
) -> None:
    assert hostile.connections.hosts == {"127.0.0.1"}
    show("D24", "a whole run: 0 hosts besides that of the judge", request.node.nodeid)


def test_what_a_judge_writes_is_kept_and_runs_nowhere(
    hostile: HostileRun, request: pytest.FixtureRequest
) -> None:
    page = Markup(Path("a.html").read_text())
    running = [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
    with open_store("a.db", read_only=True) as store:
        kept = store.query("SELECT reply FROM calls WHERE instr(reply, x'6f6e6572726f723d') > 0")
        assert store.verify().is_clean

    assert kept
    assert running == []
    assert set(page.names).isdisjoint({"img", "iframe", "object", "base", "link", "form"})
    told = "explanations of HTML, SQL, ANSI, bidi and paths: kept as they came, 0 run or shown raw"
    show("C13", told, request.node.nodeid)

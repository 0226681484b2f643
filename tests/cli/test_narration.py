import pytest

from tagraph.cli.narration import Narrator
from tagraph.pipeline import Event

SUMMARY = {"selected": 3, "policy": "equal", "withheld": 1}


def test_the_end_of_a_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Narrator()(Event("select", "started"))
    Narrator()(Event("select", "finished", SUMMARY, 1.25))
    Narrator()(Event("select", "kept", SUMMARY, 1.25))

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "select     3 samples by policy 'equal', 1 withheld [1.2 s]"
    assert lines[1].endswith("[kept]")
    assert len(lines) == 2


def test_without_a_terminal_progress_is_told_twice_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    narrator = Narrator()
    narrator(Event("compare", "started"))
    for now in (1.0, 29.0, 31.0, 32.0, 62.0):
        narrator(Event("compare", "working", done=int(now), total=100))

    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["31", "62"]
    assert "1 a second, 69 s left" in lines[0]


def test_a_step_that_cannot_count_says_how_long_it_is_at_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    narrator = Narrator()
    narrator(Event("tag", "started"))
    for now in (5.0, 31.0, 36.0, 62.0):
        narrator(Event("tag", "working", seconds=now))
    narrator(Event("compare", "started"))
    narrator(Event("compare", "working", done=1, total=100))
    for now in (94.0, 130.0):
        narrator(Event("compare", "working", seconds=now))  # it counts, which says more

    lines = capsys.readouterr().err.splitlines()
    assert lines == ["tag        at work for 31 s", "tag        at work for 62 s"]


def test_on_a_terminal_progress_is_drawn_in_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    narrator = Narrator()
    narrator(Event("compare", "started"))
    narrator(Event("compare", "working", done=50, total=100))
    narrator(Event("select", "finished", SUMMARY, 1.0))

    drawn = capsys.readouterr().err
    assert drawn.count("\n") == 1
    assert "50 of at most 100" in drawn


def test_quiet_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = Narrator(quiet=True)
    narrator(Event("select", "finished", SUMMARY, 1.0))
    narrator.say("hello")

    assert capsys.readouterr().err == ""


def test_text_of_the_data_cannot_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Narrator().say("tag \x1b[2J")

    assert "\\x1b[2J" in capsys.readouterr().err


@pytest.mark.parametrize("live", [False, True])
def test_waiting_is_told_or_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: live)

    Narrator()(Event("compare", "waiting", note="waiting 30 s"))

    told = capsys.readouterr().err
    assert told == ("\r\x1b[Kcompare waiting 30 s" if live else "compare    waiting 30 s\n")


def test_a_sample_that_was_set_aside_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    summary = {"calls": 9, "judge": "x", "ties": 0.0, "no_verdict": 3, "set_aside_samples": "abc"}
    Narrator()(Event("compare", "finished", summary, 1.0))
    assert "asked no more, nothing could be judged: abc" in capsys.readouterr().err

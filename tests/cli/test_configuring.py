"""`tagraph config` and `tagraph completion`, and the help of every command."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import orjson
import pytest

from tagraph.cli.entry import run
from tagraph.cli.group import cli
from tagraph.config import Config


def show(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run(["config", "--json", *arguments]) == 0
    return orjson.loads(capsys.readouterr().out)


def test_a_flag_comes_before_the_environment_that_before_the_file_and_that_before_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tagraph.toml"
    file.write_text(
        'judge = "mixed"\n[llm]\nmodel = "a"\nmax_cost = 1\n[normalize]\nfuzzy = false\n'
    )
    monkeypatch.setenv("TAGRAPH_MODEL", "b")
    monkeypatch.setenv("TAGRAPH_MAX_COST", "2")
    monkeypatch.setenv("TAGRAPH_MAX_LIKENESS", "0.5")

    told = show(
        capsys,
        "--config",
        str(file),
        "--max-cost",
        "3",
        "--policy",
        "target",
        "--target",
        "code=0.5",
    )

    assert told["judge"] == {"value": "mixed", "origin": str(file)}
    assert told["llm"]["model"] == {"value": "b", "origin": "TAGRAPH_MODEL"}
    assert told["llm"]["max_cost"] == {"value": 3.0, "origin": "--max-cost"}
    assert told["normalize"]["fuzzy"] == {"value": False, "origin": str(file)}
    assert told["normalize"]["embedding"] == {"value": True, "origin": "default"}
    assert told["selection"]["max_likeness"] == {"value": 0.5, "origin": "TAGRAPH_MAX_LIKENESS"}
    assert told["selection"]["target"] == {"value": ["code=0.5"], "origin": "--target"}


def test_what_one_option_does_to_another_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    told = show(capsys, "--seed", "7", "--judge", "claude", "--batch", "--both-orders")

    assert told["communities"]["seed"] == {"value": 7, "origin": "--seed"}
    assert told["tournament"]["rounds"] == {"value": 4, "origin": "follows from the others"}
    assert told["tournament"]["audit"] == {"value": 1.0, "origin": "--both-orders"}


def test_what_is_printed_is_a_file_that_gives_the_same_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = 'a"b\\c\x7f\x01\n😀'
    flags = ["--model", hostile, "--seed", "3", "--target", "a b=1", "--minimum", "x=1"]
    flags += ["--policy", "target"]
    assert run(["config", *flags]) == 0
    file = tmp_path / "tagraph.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")

    told = show(capsys, "--config", str(file))

    assert told["llm"]["model"]["value"] == hostile
    assert told["graph"] == show(capsys, "--config", str(file))["graph"]
    given: dict[str, Any] = {"llm": {"model": hostile}, "seed": 3}
    given["selection"] = {"policy": "target", "target": ("a b=1",), "minimum": ("x=1",)}
    assert Config.from_toml(file) == Config().changed(given, "here")


def test_a_file_that_comes_through_a_pipe_is_read_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b'judge = "mixed"\n')
    os.close(writing)

    told = show(capsys, "--config", f"/dev/fd/{reading}")

    os.close(reading)
    assert told["judge"]["value"] == "mixed"


def test_every_command_has_examples_that_it_understands() -> None:
    for name, command in cli.commands.items():
        _, *lines = (command.epilog or "").removeprefix("\b\n").splitlines()
        assert lines, f"{name} has no example"
        for line in lines:
            program, called, *arguments = shlex.split(
                line.split(" > ")[0].split(" >> ")[0].split(" < ")[0]
            )
            assert (program, called) == ("tagraph", name)
            command.make_context(name, arguments)
        assert all(one.help for one in command.params if isinstance(one, click.Option)), name


def test_a_shell_completes_commands_options_and_choices() -> None:
    def complete(*words: str) -> str:
        typed = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        program = "from tagraph.cli.group import cli; cli.main(prog_name='tagraph')"
        environment = {**os.environ, **typed, "_TAGRAPH_COMPLETE": "bash_complete"}
        called = [sys.executable, "-c", program]
        return subprocess.run(called, env=environment, capture_output=True, text=True).stdout

    assert "plain,select" in complete("tagraph", "sel")
    assert "plain,covering" in complete("tagraph", "select", "--policy", "cov")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_that_calls_tagraph(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0

    assert "_TAGRAPH_COMPLETE" in capsys.readouterr().out

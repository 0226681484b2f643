"""`.ci/run` installs the browser that the tests need, or says in one line why it cannot."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[1] / ".ci" / "run"
NEEDED = ("bash", "dirname", "env")
APT = 'echo APT "$@"'
SUDO = 'shift; exec "$@"'
ROOT, USER = "echo 0", "echo 1000"


def run_with(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run `.ci/run` where only these programs exist, each given as the body of a shell script."""
    for name in NEEDED:
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, body in {"make": 'echo MAKE "$@" "$TAGRAPH_BROWSER"', **programs}.items():
        script = folder / name.replace("_", "-")
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    bash = str(folder / "bash")
    return subprocess.run([bash, RUN], env={"PATH": str(folder)}, capture_output=True, text=True)


@pytest.mark.parametrize(
    "programs",
    [{"id": ROOT, "apt_get": APT}, {"id": USER, "apt_get": APT, "sudo": SUDO, "true": ""}],
    ids=["root", "sudo"],
)
def test_a_missing_browser_is_installed(tmp_path: Path, programs: dict[str, str]) -> None:
    done = run_with(tmp_path, **programs)

    assert done.returncode == 0
    update, install, make = done.stdout.splitlines()
    assert update == "APT update -qq"
    assert " chromium" in install
    assert make == "MAKE test required"


def test_a_browser_that_is_there_is_left_alone(tmp_path: Path) -> None:
    assert run_with(tmp_path, chromium="").stdout == "MAKE test required\n"


@pytest.mark.parametrize(
    ("programs", "told"),
    [
        ({}, "there is no apt-get"),
        ({"id": ROOT, "apt_get": "exit 100"}, "apt-get update failed"),
        ({"id": ROOT, "apt_get": '[ "$1" = update ]'}, "could not install Chromium"),
        ({"id": USER, "apt_get": APT}, "neither root nor sudo"),
        ({"id": USER, "apt_get": APT, "sudo": "exit 1"}, "neither root nor sudo"),
    ],
)
def test_what_cannot_be_installed_is_said_in_one_line(
    tmp_path: Path, programs: dict[str, str], told: str
) -> None:
    done = run_with(tmp_path, **programs)

    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "MAKE" not in done.stdout

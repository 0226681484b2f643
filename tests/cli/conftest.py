"""One real run of the whole command on the shipped sample, shared by the tests that look at it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tagraph.cli.entry import run

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample.jsonl"


@dataclass(frozen=True)
class Finished:
    """A finished `tagraph select`: its files and what it said."""

    code: int
    output: Path
    store: Path
    said: str


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("select")
    output = folder / "subset.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        said = Said(patch)
        code = run(["select", str(SAMPLE), "-k", "40", "-o", str(output)])
    return Finished(code, output, output.with_suffix(".db"), said.text)


class Said:
    """Collects standard error, where capsys cannot because the fixture outlives a test."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        import io
        import sys

        self._stream = io.StringIO()
        patch.setattr(sys, "stderr", self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

"""One real run of the whole command on every third row of the sample, shared by many tests."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tagraph.cli.entry import run

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample.jsonl"


@dataclass(frozen=True)
class Finished:
    """A finished `tagraph select`: its files and what it said."""

    code: int
    source: Path
    output: Path
    store: Path
    said: str


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("select")
    source, output = folder / "sample.jsonl", folder / "subset.jsonl"
    source.write_bytes(b"".join(SAMPLE.read_bytes().splitlines(keepends=True)[::3]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        said = Said(patch)
        code = run(["select", str(source), "-k", "40", "-o", str(output)])
    return Finished(code, source, output, output.with_suffix(".db"), said.text)


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

"""`tagraph select NEW --grow STORE` as a user would call it."""

import json
from pathlib import Path

import pytest

from tagraph import grow
from tagraph.cli.entry import run
from tagraph.errors import InputError
from tagraph.store import open_store
from tests.cli.conftest import Finished

NEW = (
    ("How long do I boil eggs?", "Soft: six minutes. Hard: ten minutes. Cool them in cold water."),
    ("Translate 'good night' into French.", "Bonne nuit."),
    ("Why is the sky blue?", "Air scatters short waves more than long ones, so blue comes to us."),
)


@pytest.fixture(scope="module")
def source(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [{"instruction": query, "output": answer} for query, answer in NEW]
    path = tmp_path_factory.mktemp("new") / "new.jsonl"
    known = b"".join(finished.source.read_bytes().splitlines(keepends=True)[:4])
    path.write_bytes(known + "".join(json.dumps(row) + "\n" for row in rows).encode())
    return path


def test_a_pool_grows_and_what_changed_is_told(
    finished: Finished, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = finished.store.read_bytes()
    output = tmp_path / "grown.jsonl"
    asked = ["select", str(source), "-k", "41", "-o", str(output), "--grow", str(finished.store)]

    assert run([*asked, "--dry-run", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["samples"], planned["new_samples"]) == (142, 3)
    assert run(asked) == 0
    said = capsys.readouterr().err
    assert run([*asked, "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert "3 new samples join 139; 4 were there already" in said
    assert planned["comparisons_at_most"] == told["steps"]["compare"]["calls"] == 24
    assert "change     " in said
    assert "kept" in told["change"]
    assert all(step["kept"] for step in told["steps"].values())
    assert finished.store.read_bytes() == before
    assert len(output.read_bytes().splitlines()) == 41


def test_a_store_that_is_in_the_way_is_refused_and_left_alone(
    finished: Finished, source: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    open_store(other).close()
    for store, match in ((other, "did not grow from"), (finished.store, "stays as it is")):
        with pytest.raises(InputError, match=match):
            grow(source, 41, base=finished.store, store=store)
    with pytest.raises(InputError, match="no such store"):
        grow(source, 41, base=tmp_path / "no.db", store=other)
    fresh = tmp_path / "fresh.db"
    with pytest.raises(InputError, match="holds 142"):
        grow(source, 999, base=finished.store, store=fresh)
    assert list(tmp_path.iterdir()) == [other]

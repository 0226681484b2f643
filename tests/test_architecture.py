"""The documents that describe the layers say what import-linter checks."""

import configparser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def layer_line() -> str:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    layers = config["importlinter:contract:layers"]["layers"].split("\n")
    return " -> ".join(layer for layer in layers if layer)


@pytest.mark.parametrize("name", ["docs/architecture.md", "README.md", "CONTRIBUTING.md"])
def test_the_layer_line_is_the_one_that_is_checked(name: str) -> None:
    assert layer_line() in (ROOT / name).read_text()


def test_every_file_that_architecture_points_to_is_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    table = text.split("## Where to make the next change")[1]
    named = [part for part in table.split("`")[1::2] if part.endswith((".py", "/"))]

    missing = [
        part
        for part in named
        if not (ROOT / part).exists() and not (ROOT / "tagraph" / part).exists()
    ]
    assert len(named) > 10
    assert missing == []

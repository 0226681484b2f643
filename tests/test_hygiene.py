"""No data goes around the functions that escape it, and no code comes out of data."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.shown import show

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tagraph"
FILES = sorted(PACKAGE.rglob("*.py"))

CODE_FROM_DATA = {
    *("eval", "exec", "compile", "__import__", "pickle", "cPickle", "dill", "joblib", "marshal"),
    *("shelve", "torch.load", "yaml", "os.system", "subprocess", "ctypes", "runpy", "importlib"),
}
TERMINAL = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
WRITING = {"write_text", "write_bytes", "symlink_to", "hardlink_to"}
_ELEMENTS = "table|tr|td|th|caption|div|span|p|a|b|i|img|svg|script|style|head|body|h[1-6]|View"
MARKUP = re.compile(rf"</?({_ELEMENTS}|Header|Text|Choices?)\b")


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield name_of(node.func), node


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def find_breaches(name: str, source: str) -> list[str]:
    """Return the rules that the source of a module breaks."""
    tree = ast.parse(source)
    found = [*_code_from_data(tree), *_around_the_terminal(name, tree)]
    return [*found, *_around_files(name, tree), *_around_markup(tree), *_around_tables(name, tree)]


def _code_from_data(tree: ast.AST) -> Iterator[str]:
    for name in imported(tree):
        if name in CODE_FROM_DATA and name != "importlib":
            yield f"imports {name}"
    for name, call in calls(tree):
        if name in CODE_FROM_DATA:
            yield f"calls {name}"
        for word in call.keywords:
            if word.arg == "trust_remote_code" and not (
                isinstance(word.value, ast.Constant) and word.value.value is False
            ):
                yield "trusts remote code"
            if word.arg == "use_safetensors" and not (
                isinstance(word.value, ast.Constant) and word.value.value is True
            ):
                yield "loads weights that are no safetensors"


def _around_the_terminal(name: str, tree: ast.AST) -> Iterator[str]:
    allowed = {"cli/telling.py": 3, "cli/narration.py": 2, "cli/completing.py": 1}.get(name, 0)
    told = [called for called, _ in calls(tree) if called in TERMINAL]
    if len(told) > allowed:
        yield f"writes to the terminal by {', '.join(told)}, not by `tell`"


def _around_files(name: str, tree: ast.AST) -> Iterator[str]:
    if name in ("adapters/new_files.py", "store/spill.py", "store/claim.py"):
        return
    for called, call in calls(tree):
        last = called.rpartition(".")[2]
        modes = [arg for arg in call.args if isinstance(arg, ast.Constant)]
        is_open = last == "open" and any(set(str(mode.value)) & set("wax+") for mode in modes[:2])
        if last in WRITING or (is_open and len(str(modes[-1].value)) <= 3):
            yield f"writes a file by {called}, not by `write_file`"


def _around_markup(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        texts = "\0".join(str(p.value) for p in node.values if isinstance(p, ast.Constant))
        if not MARKUP.search(texts) or "samples-" in ast.dump(node) or "{marker}" in texts:
            continue
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and not _is_escaped(part.value):
                yield f"puts {ast.unparse(part.value)} into markup unescaped"


def _is_escaped(value: ast.expr) -> bool:
    own = {
        "head",
        "body",
        "marker",
        "name",
        "shown",
        "choices",
    }  # made of escaped parts, or of names of ours
    if isinstance(value, ast.Name):
        return value.id in own
    return isinstance(value, ast.Call) and name_of(value.func).startswith("escape_")


def _around_tables(name: str, tree: ast.AST) -> Iterator[str]:
    if name in ("adapters/csv_tables.py", "adapters/trainer_files.py"):
        return
    if any(called == "csv.writer" for called, _ in calls(tree)):
        yield "writes CSV by itself"


def test_no_module_goes_around_the_escaping_functions() -> None:
    names = {path: path.relative_to(PACKAGE).as_posix() for path in FILES}
    found = {name: find_breaches(name, path.read_text()) for path, name in names.items()}

    assert len(found) > 200
    assert {name: broken for name, broken in found.items() if broken} == {}
    breaches = sum(len(broken) for broken in found.values())
    told = f"{len(CODE_FROM_DATA)} names in the syntax tree of every module"
    show("D14", f"{told}: {breaches} breaches")


@pytest.mark.parametrize(
    "source",
    [
        "print(text)",
        "import click\nclick.echo(text)",
        "import sys\nsys.stderr.write(text)",
        "import pickle",
        "from yaml import load",
        "eval(text)",
        "model = load(x, trust_remote_code=True)",
        "load(x, use_safetensors=False)",
        "path.write_text(text)",
        "path.open('w')",
        "open(path, 'wb')",
        "cell = f'<td>{text}</td>'",
        "import csv\ncsv.writer(file)",
    ],
)
def test_the_rules_bite(source: str) -> None:
    assert find_breaches("steps/x.py", source)


def test_arrow_is_newer_than_the_one_that_ran_code_from_files() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    (floor,) = re.findall(r"pyarrow>=(\d+)", setup["options"]["install_requires"])
    assert int(floor) > 14  # CVE-2023-47248

"""Do the tests notice a wrong program? Changes one thing at a time and runs them.

`python -m benchmarks.mutation verdicts ledger scoring [--most 200] [--seed 0]`

A mutant is a module with one node of its syntax tree changed: a comparison turned, a number moved
by one, an operator or a word swapped, a condition negated, a statement left out. It is killed if
one of the tests of its part fails, or takes too long. Every mutant runs in a fork of a process that
has loaded everything but the mutated module's package, so a run costs little more than its tests.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120  # after which a mutant counts as killed: it hangs

# Modules, with the functions that belong to the part, none for all; and the tests that must notice.
_DISK = "tests/faults/test_disk.py"
PARTS: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "verdicts": (
        {
            "tagraph.stages.answers": (),
            "tagraph.adapters.structure": (),
            "tagraph.adapters.claude_judge": ("read", "read_verdict"),
        },
        (
            "tests/stages/test_answers.py",
            "tests/adapters/test_claude_judge.py",
        ),
    ),
    "ledger": (
        {"tagraph.store.calls": (), "tagraph.steps.calls": (), "tagraph.store.spill": ()},
        (
            "tests/store/test_calls.py",
            "tests/steps/test_calls.py",
            f"{_DISK}::test_a_spilled_reply_is_taken_in_once_and_a_cut_or_foreign_line_never",
            f"{_DISK}::test_replies_that_no_disk_takes_are_listed_by_their_keys",
            "tests/store/test_checking.py",
        ),
    ),
    "scoring": (
        {
            f"tagraph.stages.bradley_terry.{name}": ()
            for name in ("model", "solver", "fit", "scores", "terms", "edges")
        },
        ("tests/stages/test_bradley_terry.py",),
    ),
}

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: Name of the module.
        line: Where the change is.
        told: What it is, the old and the new code.
        tree: The whole module, changed.
    """

    module: str
    line: int
    told: str
    tree: ast.Module


def find_mutants(module: str, functions: tuple[str, ...]) -> Iterator[Mutant]:
    """Return every mutant of a module, or of some of its functions."""
    tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text())
    for number, node in enumerate(ast.walk(tree)):
        if not _is_code(tree, node, functions):
            continue
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(mutated)) if i == number)
            before = ast.unparse(target)
            for name, value in change.items():
                setattr(target, name, value)
            ast.fix_missing_locations(mutated)
            told = f"{before} -> {ast.unparse(target)}"
            yield Mutant(module, getattr(node, "lineno", 0), " ".join(told.split())[:150], mutated)


def _is_code(tree: ast.Module, node: ast.AST, functions: tuple[str, ...]) -> bool:
    """Return whether a node is part of a function that counts, and no text for people."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        if functions and function.name not in functions:
            continue
        if any(node is inner for statement in function.body for inner in ast.walk(statement)):
            return not _is_said(function, node)
    return False


def _is_said(function: ast.FunctionDef, node: ast.AST) -> bool:
    """Return whether a node is a docstring, or inside a message of an error."""
    said: list[ast.AST] = [
        part for part in ast.walk(function) if isinstance(part, ast.Raise | ast.JoinedStr)
    ]
    said += [part for part in function.body[:1] if isinstance(part, ast.Expr)]
    return any(node is inner for part in said for inner in ast.walk(part))


def _changes(node: ast.AST) -> Iterator[dict[str, object]]:
    """Return the changes of one node, each as new values of its fields."""
    match node:
        case ast.Compare(ops=[op, *rest]) if type(op) in _TURNED:
            yield {"ops": [_TURNED[type(op)](), *rest]}
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _SWAPPED:
            yield {"op": _SWAPPED[type(op)]()}
        case ast.BoolOp(op=op):
            yield {"op": ast.Or() if isinstance(op, ast.And) else ast.And()}
        case ast.Constant(value=bool(value)):
            yield {"value": not value}
        case ast.Constant(value=int(value) | float(value)):
            yield {"value": value + 1}
        case _:
            yield from _changes_of_flow(node)


def _changes_of_flow(node: ast.AST) -> Iterator[dict[str, object]]:
    """Return the changes of what decides, returns or calls."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield {"test": ast.UnaryOp(ast.Not(), test)}
        case ast.Return(value=ast.expr()):
            yield {"value": ast.Constant(None)}
        case ast.UnaryOp(op=ast.USub()):
            yield {"op": ast.UAdd()}
        case ast.Expr(value=ast.Call()):
            yield {"value": ast.Constant(None)}


class Planted(MetaPathFinder, Loader):
    """Gives a mutated module to whoever imports it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        """Return the module's specification with this as its loader."""
        if fullname != self._mutant.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutated module."""
        exec(compile(self._mutant.tree, str(module.__file__), "exec"), module.__dict__)  # noqa: S102


def is_killed(mutant: Mutant | None, tests: tuple[str, ...]) -> bool:
    """Return whether a test fails; without a mutant, whether one does anyway."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os._exit(_run_tests(mutant, tests))
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(SECONDS)
    status = os.waitpid(pid, 0)[1]
    signal.alarm(0)
    return status != 0


def _run_tests(mutant: Mutant | None, tests: tuple[str, ...]) -> int:
    import pytest

    if mutant is not None:
        sys.meta_path.insert(0, Planted(mutant))
    os.chdir(ROOT)
    quiet = [
        "-x",
        "-q",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "--no-cov",
        "--timeout",
        "60",
    ]
    there = [test for test in tests if (ROOT / test.split("::")[0]).exists()]
    return int(pytest.main([*quiet, *there]))


def main() -> None:
    """Mutate the parts that were named, and print who survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--most", type=int, default=200, help="mutants of a part, drawn")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    preload()
    for part in asked.parts:
        modules, tests = PARTS[part]
        if is_killed(None, tests):
            sys.exit(f"the tests of {part} fail without a mutant")
        mutants = [m for name, only in modules.items() for m in find_mutants(name, only)]
        drawn = random.Random(asked.seed).sample(mutants, min(asked.most, len(mutants)))
        drawn.sort(key=lambda mutant: (mutant.module, mutant.line))
        survivors = []
        for number, mutant in enumerate(drawn, 1):
            if not is_killed(mutant, tests):
                survivors.append(mutant)
                print(f"  survived {mutant.module}:{mutant.line} {mutant.told}", flush=True)
            print(f"  {number} of {len(drawn)}", file=sys.stderr, flush=True)
        killed = len(drawn) - len(survivors)
        share = killed / len(drawn)
        print(f"{part}: {killed} of {len(drawn)} killed ({share:.1%}), of {len(mutants)} possible")


def preload() -> None:
    """Load what every run of the tests needs, and nothing of ours."""
    for name in ("anthropic", "hypothesis", "numpy", "orjson", "pytest", "scipy.optimize"):
        importlib.import_module(name)
    for name in ("scipy.sparse.linalg", "scipy.stats", "sqlite_utils", "igraph", "networkx"):
        importlib.import_module(name)


if __name__ == "__main__":
    main()

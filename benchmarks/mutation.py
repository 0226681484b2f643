"""Do the tests notice a wrong program? Changes one thing at a time and runs them.

`python -m benchmarks.mutation verdicts ledger scoring [--most 200] [--seed 0] [--piece 1/4]`, with
`--tests FILE ...` for some of the tests alone.

The tests of a part are run once as they are, which tells how long each takes and which functions it
uses. Then every mutant (`benchmarks.mutants`) is put into a fork of this process, and the tests
that use the changed function run there, quick ones first, until one fails: the mutant is killed, as
it is if they take too long. It survives if all pass, or if there are none.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import pytest

from benchmarks.mutants import Mutant, find_mutants

ROOT = Path(__file__).resolve().parents[1]
SLOWER = 5  # times as long as the tests took, and a mutant counts as killed: it hangs
LEAST, SECONDS = 2, 20  # and at least so long, of CPU for a test, and in all

_DISK = "tests/faults/test_disk.py"
_BRADLEY_TERRY = ("careless", "model", "solver", "fit", "scores", "odds", "edges", "comparisons")

# Modules, with the functions that belong to the part, none for all; and the tests that must notice.
PARTS: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "verdicts": (
        {
            "tagraph.stages.answers": (),
            "tagraph.adapters.structure": (),
            "tagraph.adapters.claude_judge": ("ClaudeJudge.read", "read_verdict"),
        },
        ("tests/stages/test_answers.py", "tests/adapters/test_claude_judge.py"),
    ),
    "ledger": (
        {
            "tagraph.store.calls": (),
            "tagraph.store.spill": (),
            "tagraph.steps.calls": (),
            "tagraph.adapters.attempts": (),
            "tagraph.adapters.budget": (),
        },
        (
            "tests/store/test_calls.py",
            "tests/store/test_claim.py",
            "tests/store/test_spill.py",
            "tests/store/test_checking.py",
            "tests/steps/test_calls.py",
            "tests/adapters/test_attempts.py",
            "tests/adapters/test_budget.py",
            "tests/adapters/test_caller.py",
            "tests/adapters/test_claude_judge.py",
            f"{_DISK}::test_a_spilled_reply_is_taken_in_once_and_a_cut_or_foreign_line_never",
            f"{_DISK}::test_a_spilled_reply_to_a_question_of_another_store_stays_where_it_is",
            f"{_DISK}::test_replies_that_no_disk_takes_are_listed_by_their_keys",
            f"{_DISK}::test_what_another_process_began_is_not_spilled_but_asked_for_again",
        ),
    ),
    "scoring": (
        {f"tagraph.stages.bradley_terry.{name}": () for name in _BRADLEY_TERRY},
        (
            *(f"tests/stages/test_bradley_terry{name}.py" for name in ("", "_model", "_rows")),
            "tests/stages/test_tie_models.py",
        ),
    ),
}


@dataclass(eq=False)
class Runner:
    """A plugin of pytest that runs its tests once per mutant.

    Attributes:
        mutants: What is tried.
        survivors: Those that no test noticed.
    """

    mutants: Sequence[Mutant]
    survivors: list[Mutant] = field(default_factory=list)
    _items: list[pytest.Item] = field(default_factory=list)
    _seconds: dict[str, float] = field(default_factory=dict)
    _uses: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    has_failed: bool = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether anything fails."""
        self.has_failed |= report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then against every mutant."""
        self._items = session.items
        self._learn()
        if self.has_failed:
            return True
        for number, mutant in enumerate(self.mutants, 1):
            if not self._is_killed(mutant):
                self.survivors.append(mutant)
                where = f"{mutant.module}:{mutant.line} {mutant.function}"
                print(f"  survived {where}: {mutant.told}", file=sys.__stdout__, flush=True)
            if number % 20 == 0:
                print(f"  {number} of {len(self.mutants)}", file=sys.__stderr__, flush=True)
        return True

    def _learn(self) -> None:
        """Run every test once, and keep how long it takes and which functions it uses."""
        files = {str(ROOT / mutant.module.replace(".", "/")) + ".py" for mutant in self.mutants}
        for item, following in _in_turn(self._items):
            start = time.process_time()
            with _watching(files, self._uses[item.nodeid]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._seconds[item.nodeid] = time.process_time() - start

    def _is_killed(self, mutant: Mutant) -> bool:
        """Return whether a test fails that uses the mutant, or takes too long."""
        place = (str(ROOT / mutant.module.replace(".", "/")) + ".py", mutant.function)
        items = [item for item in self._items if place in self._uses[item.nodeid]]
        if not items:
            return False
        items.sort(key=lambda item: self._seconds[item.nodeid])
        usual = sum(self._seconds[item.nodeid] for item in items)
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            signal.alarm(int(SECONDS + SLOWER * usual))
            os._exit(self._try(mutant, items))
        status = os.waitpid(pid, 0)[1]
        return status != 0

    def _try(self, mutant: Mutant, items: list[pytest.Item]) -> int:
        """Return 1 if a test fails with the mutant in place."""
        sys.setswitchinterval(0.005)
        code = mutant.make()
        for function in _functions_of(code):
            function.__code__ = code
        for item, following in _in_turn(items):
            seconds = LEAST + SLOWER * self._seconds[item.nodeid]
            signal.setitimer(signal.ITIMER_PROF, seconds)  # ends a mutant that turns in a circle
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.has_failed:
                return 1
        return 0


def _in_turn(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    """Return every test with the one after it, for which its fixtures may be kept."""
    return zip_longest(items, items[1:])


def _functions_of(code: CodeType) -> list[FunctionType]:
    """Return the live function that a mutant changes: whoever imported it has the same one."""
    place = (code.co_filename, code.co_qualname)
    found = [
        one
        for one in gc.get_objects()
        if isinstance(one, FunctionType)
        and (one.__code__.co_filename, one.__code__.co_qualname) == place
    ]
    if not found:
        raise LookupError(f"nobody imported {code.co_qualname} of {code.co_filename}")
    return found


@contextmanager
def _watching(files: set[str], seen: set[tuple[str, str]]) -> Iterator[None]:
    """Keep which functions of some files are called, by their outermost name."""

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename in files:
            seen.add(_place(frame.f_code))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


@functools.cache
def _place(code: CodeType) -> tuple[str, str]:
    return code.co_filename, code.co_qualname.split(".<locals>")[0]


def run_part(part: str, asked: argparse.Namespace) -> None:
    """Try mutants of a part, or the n-th of m pieces of them, and print who survived."""
    (modules, tests), piece = PARTS[part], asked.piece
    found: list[Mutant] = []
    for name, only in modules.items():
        path = (ROOT / name.replace(".", "/")).with_suffix(".py")
        found += find_mutants(path, name, only)
    drawn = random.Random(asked.seed).sample(found, min(asked.most, len(found)))
    drawn.sort(key=lambda mutant: (mutant.module, mutant.line))
    runner = Runner(drawn[piece[0] - 1 :: piece[1]])
    os.chdir(ROOT)
    quiet = ["-q", "-q", "--assert=plain", "--no-cov", "-n", "0", "--show-capture=no", "--tb=no"]
    quiet += ["--hypothesis-profile=quick", "-p", "no:cacheprovider", "--timeout=0"]
    ended = pytest.main([*quiet, *(asked.tests or tests)], plugins=[runner])
    if ended != pytest.ExitCode.OK or runner.has_failed:
        sys.exit(f"the tests of {part} fail without a mutant")
    report(part, runner, len(found))


def report(part: str, runner: Runner, n_possible: int) -> None:
    """Print how many were killed, in all and by module."""
    alive = Counter(mutant.module for mutant in runner.survivors)
    for module, count in Counter(mutant.module for mutant in runner.mutants).items():
        print(f"  {module}: {count - alive[module]} of {count} killed")
    tried = len(runner.mutants)
    killed = tried - len(runner.survivors)
    print(f"{part}: {killed} of {tried} killed ({killed / tried:.1%}), of {n_possible} possible")


def main() -> None:
    """Mutate the parts that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--most", type=int, default=200, help="mutants of a part, drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tests", nargs="+", help="only these, instead of all of the part")
    parser.add_argument("--piece", type=_read_piece, default=(1, 1), help="as 2/4: one of four")
    asked = parser.parse_args()
    for part in asked.parts:
        run_part(part, asked)


def _read_piece(told: str) -> tuple[int, int]:
    number, _, pieces = told.partition("/")
    return int(number), int(pieces)


if __name__ == "__main__":
    main()

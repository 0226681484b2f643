"""Rows B22 and D17: an interrupted cell, and hostile data, in a notebook that really runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient

from tagraph.steps.calls import Question
from tests.faults.kills import Series
from tests.faults.shown import show
from tests.markup import Markup
from tests.messages_server import Body, Say, longer_wins, serving
from tests.report.payloads import PAYLOADS

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"table", "caption", "tr", "th", "td"}
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("default"),  # of the kernel's own libraries
]

PREPARE = """
import os
from pathlib import Path
from tests.faults.pool import Job, work

def finish():
    with open(os.devnull, "wb") as nowhere:
        return work(Job(Path({store!r}), {url!r}, {k}), nowhere.fileno())

os.getpid()
"""

SHOW = """
from tagraph.data import ASSISTANT, HUMAN, Bags, Sample, Samples, Turn
from tests.report.payloads import PAYLOADS
from tests.report.stores import make_store

samples = Samples.of(
    Sample(f"{n:03d}", (Turn(HUMAN, f"{text} {n}"), Turn(ASSISTANT, text * 2)), (text, "a", "b"))
    for n, text in enumerate(PAYLOADS)
)
store = make_store(list(samples), source=PAYLOADS[1])
shown = [
    samples, store.samples.load_samples(), store.tags.load_raw_bags(), store.tags.load_bags(),
    store.tags.load_tag_map(), store.groups.load_graph(), store.groups.load_communities(),
    store.groups.load_clustering(), *store.results.load_judge_cards(),
    store.results.load_selection(), store.results.load_audit(),
]
for one in shown:
    display(one)
"""


@contextmanager
def notebook_of(cells: Sequence[str]) -> Iterator[NotebookClient]:
    """Yield a notebook with a running kernel, which begins in the project's folder."""
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=made)  # type: ignore[no-untyped-call]
    where = {"metadata": {"path": str(ROOT)}}
    kernel = AsyncKernelManager()
    client = NotebookClient(notebook, km=kernel, timeout=200, allow_errors=True, resources=where)
    try:
        with client.setup_kernel():
            yield client
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        run_sync(kernel.shutdown_kernel)(now=True)


def run_cell(client: NotebookClient, number: int) -> list[Any]:
    """Run one cell and return its outputs."""
    outputs: list[Any] = client.execute_cell(client.nb.cells[number], number).outputs
    return outputs


def test_an_interrupted_cell_leaves_a_store_that_resumes(small: Series) -> None:
    job, asked, kernel = small.job("cell.db"), list[str](), list[int]()

    def answer(body: Body, number: int) -> Say:
        asked.append(Question("compare", body, "127.0.0.1").key)
        if len(asked) == small.calls // 2:
            os.kill(kernel[0], signal.SIGINT)
        return longer_wins(body, number)

    with serving(answer) as server:
        prepare = PREPARE.format(store=str(job.store), url=server.url, k=job.k)
        with notebook_of([prepare, "finish()", "finish()"]) as client:
            kernel.append(int(run_cell(client, 0)[0].data["text/plain"]))
            stopped = run_cell(client, 1)
            n_before = len(asked)
            done = run_cell(client, 2)

    assert [output.ename for output in stopped if output.output_type == "error"] == [
        "KeyboardInterrupt"
    ]
    assert small.calls // 2 <= n_before < small.calls
    assert done[-1].data["text/plain"] == repr(small.expected)
    assert len(asked) == len(set(asked)) == small.calls
    told = f"a cell interrupted after {small.calls // 2} of {small.calls} requests"
    again = len(asked) - len(set(asked))
    show("B22 cell", f"{told}: the next one gives the same bytes, {again} asked again")


def test_a_notebook_on_hostile_data_shows_escaped_tables_only() -> None:
    with notebook_of([SHOW]) as client:
        outputs = run_cell(client, 0)

    assert [output for output in outputs if output.output_type == "error"] == []
    tables = [
        output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})
    ]
    elements = [one for table in tables for one in Markup(table).elements]
    foreign = [one for one in elements if one[0] not in PLAIN or one[1]]
    assert len(tables) > 8
    assert any(PAYLOADS[0][:8] in text for table in tables for text in Markup(table).texts)
    assert foreign == []
    told = f"{len(PAYLOADS)} payloads, {len(tables)} results shown in {len(elements):,} elements"
    show("D17 run", f"{told}: {len(foreign)} of them foreign or with an attribute")

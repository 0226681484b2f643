"""Rows E3 and E5: another order of the rows, another process; `make faults` tries twenty."""

from __future__ import annotations

from tagraph.config import Config
from tests.faults.orders import QUICK, count_selections, find_partitions
from tests.faults.shown import show

ORDERS, PROCESSES = 3, 1


def test_rows_in_any_order_give_the_same_selection() -> None:
    same = count_selections(ORDERS, Config().changed(QUICK, "a test"))

    assert same == ORDERS
    show("E3", f"{same} of {ORDERS} orders of the rows, some of them twice: the same bytes")


def test_orders_and_processes_give_one_partition() -> None:
    found = find_partitions(ORDERS, PROCESSES)

    assert len(found) == 1, found
    told = f"{ORDERS} orders of rows, nodes and edges, {PROCESSES} other process"
    show("E5 order", f"{told}: {len(found)} partition")

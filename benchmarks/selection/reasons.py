"""Whether reasons are true: every number in them against plain SQL on the store.

    python -m benchmarks.selection.reasons STORE [--rows 200]

For as many selected rows, drawn at random: rank, size of the cluster, quota, strength and error,
comparisons won and lost, chance of membership (the bar found by another method from strengths read
by SQL), the best one left out and the gap to it, and the tags. For as many samples not selected,
what `tagraph explain` says of them. Prints how many numbers were checked, and each that is wrong.
"""

from __future__ import annotations

import argparse
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scipy.optimize import brentq

from tagraph import open_store
from tagraph.pipeline.selecting import load_pool
from tagraph.stages.selection import SelectionOptions
from tagraph.steps.explain import explain_sample
from tagraph.store import Store

_REASON = re.compile(
    r"(?:(?P<rank>[\d,]+)(?:st|nd|rd|th) )?(?:best of (?P<size>[\d,]+)|the only sample) in .*?,"
    r" quota (?P<quota>[\d,]+).*?\(strength (?P<strength>[-+][\d.]+) ± (?P<error>[\d.]+)"
    r"(?:, belongs in with chance (?P<chance>[\d.]+))?, (?P<won>[\d,]+) won,"
    r" (?P<lost>[\d,]+) lost\)"
    r"(?:; ahead of rejected (?P<rival>[\w-]+) by (?P<gap>[\d.]+|less than 0.01))?"
)
_WON = """
SELECT count(*) AS n FROM pairings p JOIN comparisons c ON c.key = p.comparison
WHERE (p.first = :row AND c.outcome = :first) OR (p.second = :row AND c.outcome = :second)"""
_RIVAL = """
SELECT s.id, r.strength FROM scores r JOIN samples s ON s.position = r.sample
JOIN sample_clusters c ON c.sample = r.sample AND c.is_primary
WHERE c.cluster = ? AND r.sample NOT IN (SELECT sample FROM selections)
AND r.sample NOT IN (SELECT sample FROM withheld)
ORDER BY r.n_comparisons = 0, round(r.strength, 9) DESC, s.id LIMIT 1"""


class Checker:
    """Counts what was checked and keeps what was wrong."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ranking = {row["sample_id"]: row for row in store.query("SELECT * FROM v_ranking")}
        self.selection = store.results.load_selection()
        self.pool = load_pool(store, SelectionOptions(self.selection.policy))
        self.checked = 0
        self.wrong: list[str] = []

    def one(self, sql: str, parameters: Any) -> dict[str, Any]:
        """Return the one row of a query."""
        return self.store.query(sql, parameters)[0]

    def same(self, key: str, name: str, told: object, found: object) -> None:
        """Note whether a number of a reason is that of the store."""
        self.checked += 1
        if told != found:
            self.wrong.append(f"{key}: {name} is told as {told}, found {found}")

    def check_selected(self, row: int) -> None:
        """Check the reason of one selected sample, by position in the pool."""
        kept = self.one(
            "SELECT e.*, s.id, v.tags FROM selections e JOIN samples s ON s.position = e.sample"
            " JOIN v_samples v ON v.id = s.id WHERE e.sample = ?",
            [row],
        )
        told = _REASON.match(kept["reason"])
        if told is None:
            self.wrong.append(f"{kept['id']}: cannot read {kept['reason']!r}")
            return
        for name, value in self.find(row, kept).items():
            said = told[name]
            self.same(kept["id"], name, None if said is None else said.replace(",", ""), value)
        _, named, tags = kept["reason"].rpartition("; tags: ")
        self.same(kept["id"], "tags", bool(named), kept["tags"] is not None)
        for tag in tags.split(", ") if named else ():
            self.same(kept["id"], "tag", tag.rstrip("…") in kept["tags"], True)

    def find(self, row: int, kept: dict[str, Any]) -> dict[str, str | None]:
        """Return what the store says of one selected sample, as it should be written."""
        cluster = kept["cluster"]
        score = self.one("SELECT * FROM scores WHERE sample = ?", [row])
        rank = self.ranking[kept["id"]]["rank"]
        size = "SELECT count(*) AS n FROM sample_clusters WHERE cluster = ? AND is_primary"
        quota = "SELECT count(*) AS n FROM selections WHERE cluster = ?"
        rivals = self.store.query(_RIVAL, [cluster])
        n = self.one(size, [cluster])["n"]
        return {
            "rank": None if rank == 1 else str(rank),
            "size": None if n == 1 else str(n),
            "quota": str(self.one(quota, [cluster])["n"]),
            "strength": f"{score['strength']:+.2f}",
            "error": f"{score['standard_error']:.2f}",
            "won": str(self.one(_WON, {"row": row, "first": "first", "second": "second"})["n"]),
            "lost": str(self.one(_WON, {"row": row, "first": "second", "second": "first"})["n"]),
            "chance": f"{self.find_chance(cluster, score):.2f}",
            **tell_rival(rivals, score["strength"]),
        }

    def find_chance(self, cluster: int, score: dict[str, Any]) -> float:
        """Return the chance of a place, with the bar found by Brent's method."""
        members = self.store.query(
            "SELECT r.strength AS s, r.standard_error AS e FROM scores r JOIN sample_clusters c"
            " ON c.sample = r.sample AND c.is_primary WHERE c.cluster = ? AND r.n_comparisons > 0"
            " AND r.sample NOT IN (SELECT sample FROM withheld)",
            [cluster],
        )
        quota = self.one("SELECT count(*) AS n FROM selections WHERE cluster = ?", [cluster])["n"]
        if quota >= len(members):
            return 1.0

        def over(bar: float) -> float:
            return math.fsum(above((m["s"] - bar) / m["e"]) for m in members) - float(quota)

        bar = float(brentq(over, -100, 100, xtol=1e-12))
        return above((score["strength"] - bar) / score["standard_error"])

    def check_rejected(self, key: str) -> None:
        """Check what is said of one sample that is not selected."""
        told = explain_sample(self.pool, self.selection, key)
        found = self.ranking[key]
        held = self.store.query("SELECT * FROM v_withheld WHERE sample_id = ?", [key])
        self.same(key, "rank", told.rank, found["rank"])
        self.same(key, "strength", told.strength, found["strength"])
        self.same(key, "cluster", told.cluster, found["cluster_name"])
        self.same(key, "withheld", told.rule.startswith("near-duplicate"), bool(held))
        if held:
            self.same(key, "twin", told.rival, held[0]["twin_id"])
            return
        taken = [
            row
            for row in self.ranking.values()
            if row["cluster"] == found["cluster"] and row["is_selected"]
        ]
        if taken:
            last = max(taken, key=lambda row: int(row["rank"]))
            self.same(key, "last taken", told.rival, last["sample_id"])
            gap = f"by {abs(last['strength'] - found['strength']):.2f}"
            self.same(key, "gap", told.reason.endswith(gap), True)


def above(z: float) -> float:
    """Return the share of a standard Gaussian below z."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def tell_rival(rivals: list[dict[str, Any]], strength: float) -> dict[str, str | None]:
    """Return name and gap of the best one left out, as they should be written."""
    if not rivals or strength <= rivals[0]["strength"]:
        return {"rival": None, "gap": None}
    gap = strength - rivals[0]["strength"]
    return {"rival": rivals[0]["id"], "gap": f"{gap:.2f}" if gap >= 0.01 else "less than 0.01"}


def check_store(store: Store, rows: int, seed: int = 0) -> Checker:
    """Check so many selected and rejected samples, drawn at random."""
    checker, draw = Checker(store), random.Random(seed)
    selected = [row["sample"] for row in store.query("SELECT sample FROM selections")]
    rejected = list(_list_rejected(store))
    for row in draw.sample(selected, min(rows, len(selected))):
        checker.check_selected(row)
    for key in draw.sample(rejected, min(rows, len(rejected))):
        checker.check_rejected(key)
    return checker


def _list_rejected(store: Store) -> Iterator[str]:
    for row in store.query("SELECT sample_id FROM v_ranking WHERE NOT is_selected"):
        yield row["sample_id"]


def main() -> None:
    """Check a store of the policy `equal` and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    asked = parser.parse_args()
    with open_store(asked.store) as store:
        found = check_store(store, asked.rows)
    print(f"{found.checked:,} facts checked, {len(found.wrong)} wrong")
    for line in found.wrong[:20]:
        print(f"  {line}")


if __name__ == "__main__":
    main()

"""Sample texts for a report: the ones it wants most, as many as fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tagraph.data import Sample
from tagraph.report.findings import Findings
from tagraph.report.options import ReportOptions
from tagraph.report.rows import rounded

_BATCH = 500
_TAGS = 8
_WIDTH = 80


class Texts:
    """The samples that a report names, in the order of how much it wants their texts."""

    def __init__(self, findings: Findings, options: ReportOptions) -> None:
        self._findings, self._options = findings, options
        self._wanted: dict[int, None] = {}

    def want(self, positions: Iterable[int]) -> None:
        """Ask for samples by their position in the pool, the most wanted first."""
        self._wanted.update(dict.fromkeys(int(p) for p in positions if p >= 0))

    def collect(self) -> dict[str, list[Any]]:
        """Return the samples as columns; texts stop where the budget does, ids go on."""
        wanted, left = list(self._wanted), self._options.text_bytes
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            if left <= 0:
                break
            for sample in self._findings.samples.take(batch):
                row = self._cut(sample)
                left -= sum(len(part.encode()) for part in row[:2])
                rows.append(row if left > 0 else (None, None, 0, 0))
        rows += [(None, None, 0, 0)] * (len(wanted) - len(rows))
        names = ("query", "response", "query_length", "response_length")
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        texts = {name: list(column) for name, column in zip(names, columns, strict=True)}
        return texts | self._facts(wanted)

    def _cut(self, sample: Sample) -> tuple[str, str, int, int]:
        query, response, limit = sample.query, sample.response, self._options.excerpt
        return query[:limit], response[:limit], len(query), len(response)

    def _facts(self, wanted: Sequence[int]) -> dict[str, list[Any]]:
        """Return what is known of the samples besides their texts."""
        found = self._findings
        ranking, tags = found.ranking, found.tags
        error = ranking.standard_error[wanted] if ranking else [float("nan")] * len(wanted)
        return {
            "at": list(wanted),
            "id": [found.samples.ids[i] for i in wanted],
            "cluster": found.cluster[wanted].tolist(),
            "strength": rounded(found.strength[wanted]),
            "error": rounded(error),
            "selected": [int(chosen) for chosen in found.is_selected[wanted]],
            "tags": [[t[:_WIDTH] for t in tags[i][:_TAGS]] if tags else [] for i in wanted],
        }

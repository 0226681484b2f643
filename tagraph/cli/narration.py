"""What people read while a run goes on: one line per step on standard error, never on output."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from tagraph.pipeline import Event
from tagraph.steps.judge_card import JudgeCard
from tagraph.text import escape_terminal, shorten

QUIET_SECONDS = 30  # longest silence where there is no terminal to draw on

_HEADLINES = {
    "ingest": "{samples:,} samples, {set_aside:,} records set aside, {unusable_tags:,} without"
    " their unusable tags; {evidence}",
    "tag": "{raw_tags:,} raw tags, {per_sample} per sample, {without_tags:,} samples without",
    "normalize": "{raw_tags:,} raw tags -> {canonical_tags:,} canonical, {merges:,} merges",
    "graph": "{tags:,} tags, {edges:,} edges, {isolated_tags:,} tags on their own",
    "cluster": "{communities:,} communities of tags; {clusters:,} clusters of {smallest:,} to"
    " {largest:,} samples",
    "compare": "{calls:,} comparisons by {judge}, {ties:.0%} ties, {no_verdict:,} without verdict",
    "rank": "strengths from {verdicts:,} verdicts, {never_compared:,} samples never compared",
    "select": "{selected:,} samples by policy '{policy}', {withheld:,} withheld",
}


class Narrator:
    """Tells each event of a run on standard error, once."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._started = self._spoken = time.monotonic()
        self._counts = False

    def __call__(self, event: Event) -> None:
        """Tell one event."""
        if event.state == "started":
            self._started = self._spoken = time.monotonic()
            self._counts = False
            self._draw(f"{event.step:<10} ...")
        elif event.state == "working":
            if line := self._count(event):
                self._tell_progress(line)
        elif event.state == "waiting":
            self._tell_wait(event)
        else:
            took = "kept" if event.state == "kept" else f"{event.seconds:.1f} s"
            self.say(f"{event.step:<10} {describe(event.step, event.summary)} [{took}]")
            for line in list_details(event.summary):
                self.say(f"{'':<10} {line}")

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks on: the lines go to a terminal, and into no log."""
        return self._live

    def say(self, line: str) -> None:
        """Print a line for people."""
        if not self._quiet:
            clear = "\r\x1b[K" if self._live else ""
            click.echo(clear + escape_terminal(line), err=True)

    def _count(self, event: Event) -> str:
        """Return how far a step is, or how long it has taken if it cannot count its work."""
        if not event.total:
            return "" if self._counts else f"{event.step:<10} at work for {event.seconds:.0f} s"
        self._counts = True
        rate = event.done / max(time.monotonic() - self._started, 1e-3)
        left = max(0, event.total - event.done) / max(rate, 1e-3)
        return (
            f"{event.step:<10} {event.done:,} of at most {event.total:,},"
            f" {rate:,.0f} a second, {left:.0f} s left"
            f"{f', ${event.dollars:.4f}' if event.dollars else ''}"
        )

    def _tell_progress(self, line: str) -> None:
        now = time.monotonic()
        if self._live:
            self._draw(line)
        elif now - self._spoken > QUIET_SECONDS:
            self._spoken = now
            self.say(line)

    def _tell_wait(self, event: Event) -> None:
        """Tell why nothing happens; who asks for it keeps the pace."""
        line = f"{event.step:<10} {event.note}"
        self._spoken = time.monotonic()
        if self._live:
            self._draw(line)
        else:
            self.say(line)

    def _draw(self, line: str) -> None:
        """Draw a line that the next one replaces, where there is a terminal."""
        if self._live:
            click.echo(f"\r\x1b[K{escape_terminal(shorten(line, 78))}", err=True, nl=False)


def describe(step: str, summary: Mapping[str, Any]) -> str:
    """Return what a step found as a phrase."""
    unknown = summary.get("unknown_overrides", ())
    more = f"; overrides of {len(unknown):,} tags the data lacks" if unknown else ""
    return _HEADLINES[step].format_map(summary) + more


def list_details(summary: Mapping[str, Any]) -> list[str]:
    """Return what else there is to say of a step: growth, the cascade, the card of each judge."""
    lines = list(summary.get("growth", ()))
    lines += [_CASCADE.format_map(summary["cascade"])] if "cascade" in summary else []
    if summary.get("set_aside_samples"):
        lines.append(f"asked no more, nothing could be judged: {summary['set_aside_samples']}")
    for told in summary.get("judges", ()):
        lines += JudgeCard.of(told).lines()
    lines += [_tell_flags(summary)] if summary.get("flagged") else []
    return lines


def _tell_flags(summary: Mapping[str, Any]) -> str:
    """Return how many samples seem to talk to a judge, and how they fared."""
    line = f"{summary['flagged']:,} samples seem to talk to a judge (v_flags)"
    if "flagged_won" not in summary:
        return line
    return f"{line}; they won {summary['flagged_won']:.0%} of {summary['flagged_compared']:,}"


_CASCADE = (
    "second judge {second_judge}: {calls:,} comparisons on {open:,} samples that the first left"
    " open, {saved_calls:,} saved; {changed:,} samples are in because of it"
)

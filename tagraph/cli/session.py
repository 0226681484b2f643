"""What a command needs around a step: the store, the options, and a record of what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

from tagraph.cli.narration import Narrator
from tagraph.cli.options import make_config
from tagraph.cli.telling import tell_json
from tagraph.pipeline import Event, Pipeline
from tagraph.store import open_store


@dataclass
class Recorder:
    """Keeps what every step found while the narrator tells it."""

    narrator: Narrator
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Keep the end of a step, and pass every event on."""
        if event.state in ("finished", "kept"):
            self.steps[event.step] = {
                "kept": event.state == "kept",
                "seconds": round(event.seconds, 3),
                **event.summary,
            }
        self.narrator(event)


@contextmanager
def running(flags: dict[str, Any]) -> Iterator[Pipeline]:
    """Open the store that the flags name for one step, and print what it found if asked.

    Raises:
        UsageError: No store was named.
    """
    store, config = flags.pop("store"), flags.pop("config")
    as_json, quiet = flags.pop("as_json"), flags.pop("quiet")
    if store is None:
        raise click.UsageError("name the store of this run with --store FILE")
    settings = make_config(config, flags)
    narrator = Narrator(quiet=quiet)
    recorder = Recorder(narrator)
    with open_store(store, tell=narrator.say) as opened, opened.claimed():
        yield Pipeline(opened, settings, recorder)
    if as_json:
        tell_json(recorder.steps)

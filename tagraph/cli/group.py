"""The `tagraph` command: every command it has, in the order help shows them."""

from __future__ import annotations

import click

import tagraph
from tagraph.cli import (
    commands,
    completing,
    configuring,
    diff,
    explain,
    export,
    keeping,
    normalizing,
    replaying,
    report,
    reviewing,
)
from tagraph.cli.options import examples


class InOrder(click.Group):
    """A group that lists its commands in the order they were added: the order of a run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, the first added first."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    epilog=examples(
        "inspect data.jsonl",
        "select data.jsonl -k 1000 -o subset.jsonl",
        "report subset.db",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(tagraph.__version__, prog_name="tagraph")
def cli() -> None:
    """Choose the few samples worth fine-tuning a language model on."""


for _command in (
    commands.select,
    commands.inspect,
    commands.ingest,
    commands.tag,
    normalizing.normalize,
    commands.graph,
    commands.cluster,
    commands.compare,
    commands.rank,
    explain.explain,
    diff.diff,
    report.report,
    replaying.replay,
    reviewing.review,
    reviewing.take,
    keeping.status,
    keeping.verify,
    export.export,
    configuring.config,
    completing.completion,
):
    cli.add_command(_command)

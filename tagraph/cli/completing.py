"""`tagraph completion`: the lines that let a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from tagraph.cli.options import examples, shared

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        "completion bash >> ~/.bashrc",
        "completion zsh >> ~/.zshrc",
        "completion fish > ~/.config/fish/completions/tagraph.fish",
    )
)
@click.argument("shell", type=click.Choice(SHELLS))
@shared("quiet")
@click.pass_context
def completion(context: click.Context, shell: str, quiet: bool) -> None:
    """Print what SHELL needs to complete the commands, options and choices of tagraph."""
    program = context.find_root()
    make = get_completion_class(shell)
    if make is not None:
        name = program.info_name or "tagraph"
        click.echo(make(program.command, {}, name, "_TAGRAPH_COMPLETE").source())

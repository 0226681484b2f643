"""The entry point: errors become one line and an exit code."""

from __future__ import annotations

import sys

import click

from tagraph.cli.group import cli
from tagraph.errors import (
    BudgetReachedError,
    JudgeError,
    OptionsError,
    PartialResultError,
    PendingError,
    TagraphError,
)
from tagraph.text import escape_terminal

DONE, ERROR, USAGE, PARTIAL, BUDGET, INTERRUPTED = 0, 1, 2, 3, 4, 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with one of the codes above."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    try:
        cli.main(arguments, prog_name="tagraph", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OptionsError as error:
        return _tell(error, USAGE)
    except (JudgeError, PartialResultError, PendingError) as error:
        return _tell(error, PARTIAL)
    except BudgetReachedError as error:
        return _tell(error, BUDGET)
    except TagraphError as error:
        return _tell(error, ERROR)
    except OSError as error:
        return _tell(TagraphError(f"cannot write to standard output: {error.strerror}"), ERROR)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nstopped; run the same command again to continue", err=True)
        return INTERRUPTED
    return DONE


def _tell(error: TagraphError, code: int) -> int:
    click.echo(f"tagraph: {escape_terminal(str(error))}", err=True)
    return code

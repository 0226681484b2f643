"""The command line: parse, call, print."""

from tagraph.cli.entry import main

__all__ = ["main"]

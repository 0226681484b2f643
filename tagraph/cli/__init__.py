"""The command line: parse, call, print."""

from tagraph.cli.main import main

__all__ = ["main"]

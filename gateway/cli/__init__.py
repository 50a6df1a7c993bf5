"""The command line, ``spe-gateway``: one file for each command."""

from gateway.cli.program import main

__all__ = ["main"]

"""What ends a command of the command line, and the statuses that say so."""

from typing import Final

FAILED: Final = 1
"""What was asked for was not done."""

INTERRUPTED: Final = 130
"""Ctrl-C, as shells have it: 128 and the number of the signal."""


class Failure(Exception):
    """The command did not do what it was asked; printed as one line.

    Attributes:
        status: what the program exits with.
    """

    status = FAILED

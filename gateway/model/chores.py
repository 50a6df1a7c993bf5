"""What is done again and again."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """Something to be done again and again, by whichever process comes first in each period.

    Attributes:
        name: in the log, and of the turn.
        seconds: between two times.
        run: does it once; what it raises is logged, and it is tried again.
        everywhere: done by every process, since each host has a file of its own.
    """

    name: str
    seconds: float
    run: Callable[[], None]
    everywhere: bool = False

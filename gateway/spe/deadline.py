"""One deadline for the whole of a call.

The time-outs of sockets, and so those of requests, hold for each operation: a server
that drips one byte at a time is never too late. Here every operation gets what is left
of the call. A call runs in one thread, which is what a context variable follows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Final

_ends_at: Final[ContextVar[float]] = ContextVar("ends_at")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Gives the block a deadline, counted from now."""
    outer = _ends_at.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(outer)


def remaining() -> float:
    """The seconds left.

    Raises:
        TimeoutError: none are.
        LookupError: nobody set a deadline; a bug of ours.
    """
    seconds = _ends_at.get() - monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline of the call has passed")
    return seconds

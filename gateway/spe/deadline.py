"""One deadline for the whole of a call, and one for whoever waits for it.

The time-outs of sockets, and so those of requests, hold for each operation: a server
that drips one byte at a time is never too late. Here every operation gets what is left
of the call. A call runs in one thread, which is what a context variable follows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from threading import local
from time import monotonic
from typing import Final

_ends_at: Final[ContextVar[float]] = ContextVar("ends_at")


class _Spared(local):
    """Until when a thread is spared; of the thread alone, whatever context is handed on."""

    end = inf


_spared: Final = _Spared()


class Outlasted(Exception):
    """A read takes longer than its thread can be spared; it is begun again where it may last."""

    code = "OUTLASTED"


@contextmanager
def sparing(seconds: float) -> Iterator[None]:
    """Gives the thread so long for all calls of the block, whatever deadline each of them has.

    Raises:
        Outlasted: a call has been given up; nothing is said of the deployment by that.
    """
    outer, _spared.end = _spared.end, min(_spared.end, monotonic() + seconds)
    try:
        yield
    finally:
        _spared.end = outer


def is_outlasted() -> bool:
    """Whether the thread is needed elsewhere by now."""
    return monotonic() >= _spared.end


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Gives the block a deadline, counted from now."""
    outer = _ends_at.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(outer)


def remaining() -> float:
    """The seconds left, to the call or to the thread.

    Raises:
        TimeoutError: none are.
        LookupError: nobody set a deadline; a bug of ours.
    """
    seconds = min(_ends_at.get(), _spared.end) - monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline of the call has passed")
    return seconds

"""Waiting for the signal that ends a process, so that none gets lost."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ending_signals() -> Iterator[Callable[[], None]]:
    """Take SIGTERM and SIGINT from now on; yield what waits for the first of them, in any thread.

    A handler in Python runs only when the main thread gets to it, and a lock that it has just
    begun to wait for keeps it from that. The interpreter's wake-up descriptor is written at once.
    """
    bell, rope = socket.socketpair()
    with bell, rope:
        rope.settimeout(0)
        signal.set_wakeup_fd(rope.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        try:
            yield lambda: _ring(bell)
        finally:
            signal.set_wakeup_fd(-1)


def _ring(bell: socket.socket) -> None:
    bell.recv(1)

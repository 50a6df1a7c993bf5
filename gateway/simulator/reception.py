"""The threads of simulated servers: one that waits on every socket, and a few that work.

A connection without a request costs no thread, so that one process carries many deployments
whose clients keep their connections open.
"""

import selectors
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Thread
from time import monotonic

WORKERS = 512
TICK = 1.0

Task = Callable[[], None]


@dataclass(frozen=True)
class _Watch:
    """What is done once a socket can be read, and when it has been silent for too long."""

    ready: Task
    once: bool
    silent_at: float


class Reception:
    """Waits on sockets, and works on what arrives.

    Args:
        workers: how many calls are worked on at the same time; others wait in a queue.
    """

    def __init__(self, workers: int = WORKERS) -> None:
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = socket.socketpair()
        for end in (self._bell, self._rope):
            end.settimeout(0)
        self._asked: deque[Task] = deque()
        self._pool = ThreadPoolExecutor(workers, "simulator")
        self._thread = Thread(target=self._receive, name="simulator-reception")
        self._open = True
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Wait for those who work, and end; whoever listens has stopped before."""
        self._open = False
        self._ring()
        self._thread.join()
        self._pool.shutdown()
        self._selector.close()
        self._bell.close()
        self._rope.close()

    def watch(self, source: socket.socket, ready: Task) -> None:
        """Do something, in the waiting thread, whenever a socket can be read."""
        self._ask(lambda: self._register(source, _Watch(ready, once=False, silent_at=float("inf"))))

    def leave(self, source: socket.socket, done: Task) -> None:
        """Watch a socket no longer; then, in the waiting thread, do something."""

        def forget() -> None:
            if source.fileno() >= 0 and source in self._selector.get_map():
                self._selector.unregister(source)
            done()

        self._ask(forget)

    def await_data(self, source: socket.socket, work: Task, seconds: float) -> None:
        """Work, in a thread of its own, once a socket can be read; watch it no longer then.

        Args:
            source: the socket; after too long a silence it is shut down, which can be read too.
            work: what is done.
            seconds: how long a silence is allowed.
        """
        seen = _Watch(lambda: self._work(work), once=True, silent_at=monotonic() + seconds)
        self._ask(lambda: self._register(source, seen))

    def _work(self, work: Task) -> None:
        if self._open:
            self._pool.submit(work)

    def _ask(self, task: Task) -> None:
        self._asked.append(task)
        self._ring()

    def _ring(self) -> None:
        try:
            self._rope.send(b"!")
        except BlockingIOError:
            return  # it rings already

    def _register(self, source: socket.socket, watch: _Watch) -> None:
        if source.fileno() >= 0:
            self._selector.register(source, selectors.EVENT_READ, watch)

    def _receive(self) -> None:
        sweep = monotonic() + TICK
        while self._open:
            for key, _ in self._selector.select(TICK):
                self._answer(key)
            while self._asked:
                self._asked.popleft()()
            if monotonic() >= sweep:
                self._shut_silent()
                sweep = monotonic() + TICK

    def _answer(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._bell.recv(4096)
            return
        if key.data.once:
            self._selector.unregister(key.fileobj)
        key.data.ready()

    def _shut_silent(self) -> None:
        now = monotonic()
        for key in list(self._selector.get_map().values()):
            if key.data is not None and key.data.silent_at <= now:
                shut(key.fileobj)


def shut(connection: object) -> None:
    """End both directions of a connection; whoever reads it reaches its end."""
    if isinstance(connection, socket.socket):
        try:
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS's own: others use it
        except OSError:
            return

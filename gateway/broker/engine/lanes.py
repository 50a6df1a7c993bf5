"""Threads for calls, in lanes: a deployment that hangs fills its own lane and no other.

The threads are shared; each lane uses a few of them at once and queues the rest (law 8).
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import structlog

Task = Callable[[], None]

WIDTH: Final = 8
"""Calls to one deployment at once; as many as its pool keeps connections."""
STOCK = 4
"""How many tasks for each place in a lane may wait before others had better do them."""

log = structlog.get_logger()


class Lanes:
    """Runs tasks, each in the lane of its deployment.

    Args:
        threads: for all lanes together.
        width: of one lane: how many of its tasks run at once.
    """

    def __init__(self, threads: int, width: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="lane")
        self._width = width
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[Task]] = {}
        self._lock = Lock()

    def submit(self, lane: str, task: Task) -> None:
        """Run a task as soon as its lane has room, in the order of submission."""
        with self._lock:
            if self._running.get(lane, 0) >= self._width:
                self._waiting.setdefault(lane, deque()).append(task)
                return
            self._running[lane] = self._running.get(lane, 0) + 1
        self._executor.submit(self._run, lane, task)

    def has_room(self, lane: str) -> bool:
        """Whether a lane has so little to do that more may be taken on for it."""
        with self._lock:
            return len(self._waiting.get(lane, ())) < self._width * STOCK

    def _run(self, lane: str, task: Task) -> None:
        following: Task | None = task
        while following is not None:
            try:
                following()
            except Exception:  # a lane must not stop for one task
                log.exception("lane.task_crashed", lane=lane)
            following = self._next(lane)

    def _next(self, lane: str) -> Task | None:
        with self._lock:
            queue = self._waiting.get(lane)
            if queue:
                return queue.popleft()
            self._waiting.pop(lane, None)
            self._running[lane] -= 1
            if not self._running[lane]:
                del self._running[lane]
            return None

    def close(self) -> None:
        """Let the tasks under way end; forget those that wait, which are in the ledger."""
        with self._lock:
            self._waiting.clear()
        self._executor.shutdown(wait=True, cancel_futures=True)

"""Threads for calls, in lanes: a deployment that hangs fills its own lane and no other.

The threads are shared; each lane uses a few of them at once and queues the rest (law 8). Who is
next is decided when a thread is free, not before, so that whoever comes late has a turn as well.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Lock
from typing import Final

import structlog

from gateway.broker.engine.rota import Rota
from gateway.model import Share, Urgency

Task = Callable[[], None]

WIDTH: Final = 8
"""Calls to one deployment at once; as many as its pool keeps connections."""
STOCK = 4
"""How many tasks of a share for each place in a lane may wait before others had better do them."""

log = structlog.get_logger()


class Lane:
    """One deployment's: what waits, and how many threads look after it.

    Args:
        width: how many at most.
    """

    def __init__(self, width: int) -> None:
        self.rota: Rota[Task] = Rota(width)
        self.threads = 0


class Lanes:
    """Runs tasks, each in the lane of its deployment.

    Args:
        threads: for all lanes together.
        width: of one lane: how many of its tasks run at once.
    """

    def __init__(self, threads: int, width: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="lane")
        self._width = width
        self._lanes: dict[str, Lane] = {}
        self._lock = Lock()
        self._is_closed = False

    def submit(self, share: Share, task: Task) -> None:
        """Run a task as soon as its lane has room and its share the turn.

        It is run in the context of whoever submits it, so that its log and its trace are theirs.
        """
        with self._lock:
            lane = self._lanes.setdefault(share.deployment, Lane(self._width))
            lane.rota.put(share, partial(copy_context().run, task))
            if lane.threads < self._width:
                lane.threads += 1
                self._executor.submit(self._serve, share.deployment)

    def run_at_once(self, share: Share, task: Task) -> bool:
        """Run a task in the thread of whoever asks, in a place of its lane that is free anyway.

        Nobody is passed over: where anything waits, the task has to wait as well.

        Returns:
            False where it would have to wait; it was not run then.
        """
        with self._lock:
            if not self._begin(share):
                return False
        try:
            copy_context().run(task)
        finally:
            self._end(share.deployment, share.urgency)
        return True

    def _begin(self, share: Share) -> bool:
        if self._is_closed:
            return False
        lane = self._lanes.get(share.deployment) or Lane(self._width)
        if lane.threads >= self._width or not lane.rota.begin(share.urgency):
            return False
        lane.threads += 1
        self._lanes[share.deployment] = lane
        return True

    def has_room(self, share: Share) -> bool:
        """Whether so little of a share waits that more may be taken on for it."""
        with self._lock:
            lane = self._lanes.get(share.deployment)
            return lane is None or lane.rota.count(share) < self._width * STOCK

    def _serve(self, deployment: str) -> None:
        """Run one task, and let other lanes have the thread before the next."""
        with self._lock:
            lane = self._lanes[deployment]
            taken = None if self._is_closed else lane.rota.take()
            if taken is None:
                self._retire(deployment, lane)
                return
        urgency, task = taken
        try:
            task()
        except Exception:  # a lane must not stop for one task
            log.exception("lane.task_crashed", lane=deployment)
        self._end(deployment, urgency)

    def _end(self, deployment: str, urgency: Urgency) -> None:
        """Give a place back, and its thread to whoever waits in the lane."""
        with self._lock:
            lane = self._lanes[deployment]
            lane.rota.leave(urgency)
            if lane.rota.is_wanted and not self._is_closed:
                self._executor.submit(self._serve, deployment)
            else:
                self._retire(deployment, lane)

    def _retire(self, deployment: str, lane: Lane) -> None:
        lane.threads -= 1
        if not lane.threads and lane.rota.is_idle:
            del self._lanes[deployment]

    def load(self) -> tuple[int, int]:
        """Return how many tasks run, and how many wait for their turn."""
        with self._lock:
            rotas = [lane.rota for lane in self._lanes.values()]
            return sum(each.busy for each in rotas), sum(each.waiting for each in rotas)

    def close(self) -> None:
        """Let the tasks under way end; forget those that wait, which are in the ledger."""
        with self._lock:
            self._is_closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)

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


class Waiting:
    """A task that waits for its turn; it keeps its place, whoever is to run it.

    Args:
        task: runs in the context of whoever submits it, so that its log and its trace are theirs.
    """

    def __init__(self, task: Task) -> None:
        self.task: Task = partial(copy_context().run, task)
        self._gate: Lock | None = None

    def attend(self) -> None:
        """Let a thread wait for the turn, to run the task itself."""
        self._gate = Lock()
        self._gate.acquire()

    @property
    def is_attended(self) -> bool:
        """Whether a thread waits for the turn."""
        return self._gate is not None

    def call(self) -> None:
        """Tell the thread that waits that the turn has come."""
        if self._gate is not None:
            self._gate.release()

    def has_come(self, seconds: float) -> bool:
        """Wait for the turn for so long at most; return whether it has come."""
        return self._gate is not None and self._gate.acquire(timeout=seconds)

    def leave(self) -> None:
        """Leave the task to the lane's threads."""
        self._gate = None


class Lane:
    """One deployment's: what waits, and how many threads look after it.

    Args:
        width: how many at most.
    """

    def __init__(self, width: int) -> None:
        self.rota: Rota[Waiting] = Rota(width)
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
        """Run a task as soon as its lane has room and its share the turn."""
        with self._lock:
            self._queue(share, Waiting(task))

    def _queue(self, share: Share, waiting: Waiting) -> None:
        lane = self._lanes.setdefault(share.deployment, Lane(self._width))
        lane.rota.put(share, waiting)
        if lane.threads < self._width:
            lane.threads += 1
            self._executor.submit(self._serve, share.deployment)

    def run_here(self, share: Share, task: Task, patience: float) -> bool:
        """Run a task in the thread of whoever asks, when its turn has come.

        Args:
            share: whose turn it has to be; nobody is passed over.
            task: what is run.
            patience: seconds that the thread waits for the turn at most.

        Returns:
            False where the turn has not come: the lane's threads run the task when it does.
        """
        waiting = Waiting(task)
        with self._lock:
            has_begun = self._begin(share)
            if not has_begun:
                waiting.attend()
                self._queue(share, waiting)
        if not has_begun and not self._is_called(waiting, patience):
            return False
        try:
            waiting.task()
        finally:
            self._end(share.deployment, share.urgency)
        return True

    def _is_called(self, waiting: Waiting, patience: float) -> bool:
        if waiting.has_come(patience):
            return True
        with self._lock:  # in which turns are given
            has_come = waiting.has_come(0)
            waiting.leave()
            return has_come

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
            urgency, waiting = taken
            if waiting.is_attended:
                waiting.call()
                return
        try:
            waiting.task()
        except Exception:  # a lane must not stop for one task
            log.exception("lane.task_crashed", lane=deployment)
        self._end(deployment, urgency)

    def _end(self, deployment: str, urgency: Urgency) -> None:
        """Give a place back, and hand it on to whoever is next in the lane."""
        with self._lock:
            lane = self._lanes[deployment]
            lane.rota.leave(urgency)
            following = None if self._is_closed else lane.rota.head
            if following is None:
                self._retire(deployment, lane)
            elif following.is_attended:
                lane.rota.take()
                following.call()
            else:
                self._executor.submit(self._serve, deployment)

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

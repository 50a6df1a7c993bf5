"""The tracker of one process: Celery's worker and scheduler, in threads.

It is the same inside a serving process, where its queue is in memory, and in a process of its own,
of which there may be any number on one message broker.
"""

from collections.abc import Sequence
from threading import Event, Thread
from typing import Final

import structlog
from celery.beat import EmbeddedService

from gateway.broker.broker import Broker
from gateway.broker.turns import Turns
from gateway.model import Chore
from gateway.worker.application import create_application
from gateway.worker.beat import Beat
from gateway.worker.consumer import create_worker
from gateway.worker.tracking import Tracking

PATIENCE_SECONDS: Final = 5.0
"""How long the end of a worker is waited for that cannot reach its message broker."""

log = structlog.get_logger()


class Tracker:
    """Carries on what is due, also what a dead process left, and does the chores.

    Args:
        broker: has the ledger and the lanes.
        chores: what else is to be done, each in its own time.
        url: of the message broker; empty for a queue of this process alone.
    """

    def __init__(self, broker: Broker, chores: Sequence[Chore] = (), url: str = "") -> None:
        tracking = Tracking(broker, chores, Turns(broker.database))
        self._app = create_application(url, tracking)
        self._ready = Event()
        self._worker = create_worker(self._app, lambda _consumer: self._ready.set())
        self._thread = Thread(target=self._run, name="tracker", daemon=True)
        self._beat = EmbeddedService(self._app, thread=True, scheduler_cls=Beat)

    def start(self) -> None:
        """Begin; after the fork, since threads do not survive one."""
        self._thread.start()
        self._beat.start()

    def wait(self, seconds: float) -> bool:
        """Wait until messages are taken; false when they are not yet."""
        return self._ready.wait(seconds)

    def stop(self) -> None:
        """Take nothing more; tasks under way end, and what they carry on is the broker's."""
        self._beat.stop()
        if not self._worker.consumer.end():
            self._worker.stop()
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        self._app.set_current()
        self._worker.start()

"""The tracker: polls the operations whose time has come. The database is the truth.

In the embedded default it lives in the serving process; it holds no thread for an operation
that merely runs.
"""

from threading import Event, Thread
from time import monotonic

import structlog

from gateway.broker.broker import Broker
from gateway.errors import StorageUnavailable

GLANCE_SECONDS = 0.25
TIDY_SECONDS = 60.0
BATCH = 32

log = structlog.get_logger()


class Tracker:
    """Finds due operations and carries them on, also those of a process that died.

    Args:
        broker: has the ledger and the threads.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._stop = Event()
        self._thread = Thread(target=self._run, name="tracker", daemon=True)
        self._tidied = monotonic()

    def start(self) -> None:
        """Begin; after the fork, since threads do not survive one."""
        self._thread.start()

    def stop(self) -> None:
        """End after the glance under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(GLANCE_SECONDS):
            try:
                self._glance()
            except StorageUnavailable:
                log.warning("tracker.storage_unavailable")
            except Exception:  # the thread's last resort: the next glance tries again
                log.exception("tracker.crashed")

    def _take(self, operation: str) -> None:
        """Carry one on; one that cannot be read must not hold up the others."""
        try:
            claimed = self._broker.ledger.claim(operation)
        except StorageUnavailable as error:
            log.warning("tracker.not_claimed", operation=operation, detail=error.detail)
            return
        if claimed is not None:
            self._broker.carry(claimed)

    def _glance(self) -> None:
        ledger = self._broker.ledger
        for operation in ledger.due(BATCH):
            self._take(operation)
        if monotonic() - self._tidied > TIDY_SECONDS:
            self._tidied = monotonic()
            ledger.tidy()

"""The tracker: polls the operations whose time has come. The database is the truth.

In the embedded default it lives in the serving process; it holds no thread for an operation
that merely runs.
"""

from collections.abc import Sequence
from math import inf
from threading import Event, Thread
from time import monotonic

import structlog

from gateway.broker.broker import Broker
from gateway.broker.chores import Chore
from gateway.errors import StorageUnavailable

GLANCE_SECONDS = 0.25
TIDY_SECONDS = 60.0
BATCH = 32

log = structlog.get_logger()


class Tracker:
    """Finds due operations and carries them on, also those of a process that died.

    Args:
        broker: has the ledger and the threads.
        chores: what else is to be done, between two glances.
    """

    def __init__(self, broker: Broker, chores: Sequence[Chore] = ()) -> None:
        self._broker = broker
        self._chores = chores
        self._done = dict.fromkeys((chore.name for chore in chores), -inf)
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
                self._do_chores()
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

    def _do_chores(self) -> None:
        """Do what is due; one that fails holds up no other, and is tried in its time again."""
        for chore in self._chores:
            if monotonic() - self._done[chore.name] >= chore.seconds:
                self._done[chore.name] = monotonic()
                _do(chore)


def _do(chore: Chore) -> None:
    try:
        chore.run()
    except StorageUnavailable as error:
        log.warning("chore.storage_unavailable", chore=chore.name, detail=error.detail)
    except Exception:  # as for the tracker itself
        log.exception("chore.crashed", chore=chore.name)

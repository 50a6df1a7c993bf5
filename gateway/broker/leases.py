"""The leases of one process: what it holds, and how it keeps what it is carrying.

A thread renews them, all by one statement, for what is being carried at the moment, waiting in a
lane included. What crashed is not renewed, and another process takes it over. Until when a lease
lasts is reckoned by the monotonic clock from a moment before it was taken: a process that was
stopped for too long finds its leases over when it wakes, whatever the time of day says.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from time import monotonic

import structlog

from gateway.errors import StorageUnavailable
from gateway.model import Operation
from gateway.storage import operations
from gateway.storage.database import Database

BEATS = 6
"""How many times a lease is renewed before it would be over; its last part is for sending."""

log = structlog.get_logger()


class LeaseLost(Exception):
    """Somebody else carries the operation on; whatever was found out here is theirs to find."""


@dataclass(frozen=True)
class Held:
    """A lease, as this process knows it.

    Attributes:
        fence: which taking of the operation it belongs to.
        end: when it is over, by the monotonic clock.
        carried: whether it is renewed.
    """

    fence: int
    end: float
    carried: bool = False


class Leases:
    """What this process may write and send.

    Args:
        database: where the rows lie.
    """

    def __init__(self, database: Database) -> None:
        self.owner = uuid.uuid4().hex
        self._database = database
        self._held: dict[str, Held] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    @staticmethod
    def end() -> float:
        """Return when a lease that is taken from now on would be over; ask before taking it."""
        return monotonic() + operations.LEASE.total_seconds()

    def note(self, operation: Operation, end: float) -> None:
        """Note that a lease was taken or renewed."""
        with self._lock:
            known = self._held.get(operation.id)
            carried = known is not None and known.fence == operation.fence and known.carried
            self._held[operation.id] = Held(operation.fence, end, carried)

    def carry(self, operation: Operation) -> None:
        """Renew a lease from now on."""
        with self._lock:
            known = self._held.get(operation.id)
            if known is not None and known.fence == operation.fence:
                self._held[operation.id] = replace(known, carried=True)
            if self._thread is None:  # not before the fork, which no thread survives
                self._thread = Thread(target=self._beat, name="leases", daemon=True)
                self._thread.start()

    def drop(self, operation: Operation) -> None:
        """Renew a lease no more."""
        with self._lock:
            known = self._held.get(operation.id)
            if known is not None and known.fence == operation.fence:
                del self._held[operation.id]

    def carries(self, operation: str) -> bool:
        """Whether an operation is being carried here."""
        with self._lock:
            known = self._held.get(operation)
        return known is not None and known.carried

    def count(self) -> int:
        """Return how many operations are being carried here."""
        with self._lock:
            return len(self._carried())

    def require(self, operation: Operation) -> None:
        """Make sure that there is time enough to send something.

        Raises:
            LeaseLost: the lease is over, or nearly.
        """
        reserve = operations.LEASE.total_seconds() / BEATS
        with self._lock:
            known = self._held.get(operation.id)
        if known is None or known.fence != operation.fence or monotonic() > known.end - reserve:
            raise LeaseLost

    def renew(self) -> None:
        """Renew what is being carried, and forget what was lost or is over.

        Raises:
            StorageUnavailable: nothing is renewed; what is held goes on ending.
        """
        with self._lock:
            carried = self._carried()
        end = self.end()
        kept: Mapping[str, int] = {}
        if carried:
            with self._database.write() as connection:
                kept = operations.renew(connection, self.owner, carried)
        with self._lock:
            for operation, known in list(self._held.items()):
                if kept.get(operation) == known.fence:
                    self._held[operation] = replace(known, end=max(end, known.end))
                elif known.end < monotonic() and not known.carried:
                    del self._held[operation]

    def close(self) -> None:
        """Renew nothing any more, and let others have at once what is still held."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            carried = self._carried()
        if carried:
            try:
                with self._database.write() as connection:
                    operations.give_back(connection, self.owner, carried)
            except StorageUnavailable:
                log.warning("leases.not_given_back", operations=len(carried))

    def _carried(self) -> Collection[str]:
        return [operation for operation, known in self._held.items() if known.carried]

    def _beat(self) -> None:
        while not self._stop.wait(operations.LEASE.total_seconds() / BEATS):
            try:
                self.renew()
            except StorageUnavailable:
                log.warning("leases.not_renewed")
            except Exception:  # the thread's last resort: the next beat tries again
                log.exception("leases.crashed")

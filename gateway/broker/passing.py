"""Reads that leave no row behind, unless their caller stops waiting."""

from threading import Event, Lock

from gateway.broker.ledger import Ledger
from gateway.model import Operation

POLL_SECONDS = 0.2


class Passing:
    """The journal of a read: no row, unless the caller stops waiting for it.

    Args:
        ledger: where the row goes then.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self.done = Event()
        self.adopted = False

    def save(self, operation: Operation) -> None:
        """Commit progress if there is a row."""
        with self._lock:
            if self.adopted:
                self._ledger.save(operation)
            elif operation.status.is_final:
                self._ledger.pass_by(operation)
            if operation.status.is_final:
                self.done.set()

    def is_halted(self, operation: Operation) -> bool:
        """Whether it stays unsent: never, it changes nothing, and nobody can fetch the answer."""
        del operation
        return False

    def require_lease(self, operation: Operation) -> None:
        """Make sure that nobody else has the operation: nobody can, unless there is a row."""
        if self.adopted:
            self._ledger.require_lease(operation)

    def stays(self) -> bool:
        """Pause before the next poll; false once there is a row that the tracker finds."""
        self.done.wait(POLL_SECONDS)
        return not self.adopted

    def release(self, operation: Operation) -> None:
        """Let the tracker make the next poll of a row."""
        self._ledger.release(operation)

    def adopt(self, operation: Operation) -> None:
        """Make a row of a read that outlasts the wait."""
        with self._lock:
            if not self.done.is_set():
                self._ledger.open(operation)
                self._ledger.leases.carry(operation)
                self.adopted = True

"""Operations as their owners see them: listed, watched, cancelled, settled by a person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import monotonic

from gateway.broker.broker import Broker
from gateway.broker.queue_places import place_in_queue
from gateway.broker.resolution import Word, resolve
from gateway.errors import Conflict
from gateway.model import Operation, OperationStatus
from gateway.storage import operations, parts
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, permit
from gateway.tenancy.caller import Caller

Renew = Callable[[], Caller]
"""Judges the caller of a call that lasts once more; raises when it may not stay."""

GLANCE_SECONDS = 0.5
"""How long somebody waits at most before being judged once more (decision 14)."""


class Operations:
    """Operations of the caller's tree.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._database = broker.database

    def get(self, caller: Caller, operation: str, renew: Renew) -> Operation:
        """Return one that is reached, waiting for its end as long as the caller does.

        Args:
            caller: who asks.
            operation: its id.
            renew: judges the caller again and again while it waits.

        Raises:
            NotFound: absent, or another's; or out of reach by now.
            Unauthenticated: the caller was revoked while it waited.
        """
        found = self._seen(caller, operation)
        end = monotonic() + caller.wait_seconds
        ledger = self._broker.ledger
        while not found.status.is_final and (left := end - monotonic()) > 0:
            if ledger.departure.is_begun:
                break
            ledger.wait(operation, min(left, GLANCE_SECONDS))
            caller = renew()
            found = self._seen(caller, operation)
        return self._handed_out(caller, found)

    def look(self, caller: Caller, operation: str) -> Operation:
        """Return one as it stands; a one-time result stays where it is.

        Raises:
            NotFound: absent, or another's.
        """
        return _concealed(self._seen(caller, operation))

    def place_in_queue(self, found: Operation) -> int | None:
        """Return the place of one that was looked at, 1 for the next; None if it waits for none."""
        return place_in_queue(self._database, found)

    def wait(self, operation: str, seconds: float) -> None:
        """Wait for the end of one that was looked at."""
        self._broker.ledger.wait(operation, seconds)

    def resolve(self, caller: Caller, operation: str, word: Word) -> Operation:
        """Settle one that ended as unknown by a person's word.

        Raises:
            NotFound: absent, or another's.
            Conflict: it is not unknown, or it is carried out by its parts.
        """
        found = self._seen(caller, operation)
        if found.in_parts:
            raise Conflict("Settle its parts; the last one settles the whole.")
        is_open = found.status is OperationStatus.UNKNOWN
        if not is_open or not resolve(self._broker.ledger, caller, found, word):
            raise Conflict("Only an operation that ended as unknown is settled by a person.")
        return _concealed(found)

    def _seen(self, caller: Caller, operation: str) -> Operation:
        found = self._find(caller, operation)
        permit(self._database, caller, operation)
        return found

    def _handed_out(self, caller: Caller, found: Operation) -> Operation:
        """Give a one-time result to its creator, once, and to nobody else."""
        if not found.one_time:
            return found
        if found.client == caller.principal.client:
            self._broker.ledger.hand_out(found)
            return found
        return _concealed(found)

    def _find(self, caller: Caller, operation: str) -> Operation:
        vault = self._broker.ledger.vault
        with self._database.read() as connection:
            found = operations.find(connection, caller.principal.reach, operation, vault)
        if found is None:
            raise absent(self._database, caller, operation)
        return found

    def page(
        self, caller: Caller, filters: Mapping[str, str], before: str, limit: int
    ) -> Sequence[Operation]:
        """Return some, the newest first."""
        permit(self._database, caller, "operations")
        vault = self._broker.ledger.vault
        reach = caller.principal.reach
        with self._database.read() as connection:
            return operations.page(connection, reach, vault, filters, before, limit)

    def cancel(self, caller: Caller, operation: str) -> Operation:
        """Ask for the end, of all parts if it has some; what comes of it is SPE's to decide."""
        self._find(caller, operation)
        permit(self._database, caller, operation)
        with self._database.write() as connection:
            parts.hold(connection, operation)
            if operations.request_cancel(connection, operation):
                parts.cancel(connection, operation)
                audit.changed(connection, caller, operation, ["cancelRequested"])
        return _concealed(self._find(caller, operation))


def _concealed(found: Operation) -> Operation:
    """Return an operation without a one-time result, which only its creator's read hands out."""
    if not found.one_time:
        return found
    steps = [replace(step, result=None) for step in found.steps]
    return replace(found, steps=steps, one_time=False)

"""Operations as their owners see them: listed, watched, cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.broker import audit
from gateway.broker.authorise import absent, permit
from gateway.broker.broker import Broker
from gateway.broker.caller import Caller
from gateway.model import Operation
from gateway.storage import operations


class Operations:
    """Operations of the caller's tree.

    Args:
        broker: the door.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._database = broker.database

    def get(self, caller: Caller, operation: str) -> Operation:
        """Return one that is reached, waiting for its end as long as the caller does.

        Raises:
            NotFound: absent, or another's.
        """
        self._find(caller, operation)
        permit(self._database, caller, operation)
        if caller.wait_seconds:
            self._broker.ledger.wait(operation, caller.wait_seconds)
        return self._handed_out(caller, self._find(caller, operation))

    def log(self, caller: Caller, operation: str) -> str:
        """Return what SPE has logged so far; a one-time result stays where it is."""
        found = self._find(caller, operation)
        permit(self._database, caller, operation)
        return found.log

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
        """Ask for the end; what comes of it is the deployment's to decide."""
        self._find(caller, operation)
        permit(self._database, caller, operation)
        with self._database.write() as connection:
            if operations.request_cancel(connection, operation):
                audit.changed(connection, caller, operation, ["cancelRequested"])
        return _concealed(self._find(caller, operation))


def _concealed(found: Operation) -> Operation:
    """Return an operation without a one-time result, which only its creator's read hands out."""
    if not found.one_time:
        return found
    steps = [replace(step, result=None) for step in found.steps]
    return replace(found, steps=steps, one_time=False)

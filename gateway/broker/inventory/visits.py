"""When the deployments are asked for all they have: in turn, and soon after we changed something.

One process does it for all. The turns lie in the database, so that whoever carried a change out,
and whoever asks next, need not be the same.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.broker.broker import Broker
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.broker.ledger import Ending
from gateway.errors import UpstreamError
from gateway.model import Chore, Deployment, Operation
from gateway.storage import chores
from gateway.storage.appointments import Appointments

GLANCE_SECONDS: Final = 5.0
"""Between two looks at who is due."""

SOON: Final = timedelta(seconds=10)
"""After a change of ours; those that come meanwhile are seen by the same list."""

CHANGING: Final = frozenset(
    {
        "createInstance",
        "updateInstance",
        "suspendInstance",
        "resumeInstance",
        "deleteInstance",
        "undeleteInstance",
        "purgeInstance",
    }
)
"""Kinds of operations after which a deployment lists something else than before."""

_PREFIX: Final = "synchronise "

log = structlog.get_logger()


class Visits:
    """Synchronises every deployment, each at a time of its own.

    Args:
        broker: has the lanes; a deployment that hangs holds up its own only.
        synchronisation: asks and keeps.
        seconds: between two visits to a deployment; 0 for none.
    """

    def __init__(self, broker: Broker, synchronisation: Synchronisation, seconds: int) -> None:
        self._broker = broker
        self._synchronisation = synchronisation
        self._period = timedelta(seconds=seconds)
        self._appointments = Appointments(broker.database, _PREFIX, self._period)
        self._under_way: set[str] = set()
        self._lock = Lock()

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What the worker does."""
        wanted = (Chore("inventories.refresh", GLANCE_SECONDS, self.run),)
        return wanted if self._period else ()

    def run(self) -> None:
        """Set out to those that are due."""
        for deployment in self._appointments.take():
            if self._sets_out(deployment.id):
                self._broker.aside(deployment.id, partial(self._visit, deployment))

    def _sets_out(self, deployment: str) -> bool:
        """Whether nobody of this process is on the way; else its turn passes."""
        with self._lock:
            if deployment in self._under_way:
                return False
            self._under_way.add(deployment)
            return True

    def _visit(self, deployment: Deployment) -> None:
        try:
            self._synchronisation.refresh(deployment.id)
        except UpstreamError:  # it is written down, and logged; the next visit tries again
            return
        finally:
            with self._lock:
                self._under_way.discard(deployment.id)


def prompting(endings: Mapping[str, Ending]) -> dict[str, Ending]:
    """Return endings that also bring the next visit forward where a list has changed."""
    return {
        kind: partial(_end_and_prompt, ending) if kind in CHANGING else ending
        for kind, ending in endings.items()
    }


def _end_and_prompt(ending: Ending, connection: Connection, operation: Operation) -> None:
    ending(connection, operation)
    chores.hasten(connection, f"{_PREFIX}{operation.deployment}", SOON)

"""The licences of each deployment, read once an hour and kept."""

from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from gateway.billing.answers import licences_of
from gateway.billing.asking import Aside, Read
from gateway.billing.record import Answered, Record
from gateway.errors import GatewayError, StorageUnavailable
from gateway.model import Chore
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST
from gateway.storage import chores, owners
from gateway.storage.appointments import Appointments
from gateway.storage.database import Database

READ: Final = "licences.read"
"""The name of the chore."""

GLANCE_SECONDS: Final = 5.0
"""Between two looks at who is due; so much an hour gets longer at most."""

RETRIES: Final = 6
"""So many times in a period a reading is tried that fails: one lost answer makes no gap."""

_PREFIX: Final = "licences "

log = structlog.get_logger()


class Licences:
    """Reads the licences of every deployment, each at a time of its own, from one process.

    Also of those that are drained or cordoned. Those in quarantine are not called, and that is
    noted as any other failure is.

    Args:
        database: where the readings are kept.
        aside: has a thread for each deployment.
        read: asks one.
        seconds: between two readings of a deployment; 0 for none.
    """

    def __init__(self, database: Database, aside: Aside, read: Read, seconds: int) -> None:
        self._database = database
        self._aside = aside
        self._read = read
        self._period = timedelta(seconds=seconds)
        self._appointments = Appointments(database, _PREFIX, self._period)
        self._record = Record(database)

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What the worker does."""
        wanted = (Chore(READ, GLANCE_SECONDS, self.run),)
        return wanted if self._period else ()

    def run(self) -> None:
        """Set out to those that are due."""
        for deployment in self._appointments.take_any():
            self._aside(deployment.id, partial(self.read, deployment.id))

    def read(self, deployment: str) -> None:
        """Read the licences of a deployment now, and keep the answer or the problem."""
        with self._database.read() as connection:
            before = owners.on(connection, deployment)
        try:
            answer = self._read(deployment, CREATE_LICENSE_REQUEST)
            answered = Answered(answer, licences_of(answer), before)
        except StorageUnavailable:
            raise  # nothing can be noted either
        except GatewayError as error:
            self._note(deployment, error)
        else:
            self._record.keep(deployment, answered)

    def _note(self, deployment: str, error: GatewayError) -> None:
        log.warning("licences.not_read", deployment=deployment, code=error.code)
        self._record.fail(deployment, error.code)
        with self._database.write() as connection:
            chores.hasten(connection, f"{_PREFIX}{deployment}", self._period / RETRIES)

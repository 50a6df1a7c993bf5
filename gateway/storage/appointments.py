"""What is done to every deployment again and again: each has a time of its own.

The times lie in the database, so that one process does it for all.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from zlib import crc32

from gateway.model import Deployment
from gateway.storage import chores, deployments
from gateway.storage.database import Database


class Appointments:
    """The times at which deployments are visited for one purpose.

    Args:
        database: where they lie.
        prefix: of their names; the deployment's id follows.
        period: from one to the next of a deployment.
    """

    def __init__(self, database: Database, prefix: str, period: timedelta) -> None:
        self._database = database
        self._prefix = prefix
        self._period = period

    def take(self) -> Iterator[Deployment]:
        """Yield the deployments whose time has come and is nobody else's.

        Nobody goes where a certificate has to be confirmed.
        """
        return self._due(lambda each: each.quarantine is None)

    def take_any(self) -> Iterator[Deployment]:
        """Yield them likewise, also those in quarantine: for what is noted of every deployment."""
        return self._due(lambda _: True)

    def _due(self, is_visited: Callable[[Deployment], bool]) -> Iterator[Deployment]:
        with self._database.read() as connection:
            found = deployments.every(connection)
            turns = chores.turns(connection, self._prefix, self._period)
        for deployment in filter(is_visited, found):
            name = f"{self._prefix}{deployment.id}"
            if self._takes(deployment.id, name, turns.get(name)):
                yield deployment

    def _takes(self, deployment: str, name: str, due: bool | None) -> bool:  # noqa: FBT001 - what `chores` says of a turn
        """Whether it is ours now; the first time lies within the period, by the id."""
        if due is False:
            return False
        with self._database.write() as connection:
            if due:
                return chores.take(connection, name, self._period)
            first = crc32(deployment.encode()) % self._period.total_seconds()
            chores.plan(connection, name, timedelta(seconds=first))
        return False

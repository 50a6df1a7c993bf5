"""Who does for all processes what one of them has to do: whoever comes first in its period."""

from datetime import timedelta

from gateway.storage import chores
from gateway.storage.database import Database


class Turns:
    """The turns of a cluster, which lie in its database.

    Args:
        database: where they lie. SQLite is one process's own, and every turn is that one's: an
            idle gateway writes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alone = database.engine.dialect.name == "sqlite"

    def take(self, name: str, period: timedelta) -> bool:
        """Take the turn if it is due.

        Args:
            name: of what is done.
            period: until the next turn.

        Raises:
            StorageUnavailable: nobody knows whose turn it is.
        """
        if self._alone:
            return True
        with self._database.write() as connection:
            return chores.take(connection, name, period)

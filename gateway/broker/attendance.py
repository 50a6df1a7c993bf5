"""Where a client calls from, and when it was last seen."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.access.networks import admits
from gateway.access.principal import Principal
from gateway.errors import StorageUnavailable, Unauthenticated
from gateway.model import now
from gateway.storage import clients
from gateway.storage.database import Database

EVERY: Final = timedelta(minutes=1)
"""How often at most it is written that a client was seen."""

MOST: Final = 10_000
"""Of how many clients a process remembers when it saw them."""

log = structlog.get_logger(__name__)


class Attendance:
    """Admits clients from their networks, and notes that they came.

    Args:
        database: where that is written down.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, datetime] = {}

    def admit(self, principal: Principal, address: str | None) -> None:
        """Refuse a client that calls from elsewhere than it may.

        Raises:
            Unauthenticated: it does; its token says no more to a thief.
        """
        if not admits(principal.allowed_ips, address):
            log.warning("client.address_refused", client=principal.client, address=address)
            raise Unauthenticated("The access token is not valid.")
        self.note(principal.client, principal.last_use_time)

    def note(self, client: str, last_use_time: datetime | None) -> None:
        """Write down that a client was seen, unless that was done less than a minute ago.

        A database that cannot be written stops no client that only reads.
        """
        time = now()
        known = max(filter(None, [last_use_time, self._seen.get(client)]), default=None)
        if known is not None and known > time - EVERY:
            return
        if len(self._seen) >= MOST:
            self._seen.clear()
        self._seen[client] = time
        try:
            with self._database.write() as connection:
                clients.seen(connection, client, time, time - EVERY)
        except StorageUnavailable:
            log.warning("client.use_not_noted", client=client)

"""Failed logins slow the next ones down, and go on doing so after a restart (decision 14).

They are counted for a client at one address, and for the address. Nobody who merely knows a
client's id can keep it from logging in at its own address; and nobody gets more guesses by
changing the client.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from math import ceil

import structlog

from gateway.access.networks import counted_as
from gateway.measures.meters import meters
from gateway.model import Chore, Prefix, now
from gateway.storage import logins
from gateway.storage.database import Database

CLIENT_FAILURES = 5
"""From this failure of a client at one address on there is something to wait for."""

ADDRESS_FAILURES = 20
"""Likewise for an address, which many clients may share."""

LONGEST = timedelta(minutes=15)
TIDY_SECONDS = 600.0

log = structlog.get_logger()


_ID = re.compile(f"{Prefix.CLIENT}_[0-9a-f]{{32}}", re.ASCII)
NO_ID = "(no id of a client)"


def is_client_id(text: str) -> bool:
    """Whether a text has the form of a client's id, whether there is one or not."""
    return bool(_ID.fullmatch(text))


def _named(client: str) -> str:
    """Return whom a caller claims to be for the log: what is no id could be a secret."""
    return client if is_client_id(client) else NO_ID


def delay(free: int, failures: int) -> timedelta:
    """Return the wait after so many failures: 1 s after ``free`` of them, then doubled."""
    if failures < free:
        return timedelta()
    return min(LONGEST, timedelta(seconds=2 ** min(failures - free, 20)))


class Logins:
    """Judges who must wait before a secret of theirs is looked at.

    A secret is not looked at before, whether it is right or not: the wait would be worth
    nothing if a right guess ended it.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wait(self, client: str, address: str) -> int:
        """Return how many seconds a client at an address has to wait; 0 for none.

        Args:
            client: whom the caller claims to be.
            address: of the peer.
        """
        time = now()
        with self._database.read() as connection:
            until = logins.waits_until(connection, [*_delays(client, address)], time)
        return 0 if until is None else ceil((until - time).total_seconds())

    def failed(self, client: str, address: str) -> None:
        """Count a failure for the client at the address, and for the address."""
        time = now()
        log.info("login.failed", client=_named(client), peer=address)
        meters().login_failed()
        with self._database.write() as connection:
            for name, wait in _delays(client, address).items():
                logins.failed(connection, name, time, wait)

    def tidy(self) -> None:
        """Forget failures that are long ago."""
        with self._database.write() as connection:
            logins.tidy(connection, now())

    def succeeded(self, client: str, address: str) -> None:
        """Forget the failures of a client at an address.

        Those of the address stay, or whoever has one client could guess at others for ever.
        """
        name = _at(client, address)
        with self._database.read() as connection:
            if not logins.has_failed(connection, name):
                return
        with self._database.write() as connection:
            logins.forget(connection, name)


def chore_of_the_logins(database: Database) -> Chore:
    """Return what forgets old failures."""
    return Chore("logins.tidy", TIDY_SECONDS, Logins(database).tidy)


def _delays(client: str, address: str) -> dict[str, Callable[[int], timedelta]]:
    """Return the names that a login counts for, each with its delay."""
    return {
        _at(client, address): partial(delay, CLIENT_FAILURES),
        f"address:{counted_as(address)}": partial(delay, ADDRESS_FAILURES),
    }


def _at(client: str, address: str) -> str:
    """Return the name of a client at an address: short, whatever was claimed."""
    claimed = f"{counted_as(address)} {client}".encode("utf-8", "replace")
    return f"client:{sha256(claimed).hexdigest()}"

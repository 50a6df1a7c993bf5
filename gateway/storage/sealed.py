"""Everything in the database that the master keys encrypt: looked at, and encrypted anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, select, update

from gateway.errors import StorageUnavailable
from gateway.storage.database import Database
from gateway.storage.tables import (
    deployments,
    idempotency_keys,
    operations,
    signing_keys,
    webhooks,
)
from gateway.storage.vault import Vault

BATCH: Final = 200


@dataclass(frozen=True)
class Place:
    """A column of secrets.

    Attributes:
        key: the column that tells its rows apart.
        secret: the column itself.
    """

    key: Column[Any]
    secret: Column[Any]

    @property
    def name(self) -> str:
        """The table and the column."""
        return f"{self.secret.table.name}.{self.secret.name}"


PLACES: Final = (
    Place(deployments.c.id, deployments.c.password),
    Place(webhooks.c.id, webhooks.c.secrets),
    Place(signing_keys.c.kid, signing_keys.c.private_key),
    Place(operations.c.id, operations.c.secrets),
    Place(idempotency_keys.c.scope, idempotency_keys.c.fingerprint),
)


@dataclass
class Tally:
    """What the secrets of a place are encrypted with.

    Attributes:
        place: table and column.
        newest: how many with the first master key.
        older: how many with another one of those at hand.
        lost: how many with none of them.
    """

    place: str
    newest: int = 0
    older: int = 0
    lost: int = 0


def tally(database: Database, vault: Vault, place: Place) -> Tally:
    """Count what the secrets of a place are encrypted with; nothing is changed."""
    found = Tally(place.name)
    for rows in _batches(database, place):
        for _, secret in rows:
            if vault.is_newest(secret):
                found.newest += 1
            elif _is_readable(vault, secret):
                found.older += 1
            else:
                found.lost += 1
    return found


def renew(database: Database, vault: Vault, place: Place) -> Tally:
    """Encrypt with the first master key what is encrypted with another.

    Gateways may be running: what they change meanwhile stays as they have written it. May be
    broken off and done again.

    Returns:
        What was found: ``older`` has been renewed, ``lost`` is left alone.
    """
    found = Tally(place.name)
    for rows in _batches(database, place):
        with database.write() as connection:
            for key, secret in rows:
                _renew(connection, vault, place, (key, secret), found)
    return found


def _renew(
    connection: Connection, vault: Vault, place: Place, row: tuple[str, str], found: Tally
) -> None:
    key, secret = row
    if vault.is_newest(secret):
        found.newest += 1
        return
    try:
        renewed = vault.renewed(secret)
    except StorageUnavailable:
        found.lost += 1
        return
    found.older += 1
    same = (place.key == key) & (place.secret == secret)
    connection.execute(update(place.secret.table).where(same).values({place.secret.name: renewed}))


def _is_readable(vault: Vault, secret: str) -> bool:
    try:
        vault.open(secret)
    except StorageUnavailable:
        return False
    return True


def _batches(database: Database, place: Place) -> Iterator[list[tuple[str, str]]]:
    last = ""
    while True:
        query = select(place.key, place.secret).where(place.key > last)
        with database.read() as connection:
            rows = connection.execute(query.order_by(place.key).limit(BATCH)).all()
        if not rows:
            return
        yield [(str(row[0]), str(row[1])) for row in rows]
        last = rows[-1][0]

"""Queries on API clients and the hashes of their secrets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from gateway.model import Client, Reach
from gateway.storage.resellers import reached
from gateway.storage.tables import client_secrets, clients, resellers

SECRETS = 2


def _selected() -> Select[Any]:
    return select(clients, resellers.c.path.label("reseller_path")).join(
        resellers, resellers.c.id == clients.c.reseller
    )


def _client(row: RowMapping) -> Client:
    fields = dict(row)
    fields["roles"] = tuple(row["roles"])
    fields["permissions"] = tuple(row["permissions"])
    for name in ("instances", "allowed_ips", "public_keys"):
        fields[name] = None if row[name] is None else tuple(row[name])
    return Client(**fields)


def add(connection: Connection, client: Client) -> None:
    """Insert a client, without a secret."""
    values = dict(vars(client))
    del values["reseller_path"]
    connection.execute(insert(clients).values(**values))


def authenticate(connection: Connection, client: str) -> Client | None:
    """Return a client by its id alone: for the token endpoint and the token check only."""
    row = connection.execute(_selected().where(clients.c.id == client)).mappings().one_or_none()
    return None if row is None else _client(row)


def find(connection: Connection, reach: Reach, client: str) -> Client | None:
    """Return a client of a reseller that is reached, or None."""
    query = _selected().where(clients.c.id == client, reached(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _client(row)


def page(connection: Connection, reach: Reach, after: str, limit: int) -> Sequence[Client]:
    """Return at most ``limit`` clients with an id after ``after``, in the order of ids."""
    query = _selected().where(reached(reach), clients.c.id > after)
    rows = connection.execute(query.order_by(clients.c.id).limit(limit))
    return [_client(row) for row in rows.mappings()]


def count(connection: Connection, reseller: str) -> int:
    """Return how many clients a reseller has."""
    query = select(func.count()).select_from(clients).where(clients.c.reseller == reseller)
    return connection.execute(query).scalar_one()


def change(connection: Connection, client: str, values: Mapping[str, object]) -> None:
    """Update the given columns."""
    connection.execute(update(clients).where(clients.c.id == client).values(**values))


def remove(connection: Connection, client: str) -> None:
    """Delete a client and its secrets."""
    connection.execute(delete(client_secrets).where(client_secrets.c.client == client))
    connection.execute(delete(clients).where(clients.c.id == client))


def add_secret(connection: Connection, client: str, digest: str, time: datetime) -> None:
    """Add a secret's hash and keep the newest two, so that clients can be switched over."""
    connection.execute(insert(client_secrets).values(client=client, hash=digest, create_time=time))
    kept = (
        select(client_secrets.c.id)
        .where(client_secrets.c.client == client)
        .order_by(client_secrets.c.id.desc())
        .limit(SECRETS)
    )
    connection.execute(
        delete(client_secrets).where(
            client_secrets.c.client == client, client_secrets.c.id.not_in(kept)
        )
    )


def secrets(connection: Connection, client: str) -> list[str]:
    """Return the hashes of the live secrets."""
    query = select(client_secrets.c.hash).where(client_secrets.c.client == client)
    return list(connection.execute(query).scalars())

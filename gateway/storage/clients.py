"""Queries on API clients and the hashes of their secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from gateway.model import Client, Reach, Reseller
from gateway.storage.generations import QUIET
from gateway.storage.resellers import line_from, reached, reseller_of
from gateway.storage.tables import client_secrets, clients, resellers

SECRETS = 2


def _selected() -> Select[Any]:
    return select(clients, resellers.c.path.label("reseller_path")).join(
        resellers, resellers.c.id == clients.c.reseller
    )


def _with_lineage() -> Select[Any]:
    mine = clients.c.id == bindparam("client")
    line = line_from(select(clients.c.reseller).where(mine).scalar_subquery())
    whole = select(clients, *line.c).join(line, true()).where(mine)
    return whole.order_by(func.length(line.c.path))


WITH_LINEAGE = _with_lineage()
OWN = len(clients.c)
"""Columns of it that are the client's; those of a reseller follow."""


def _client(row: RowMapping | Mapping[str, Any]) -> Client:
    fields: dict[str, Any] = {**row}
    fields["roles"] = tuple(row["roles"])
    fields["permissions"] = tuple(row["permissions"])
    for name in ("instances", "allowed_ips", "public_keys"):
        fields[name] = None if row[name] is None else tuple(row[name])
    return Client(**fields)


def add(connection: Connection, client: Client) -> None:
    """Insert a client, without a secret."""
    values = dict(vars(client))
    del values["reseller_path"], values["secret_times"]
    connection.execute(insert(clients).values(**values))


def authenticate(connection: Connection, client: str) -> tuple[Client, Sequence[Reseller]] | None:
    """Return a client by its id alone: for the token endpoint and the token check only.

    Returns:
        The client, and its reseller with all above it, the root first; from one query.
    """
    rows = connection.execute(WITH_LINEAGE, {"client": client}).all()
    if not rows:
        return None
    lineage = [reseller_of(dict(zip(resellers.c.keys(), row[OWN:], strict=True))) for row in rows]
    own = dict(zip(clients.c.keys(), rows[0][:OWN], strict=True))
    return _client({**own, "reseller_path": lineage[-1].path}), lineage


def find(connection: Connection, reach: Reach, client: str) -> Client | None:
    """Return a client of a reseller that is reached, or None."""
    query = _selected().where(clients.c.id == client, reached(reach))
    row = connection.execute(query).mappings().one_or_none()
    if row is None or not _is_shown(reach, _client(row)):
        return None
    return _with_secrets(connection, [_client(row)])[0]


def by_subject(connection: Connection, issuer: str, subject: str) -> Client | None:
    """Return the client that an outside issuer knows by a name, or None."""
    query = _selected().where(clients.c.issuer == issuer, clients.c.subject == subject)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _client(row)


def page(connection: Connection, reach: Reach, after: str, limit: int) -> Sequence[Client]:
    """Return at most ``limit`` clients with an id after ``after``, in the order of ids."""
    query = _selected().where(reached(reach), clients.c.id > after).order_by(clients.c.id)
    rows = connection.execute(query.limit(limit) if reach.instances is None else query).mappings()
    found = (each for each in map(_client, rows) if _is_shown(reach, each))
    return _with_secrets(connection, list(islice(found, limit)))


def _is_shown(reach: Reach, client: Client) -> bool:
    """Whether a caller sees a client: one that is restricted, none that reaches further."""
    if reach.instances is None:
        return True
    return client.instances is not None and reach.instances.issuperset(client.instances)


def _with_secrets(connection: Connection, found: Sequence[Client]) -> Sequence[Client]:
    """Return clients with the times at which their live secrets were made, the oldest first."""
    mine = client_secrets.c.client.in_([client.id for client in found])
    times: dict[str, list[datetime]] = {}
    for row in connection.execute(select(client_secrets).where(mine).order_by(client_secrets.c.id)):
        times.setdefault(row.client, []).append(row.create_time)
    return [replace(each, secret_times=tuple(times.get(each.id, ()))) for each in found]


def count(connection: Connection, reseller: str) -> int:
    """Return how many clients a reseller has."""
    query = select(func.count()).select_from(clients).where(clients.c.reseller == reseller)
    return connection.execute(query).scalar_one()


def change(connection: Connection, known: Client, values: Mapping[str, object]) -> bool:
    """Update the given columns of a client that is still as it was judged.

    Returns:
        Whether it was; else nothing is changed.
    """
    same = (clients.c.id == known.id, clients.c.update_time == known.update_time)
    return connection.execute(update(clients).where(*same).values(**values)).rowcount == 1


def seen(connection: Connection, client: str, time: datetime, unless_after: datetime) -> None:
    """Note when a client was last seen, unless that is known to be recent."""
    old = or_(clients.c.last_use_time.is_(None), clients.c.last_use_time <= unless_after)
    mine = (clients.c.id == client, old)
    row = update(clients).where(*mine).values(last_use_time=time)
    connection.execute(row.execution_options(**QUIET))


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


def remove_secrets(connection: Connection, client: str) -> None:
    """Forget every secret of a client."""
    connection.execute(delete(client_secrets).where(client_secrets.c.client == client))


def secrets(connection: Connection, client: str) -> list[str]:
    """Return the hashes of the live secrets."""
    query = select(client_secrets.c.hash).where(client_secrets.c.client == client)
    return list(connection.execute(query).scalars())

"""The instance hosts of a deployment as last seen, and those on which we place nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.storage.database import inserted
from gateway.storage.tables import hosts


@dataclass(frozen=True)
class Host:
    """An instance host.

    ``observed`` is SPE's row of it; empty, without ``observe_time``, for one that is not listed
    and was cordoned: it stays so when it comes back.
    """

    deployment: str
    server_name: str
    observed: Mapping[str, Any]
    observe_time: datetime | None
    cordoned: bool


def of(connection: Connection, deployment: str) -> Sequence[Host]:
    """Return those of a deployment, in the order of their names."""
    mine = hosts.c.deployment == deployment
    query = select(hosts).where(mine).order_by(hosts.c.server_name)
    return [Host(**row) for row in connection.execute(query).mappings()]


def numbers(connection: Connection, among: Collection[str]) -> dict[str, int]:
    """Return how many each of some deployments listed last; one without any is left out."""
    listed = hosts.c.deployment.in_(among), hosts.c.observe_time.is_not(None)
    query = select(hosts.c.deployment, func.count().label("number")).where(*listed)
    rows = connection.execute(query.group_by(hosts.c.deployment))
    return {row.deployment: row.number for row in rows}


def cordon(connection: Connection, deployment: str, server_name: str, cordoned: bool) -> None:  # noqa: FBT001 - a column's value
    """Place nothing on a host from now on, or again; it may be one that was never seen."""
    one = _is(deployment, server_name)
    changed = update(hosts).where(one).values(cordoned=cordoned)
    if connection.execute(changed).rowcount:
        return
    row = {"deployment": deployment, "server_name": server_name, "observed": {}}
    if not inserted(connection, insert(hosts).values(**row, cordoned=cordoned)):
        connection.execute(changed)  # somebody has seen it at this moment


def put(
    connection: Connection, deployment: str, seen: Mapping[str, Mapping[str, Any]], time: datetime
) -> bool:
    """Write down all hosts of a deployment, by their names; what is unchanged is not written.

    The transaction holds the deployment. One that is cordoned is never forgotten.

    Returns:
        Whether anything was to be written.
    """
    known = {host.server_name: host for host in of(connection, deployment)}
    new = {n: row for n, row in seen.items() if n not in known}
    changed = {n: row for n, row in seen.items() if n in known and known[n].observed != row}
    lacking = known.keys() - seen.keys()
    _add(connection, deployment, new, time)
    _observe(connection, deployment, changed, time)
    for name in lacking:
        _miss(connection, known[name])
    return bool(new or changed or lacking)


def _add(
    connection: Connection, deployment: str, new: Mapping[str, Mapping[str, Any]], time: datetime
) -> None:
    for name, row in new.items():
        values = {"deployment": deployment, "server_name": name, "cordoned": False}
        whole = insert(hosts).values(**values, observed=dict(row), observe_time=time)
        if not inserted(connection, whole):  # somebody cordoned it at this moment
            _observe(connection, deployment, {name: row}, time)


def _observe(
    connection: Connection, deployment: str, rows: Mapping[str, Mapping[str, Any]], time: datetime
) -> None:
    changed = (
        update(hosts)
        .where(_is(deployment, bindparam("key")))
        .values(observed=bindparam("seen"), observe_time=time)
    )
    if rows:
        connection.execute(changed, [{"key": n, "seen": dict(row)} for n, row in rows.items()])


def _miss(connection: Connection, host: Host) -> None:
    one = _is(host.deployment, host.server_name)
    if host.cordoned:
        connection.execute(update(hosts).where(one).values(observed={}, observe_time=None))
    else:
        connection.execute(delete(hosts).where(one))


def _is(deployment: str, server_name: Any) -> ColumnElement[bool]:  # noqa: ANN401 - or a parameter
    return and_(hosts.c.deployment == deployment, hosts.c.server_name == server_name)

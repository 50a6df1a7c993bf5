"""Queries on what waits for a deployment: whose turn it is, and how many come before.

The order is that of the lanes (``broker/engine/rota.py``), so that what is offered to them is as
fair as they are: no reseller and no urgency fills the offer, however much of it is due.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CompoundSelect, Connection, Select, bindparam, func, select, union_all

from gateway.model import FINAL, Operation, OperationStatus, Share, Urgency
from gateway.storage.operations import may_be_taken
from gateway.storage.tables import operations
from gateway.storage.tables.types import Instant

_QUEUED = operations.c.status == OperationStatus.QUEUED
_TIME, _LIMIT = "this_time", "this_limit"
_DUE: Final[dict[str, Select[tuple[str, str]]]] = {}


@dataclass(frozen=True)
class Line:
    """What one reseller has waiting of one urgency at a deployment, nothing of it sent.

    Attributes:
        urgency: of all of it.
        reseller: whose it is.
        first: the id of the one that came first.
        number: how many.
    """

    urgency: Urgency
    reseller: str
    first: str
    number: int


def due(connection: Connection, time: datetime, limit: int) -> Mapping[str, str]:
    """Return the unfinished operations that nobody holds and whose poll is due.

    Args:
        connection: an open transaction.
        time: by which the poll is due.
        limit: for each deployment and urgency, of what is polled and of what is not begun, so
            that none of them crowds out another.

    Returns:
        The deployments by the ids of the operations: the first of each of these, then the second
        of each, and so on; within them resellers take turns.
    """
    found = connection.execute(_due(connection), {_TIME: time, _LIMIT: limit})
    return {row.id: row.deployment for row in found}


def _due(connection: Connection) -> Select[tuple[str, str]]:
    """Return the statement for a dialect; making it takes longer than to look, so it is kept."""
    dialect = connection.dialect.name
    if dialect not in _DUE:
        _DUE[dialect] = _made_due(connection)
    return _DUE[dialect]


def _made_due(connection: Connection) -> Select[tuple[str, str]]:
    row = _ripe(connection).subquery().c
    soonest = row.next_poll_time.asc().nulls_first(), row.id
    turn = func.row_number().over(
        partition_by=(row.deployment, row.urgency, row.queued, row.reseller), order_by=soonest
    )
    ripe = select(*row, turn.label("turn")).subquery().c
    order = ripe.turn, ripe.next_poll_time.asc().nulls_first(), ripe.id
    lanes = ripe.deployment, ripe.urgency, ripe.queued
    place = func.row_number().over(partition_by=lanes, order_by=order)
    columns = ripe.id, ripe.deployment, ripe.next_poll_time
    placed = select(*columns, place.label("place")).subquery().c
    first = select(placed.id, placed.deployment).where(placed.place <= bindparam(_LIMIT))
    return first.order_by(placed.place, placed.next_poll_time.asc().nulls_first(), placed.id)


def _ripe(connection: Connection) -> CompoundSelect[*tuple[Any, ...]]:
    """Return what may be taken, in two ranges of one index.

    Where they are one condition, SQLite looks at all that is unfinished, each row beyond its log.
    """
    row, time = operations.c, bindparam(_TIME, type_=Instant)
    found = select(
        row.id,
        row.deployment,
        row.urgency,
        row.reseller,
        _QUEUED.label("queued"),
        row.next_poll_time,
    ).where(*may_be_taken(connection, time))
    ranges = row.next_poll_time.is_(None), row.next_poll_time <= time
    return union_all(*(found.where(each) for each in ranges))


def shares(connection: Connection, wanted: Collection[str]) -> Mapping[str, Share]:
    """Return whose places unfinished operations take, and where, by their ids."""
    row = operations.c
    query = select(row.id, row.deployment, row.urgency, row.reseller, row.status).where(
        row.id.in_(wanted), row.status.not_in(FINAL), row.deployment.is_not(None)
    )
    return {
        found.id: Share(
            found.deployment,
            Urgency(found.urgency),
            found.reseller,
            found.status != OperationStatus.QUEUED,
        )
        for found in connection.execute(query)
    }


def lines(connection: Connection, deployment: str) -> Sequence[Line]:
    """Return what waits for a deployment, in the order in which each line began."""
    return [
        Line(Urgency(row.urgency), row.reseller, row.first, row.number)
        for row in connection.execute(lines_query(deployment))
    ]


def lines_query(deployment: str) -> Select[tuple[str, str, str, int]]:
    """Return what ``lines`` asks for; an index has what is queued at one deployment together."""
    row = operations.c
    first = func.min(row.id).label("first")
    return (
        select(row.urgency, row.reseller, first, func.count().label("number"))
        .where(row.deployment == deployment, _QUEUED)
        .group_by(row.urgency, row.reseller)
        .order_by(first)
    )


def ahead_in_line(connection: Connection, operation: Operation) -> int:
    """Return how many of the same reseller and urgency wait there that came before."""
    row = operations.c
    query = select(func.count()).where(
        row.deployment == operation.deployment,
        _QUEUED,
        row.urgency == operation.urgency,
        row.reseller == operation.reseller,
        row.id < operation.id,
    )
    return connection.execute(query).scalar_one()

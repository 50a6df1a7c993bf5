"""Queries on what waits for a deployment: whose turn it is, and how many come before.

The order is that of the lanes (``broker/engine/rota.py``), so that what is offered to them is as
fair as they are: no reseller and no urgency fills the offer, however much of it is due.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, func, select

from gateway.model import FINAL, Operation, OperationStatus, Share, Urgency
from gateway.storage.operations import may_be_taken
from gateway.storage.tables import operations

_QUEUED = operations.c.status == OperationStatus.QUEUED


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
    row = operations.c
    soonest = row.next_poll_time.asc().nulls_first(), row.id
    lane = row.deployment, row.urgency, _QUEUED.label("queued")
    turn = func.row_number().over(
        partition_by=(row.deployment, row.urgency, _QUEUED, row.reseller), order_by=soonest
    )
    ripe = (
        select(row.id, *lane, row.next_poll_time, turn.label("turn"))
        .where(*may_be_taken(connection, time))
        .subquery()
    ).c
    order = ripe.turn, ripe.next_poll_time.asc().nulls_first(), ripe.id
    lanes = ripe.deployment, ripe.urgency, ripe.queued
    place = func.row_number().over(partition_by=lanes, order_by=order)
    columns = ripe.id, ripe.deployment, ripe.next_poll_time
    placed = select(*columns, place.label("place")).subquery().c
    first = select(placed.id, placed.deployment).where(placed.place <= limit)
    found = first.order_by(placed.place, placed.next_poll_time.asc().nulls_first(), placed.id)
    return {row.id: row.deployment for row in connection.execute(found)}


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

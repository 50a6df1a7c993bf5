"""Queries on the parts of an operation: how far they are, and whose turn it is.

A part that waits for its turn is queued, belongs to nobody, and its next poll comes with its
deadline: whoever looks for what is due passes it over until it is woken.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select, update

from gateway.model import FINAL, Operation, OperationStatus, now
from gateway.storage.tables import operations

Tally = Counter[OperationStatus]


@dataclass(frozen=True)
class Part:
    """What became of a part so far."""

    id: str
    instance: str
    status: OperationStatus
    problem: Mapping[str, Any] | None


_UNFINISHED = operations.c.status.not_in(FINAL)
_WAITS = and_(
    operations.c.status == OperationStatus.QUEUED,
    operations.c.next_poll_time == operations.c.deadline,
)


def _beside(whole: str, deployment: str) -> ColumnElement[bool]:
    return and_(operations.c.parent == whole, operations.c.deployment == deployment)


def of(connection: Connection, whole: str) -> Sequence[Part]:
    """Return the parts of an operation, in the order in which they were made."""
    columns = operations.c.id, operations.c.instance, operations.c.status, operations.c.problem
    query = select(*columns).where(operations.c.parent == whole).order_by(operations.c.id)
    return [
        Part(row.id, row.instance, OperationStatus(row.status), row.problem)
        for row in connection.execute(query)
    ]


def tally(connection: Connection, whole: str) -> Tally:
    """Count the parts of an operation by their states."""
    query = select(operations.c.status, func.count()).where(operations.c.parent == whole)
    rows = connection.execute(query.group_by(operations.c.status))
    return Counter({OperationStatus(status): number for status, number in rows})


def hold(connection: Connection, whole: str) -> None:
    """Let nobody else end or cancel a part of an operation before this transaction ends."""
    connection.execute(select(operations.c.id).where(operations.c.id == whole).with_for_update())


def wake(connection: Connection, whole: str, deployment: str, width: int) -> Sequence[str]:
    """Give waiting parts their turn until so many at once are on their way.

    Args:
        connection: a transaction that holds the whole.
        whole: the operation.
        deployment: whose parts.
        width: how many at once.

    Returns:
        The ids of those that are due now.
    """
    beside = _beside(whole, deployment)
    under_way = select(func.count()).where(beside, _UNFINISHED, not_(_WAITS))
    room = width - connection.execute(under_way).scalar_one()
    if room <= 0:
        return []
    waiting = select(operations.c.id).where(beside, _WAITS)
    order = operations.c.deadline, operations.c.id
    ids = list(connection.execute(waiting.order_by(*order).limit(room)).scalars())
    connection.execute(
        update(operations).where(operations.c.id.in_(ids)).values(next_poll_time=now())
    )
    return ids


def due(connection: Connection, whole: str, deployment: str) -> Sequence[str]:
    """Return the parts that have their turn and that nobody has begun yet."""
    query = select(operations.c.id).where(
        _beside(whole, deployment),
        operations.c.status == OperationStatus.QUEUED,
        operations.c.lease_owner.is_(None),
        operations.c.next_poll_time <= now(),
    )
    return list(connection.execute(query.order_by(operations.c.id)).scalars())


def cancel(connection: Connection, whole: str) -> None:
    """Note the wish to cancel with each part that has not ended."""
    connection.execute(
        update(operations)
        .where(operations.c.parent == whole, _UNFINISHED)
        .values(cancel_requested=True, status=OperationStatus.CANCELLING, next_poll_time=now())
    )


def advance(connection: Connection, whole: str, percent: int) -> None:
    """Write how far an unfinished operation is."""
    connection.execute(
        update(operations)
        .where(operations.c.id == whole, _UNFINISHED)
        .values(percent_progress=percent, update_time=now())
    )


def conclude(connection: Connection, whole: Operation) -> None:
    """Write how an operation in parts has ended; its arguments and results are its parts'."""
    names = ("status", "percent_progress", "problem", "end_time", "update_time", "next_poll_time")
    values = {name: getattr(whole, name) for name in names}
    connection.execute(update(operations).where(operations.c.id == whole.id).values(**values))

"""Many polls at once: taken over by one statement, and put back by one for all of a kind.

Nobody waits here for a row that somebody else is writing: it is passed over, so that two processes
with many rows each never wait for one another.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    String,
    Text,
    bindparam,
    case,
    cast,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from gateway.model import Operation, Step, now
from gateway.storage import operations
from gateway.storage.clock import present
from gateway.storage.tables import operations as table
from gateway.storage.tables.types import Instant, storable

_CLEAR: Final = tuple(
    each.name for each in fields(Step) if each.name not in operations.SECRET_FIELDS
)
_HOW_FAR: Final = ("percent_progress", "status_text", "log", "log_start")
_PROGRESS: Final = frozenset({*_HOW_FAR, "steps", "update_time"})
"""What a running command changes; whoever writes any of it notes the time."""

_ID, _FENCE, _TIME = "this_id", "this_fence", "this_time"
_DUE, _OWNER = "these_ids", "this_owner"
_BACK: Final = (
    update(table)
    .where(table.c.id == bindparam(_ID), table.c.fence == bindparam(_FENCE))
    .values(
        lease_owner=None,
        lease_time=None,
        next_poll_time=case(
            (table.c.cancel_requested, table.c.next_poll_time),  # which the wish has set
            else_=bindparam(_TIME, type_=table.c.next_poll_time.type),
        ),
    )
)
_UNLOCKED: Final = (
    select(table.c.id)
    .where(table.c.id.in_(bindparam(_DUE, expanding=True)))
    .with_for_update(skip_locked=True)
)
_TAKING: Final[dict[str, ReturningUpdate[Any]]] = {}

_POLLED: Final = frozenset({"lease_owner", "lease_time", "fence", "next_poll_time"})
"""What polls write that say nothing new."""

_MARK_BYTES: Final = 16


class Taken(NamedTuple):
    """A row that was taken.

    Attributes:
        id: of the operation.
        fence: of the lease.
        next_poll_time: which has come, or None.
        update_time: when it was written last what a running command changes, and its log with it.
        mark: a digest of all else that it holds.
        size: characters of that.
    """

    id: str
    fence: int
    next_poll_time: datetime | None
    update_time: datetime
    mark: bytes
    size: int


def _raw(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as it is stored, which nobody decodes."""
    return cast(column, Text) if isinstance(column.type, JSON) else type_coerce(column, String)


_RAW: Final = tuple(_raw(column) for column in table.c if column.name not in _POLLED | _PROGRESS)


def take(
    connection: Connection, due: Collection[str], owner: str, time: datetime
) -> Sequence[Taken]:
    """Take the leases of unfinished operations that nobody holds; counts their fences.

    Args:
        connection: an open transaction.
        due: ids.
        owner: of the leases.
        time: by which their next polls must be due.

    Returns:
        The rows that were taken, in any order.
    """
    values = {_DUE: list(due), _OWNER: owner, _TIME: time}
    rows = connection.execute(_taking(connection), values)
    return [_taken(*row) for row in rows]


def _taking(connection: Connection) -> ReturningUpdate[Any]:
    """Return the statement for a dialect; making it takes longer than a row, so it is kept."""
    dialect = connection.dialect.name
    if dialect not in _TAKING:
        _TAKING[dialect] = _made_taking(connection)
    return _TAKING[dialect]


def _made_taking(connection: Connection) -> ReturningUpdate[Any]:
    time = bindparam(_TIME, type_=Instant)
    free = (
        select(table.c.id)
        .where(
            table.c.id.in_(bindparam(_DUE, expanding=True)),
            *operations.may_be_taken(connection, time),
        )
        .with_for_update(skip_locked=True)
    )
    return (
        update(table)
        .where(table.c.id.in_(free))
        .values(
            lease_owner=bindparam(_OWNER),
            lease_time=present(connection, operations.LEASE),
            fence=table.c.fence + 1,
        )
        .returning(table.c.id, table.c.fence, table.c.next_poll_time, table.c.update_time, *_RAW)
    )


def _taken(
    operation: str, fence: int, time: datetime | None, update_time: datetime, *raw: object
) -> Taken:
    held = repr(raw).encode()
    mark = blake2b(held, digest_size=_MARK_BYTES).digest()
    return Taken(operation, fence, time, update_time, mark, len(held))


def read(connection: Connection, taken: Collection[str]) -> Sequence[RowMapping]:
    """Return the whole rows of what was taken in the same transaction."""
    if not taken:
        return []
    return connection.execute(select(table).where(table.c.id.in_(taken))).mappings().all()


def unlocked(connection: Connection, wanted: Collection[str]) -> frozenset[str]:
    """Hold rows up to the end of the transaction; returns those that nobody else is writing."""
    rows = connection.execute(_UNLOCKED, {_DUE: list(wanted)})
    return frozenset(rows.scalars())


def put_back(connection: Connection, polled: Iterable[Operation]) -> None:
    """Give leases back after polls that said nothing new, but when the next ones are due.

    A lease that was lost stays lost, and the next poll of what somebody wishes to cancel is when
    the wish says.
    """
    _write(connection, [_place(each) for each in polled])


def put_forward(connection: Connection, polled: Iterable[Operation]) -> None:
    """Give leases back after polls that said how far their commands are, and write that.

    Each operation is told when that was, and holds its texts as they are stored.
    """
    rows = []
    for operation in polled:
        text = operation.status_text
        operation.status_text = text and storable(text)
        operation.log, operation.update_time = storable(operation.log), now()
        rows.append(_place(operation) | _progress(operation))
    _write(connection, rows)


def advanced(known: Operation, polled: Operation) -> Operation:
    """Return what a row says after ``put_forward``, where it was known before."""
    steps = [
        replace(step, **{name: getattr(further, name) for name in _CLEAR})
        for step, further in zip(known.steps, polled.steps, strict=True)
    ]
    far = {name: getattr(polled, name) for name in _HOW_FAR}
    return replace(known, **far, steps=steps, update_time=polled.update_time)


def postpone(connection: Connection, operation: str, time: datetime) -> None:
    """Put the next poll off of what cannot be carried on now."""
    unfinished = table.c.status.in_(operations.UNFINISHED)
    connection.execute(
        update(table).where(table.c.id == operation, unfinished).values(next_poll_time=time)
    )


def _write(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_BACK, rows)


def _place(operation: Operation) -> dict[str, Any]:
    return {_ID: operation.id, _FENCE: operation.fence, _TIME: operation.next_poll_time}


def _progress(operation: Operation) -> dict[str, Any]:
    """Return what a running command changes; nothing of it is secret."""
    steps = [{name: getattr(step, name) for name in _CLEAR} for step in operation.steps]
    far = {name: getattr(operation, name) for name in _HOW_FAR}
    return {**far, "steps": steps, "update_time": operation.update_time}

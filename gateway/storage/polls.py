"""Many polls at once: taken over by one statement, and put back by one for all of a kind.

Nobody waits here for a row that somebody else is writing: it is passed over, so that two processes
with many rows each never wait for one another.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, case, select, update

from gateway.model import Operation, Step, now
from gateway.storage import operations
from gateway.storage.clock import present
from gateway.storage.tables import operations as table

_CLEAR: Final = tuple(
    each.name for each in fields(Step) if each.name not in operations.SECRET_FIELDS
)
_HOW_FAR: Final = ("percent_progress", "status_text", "log", "log_start")

_ID, _FENCE, _TIME = "this_id", "this_fence", "this_time"
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


def take(
    connection: Connection, due: Collection[str], owner: str, time: datetime
) -> Sequence[RowMapping]:
    """Take the leases of unfinished operations that nobody holds; counts their fences.

    Args:
        connection: an open transaction.
        due: ids.
        owner: of the leases.
        time: by which their next polls must be due.

    Returns:
        The rows that were taken, in any order.
    """
    free = (
        select(table.c.id)
        .where(table.c.id.in_(due), *operations.may_be_taken(connection, time))
        .with_for_update(skip_locked=True)
    )
    query = (
        update(table)
        .where(table.c.id.in_(free))
        .values(
            lease_owner=owner,
            lease_time=present(connection, operations.LEASE),
            fence=table.c.fence + 1,
        )
        .returning(table)
    )
    return connection.execute(query).mappings().all()


def unlocked(connection: Connection, wanted: Collection[str]) -> frozenset[str]:
    """Hold rows up to the end of the transaction; returns those that nobody else is writing."""
    query = select(table.c.id).where(table.c.id.in_(wanted))
    rows = connection.execute(query.with_for_update(skip_locked=True))
    return frozenset(rows.scalars())


def put_back(connection: Connection, polled: Iterable[Operation]) -> None:
    """Give leases back after polls that said nothing new, but when the next ones are due.

    A lease that was lost stays lost, and the next poll of what somebody wishes to cancel is when
    the wish says.
    """
    _write(connection, [_place(each) for each in polled])


def put_forward(connection: Connection, polled: Iterable[Operation]) -> None:
    """Give leases back after polls that said how far their commands are, and write that."""
    time = now()
    _write(connection, [_place(each) | _progress(each, time) for each in polled])


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


def _progress(operation: Operation, time: datetime) -> dict[str, Any]:
    """Return what a running command changes; nothing of it is secret."""
    steps = [{name: getattr(step, name) for name in _CLEAR} for step in operation.steps]
    far = {name: getattr(operation, name) for name in _HOW_FAR}
    return {**far, "steps": steps, "update_time": time}

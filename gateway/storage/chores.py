"""Whose turn it is: what one process does for all of them, once in each period."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from gateway.storage.clock import present
from gateway.storage.database import inserted
from gateway.storage.tables import chores


def _is_due(connection: Connection, period: timedelta) -> ColumnElement[bool]:
    """Its time has come; or lies further off than any can, since a clock went back."""
    next_time = chores.c.next_time
    return or_(next_time <= present(connection), next_time > present(connection, period))


def is_due(connection: Connection, name: str, period: timedelta) -> bool | None:
    """Whether it is somebody's turn; None when that was never planned."""
    query = select(_is_due(connection, period)).where(chores.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def turns(connection: Connection, prefix: str, period: timedelta) -> dict[str, bool]:
    """Return whose names begin with a prefix, and whether it is somebody's turn."""
    due = _is_due(connection, period).label("due")
    query = select(chores.c.name, due).where(chores.c.name.startswith(prefix, autoescape=True))
    return {row.name: row.due for row in connection.execute(query)}


def take(connection: Connection, name: str, period: timedelta) -> bool:
    """Take the turn if it is due or the first; whoever comes second in a period gets none.

    Args:
        connection: an open transaction.
        name: of what is done, 60 characters at most.
        period: until the next turn.
    """
    done = connection.execute(
        update(chores)
        .where(chores.c.name == name, _is_due(connection, period))
        .values(next_time=present(connection, period))
    )
    return done.rowcount == 1 or _begun(connection, name, period)


def plan(connection: Connection, name: str, delay: timedelta) -> None:
    """Set the next turn, whenever it was."""
    done = connection.execute(
        update(chores).where(chores.c.name == name).values(next_time=present(connection, delay))
    )
    if not done.rowcount:
        _begun(connection, name, delay)


def hasten(connection: Connection, name: str, delay: timedelta) -> None:
    """Bring the next turn forward; one that comes sooner, or was never planned, stays."""
    sooner = present(connection, delay)
    later = (chores.c.name == name, chores.c.next_time > sooner)
    connection.execute(update(chores).where(*later).values(next_time=sooner))


def _begun(connection: Connection, name: str, delay: timedelta) -> bool:
    """Insert the row; false when there is one, or another process was faster."""
    if connection.execute(select(chores.c.name).where(chores.c.name == name)).first():
        return False
    row = insert(chores).values(name=name, next_time=present(connection, delay))
    return inserted(connection, row)

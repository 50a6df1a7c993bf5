"""Failed logins, counted by name; a row lasts until its failures are long ago."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, exists, func, insert, select, update

from gateway.storage.database import inserted
from gateway.storage.tables import login_failures

KEPT = timedelta(hours=1)


def waits_until(connection: Connection, names: Sequence[str], time: datetime) -> datetime | None:
    """Return until when the one of some names must wait that waits longest, or None.

    A failure that imposed no wait holds up nobody, not even who looked at the clock before it.
    """
    imposed = login_failures.c.until > login_failures.c.update_time
    query = select(func.max(login_failures.c.until)).where(
        login_failures.c.name.in_(names), imposed, login_failures.c.until > time
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def has_failed(connection: Connection, name: str) -> bool:
    """Whether a name has failures to its account."""
    return connection.execute(select(exists().where(login_failures.c.name == name))).scalar_one()


def failed(
    connection: Connection, name: str, time: datetime, wait: Callable[[int], timedelta]
) -> None:
    """Count a failure.

    Args:
        connection: an open transaction.
        name: what it is counted for.
        time: now.
        wait: for how long nobody of this name gets in after so many failures.
    """
    _begin(connection, name, time)
    mine = login_failures.c.name == name
    forgotten = login_failures.c.update_time < time - KEPT
    number = case((forgotten, 0), else_=login_failures.c.failures) + 1
    counted = update(login_failures).where(mine).values(failures=number, update_time=time)
    failures = connection.execute(counted.returning(login_failures.c.failures)).scalar_one()
    connection.execute(update(login_failures).where(mine).values(until=time + wait(failures)))


def _begin(connection: Connection, name: str, time: datetime) -> None:
    if has_failed(connection, name):
        return
    fresh = insert(login_failures).values(name=name, failures=0, until=time, update_time=time)
    inserted(connection, fresh)  # unless another one began it at the same moment


def forget(connection: Connection, name: str) -> None:
    """Forget the failures of a name."""
    connection.execute(delete(login_failures).where(login_failures.c.name == name))


def tidy(connection: Connection, time: datetime) -> None:
    """Forget the failures that are long ago."""
    connection.execute(delete(login_failures).where(login_failures.c.update_time < time - KEPT))

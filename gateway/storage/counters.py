"""Numbers without gaps: taken in the transaction of what they number."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from gateway.storage.database import inserted
from gateway.storage.tables import counters


def take(connection: Connection, name: str, many: int = 1) -> int:
    """Take the next numbers of a counter; others wait until this transaction ends.

    Returns:
        The last of them; a counter begins with one.
    """
    query = update(counters).where(counters.c.name == name)
    add = query.values(value=counters.c.value + many).returning(counters.c.value)
    taken = connection.execute(add).scalar_one_or_none()
    if taken is None:
        _begin(connection, name)
        taken = connection.execute(add).scalar_one()
    return int(taken)


def value(connection: Connection, name: str) -> int:
    """Return the last number that was taken; zero before the first."""
    query = select(counters.c.value).where(counters.c.name == name)
    return connection.execute(query).scalar_one_or_none() or 0


def beginning(connection: Connection, prefix: str) -> Mapping[str, int]:
    """Return the counters whose names begin with a prefix, by what comes after it."""
    query = select(counters).where(counters.c.name.startswith(prefix, autoescape=True))
    return {row.name.removeprefix(prefix): row.value for row in connection.execute(query)}


def advance(connection: Connection, prefix: str, many: int) -> None:
    """Leave numbers out of the counters whose names begin with a prefix."""
    mine = counters.c.name.startswith(prefix, autoescape=True)
    connection.execute(update(counters).where(mine).values(value=counters.c.value + many))


def raise_to(connection: Connection, name: str, least: int) -> None:
    """Let a counter go on after a number, unless it is further already."""
    _begin(connection, name)
    query = update(counters).where(counters.c.name == name, counters.c.value < least)
    connection.execute(query.values(value=least))


def _begin(connection: Connection, name: str) -> None:
    if connection.execute(select(counters).where(counters.c.name == name)).first():
        return
    inserted(connection, insert(counters).values(name=name, value=0))  # unless another just did

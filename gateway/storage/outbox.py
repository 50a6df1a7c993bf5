"""The outbox: audit rows and events, written in the transaction of the change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from gateway.model import now
from gateway.storage.database import Database
from gateway.storage.tables import outbox

BATCH = 500
"""Rows that one transaction gives numbers to."""


def put(connection: Connection, topic: str, reseller: str, payload: Mapping[str, Any]) -> None:
    """Write one row; it becomes visible with the change that it tells of, or not at all."""
    put_all(connection, topic, [(reseller, payload)])


def put_all(
    connection: Connection, topic: str, told: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Write many rows by one statement: resellers, and what is told of them."""
    time = now()
    rows = [
        {"topic": topic, "reseller": reseller, "payload": dict(payload), "create_time": time}
        for reseller, payload in told
    ]
    if rows:
        connection.execute(insert(outbox), rows)


def drain(
    database: Database,
    is_waiting: Callable[[Connection], bool],
    sequence: Callable[[Connection, int], int],
) -> None:
    """Give numbers to all that waits; look first, so that an idle gateway writes nothing.

    Args:
        database: where it waits.
        is_waiting: whether something does.
        sequence: gives numbers to so many rows.
    """

    def look() -> bool:
        with database.read() as connection:
            return is_waiting(connection)

    while look():
        with database.write() as connection:
            sequence(connection, BATCH)


def after(connection: Connection, topic: str, number: int, limit: int) -> Sequence[Row[Any]]:
    """Return the rows of a topic after a number, in order."""
    query = select(outbox).where(outbox.c.topic == topic, outbox.c.id > number)
    return connection.execute(query.order_by(outbox.c.id).limit(limit)).all()

"""Facts that must outlive a restore of the database: who was revoked, who owns what.

A fact is written in the transaction of the change. The witness copies the facts, in the order
of their numbers, to a file that no backup of the database holds (decision 14).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from gateway.model import now
from gateway.storage import counters
from gateway.storage.tables import facts

COUNTER = "facts"


class Fact(StrEnum):
    """What a fact is about; ``object`` is the id of that."""

    CLIENT = "client"
    """The client's rights or secrets changed, or it was deleted: a backup knows it otherwise."""

    TOKEN = "token"  # noqa: S105 - the kind of a fact
    """A token was revoked."""

    RESELLER = "reseller"
    """A reseller was suspended or resumed, or its bounds changed."""

    INSTANCE = "instance"
    """An instance got its name, another owner, or was purged."""

    EPOCH = "epoch"
    """Tokens that were issued before are void."""

    AUDIT = "audit"
    """How long the chain of a reseller's audit log is, and its last hash."""


def note(connection: Connection, kind: Fact, target: str, state: Mapping[str, Any]) -> int:
    """Write a fact in the transaction of its change.

    Args:
        connection: the transaction.
        kind: what it is about.
        target: id of the object.
        state: how the object is from now on; nothing secret.

    Returns:
        Its number; facts are numbered without gaps.
    """
    number = counters.take(connection, COUNTER)
    connection.execute(
        insert(facts).values(
            number=number, kind=kind, object=target, state=dict(state), create_time=now()
        )
    )
    return number


def after(connection: Connection, number: int, limit: int) -> Sequence[Row[Any]]:
    """Return the facts after a number, in order."""
    query = select(facts).where(facts.c.number > number).order_by(facts.c.number)
    return connection.execute(query.limit(limit)).all()


def last(connection: Connection) -> int:
    """Return the number of the newest fact; zero when there is none."""
    return counters.value(connection, COUNTER)

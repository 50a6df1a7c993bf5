"""Queries on tokens that are void before their time, and on assertions that were used."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.model import now
from gateway.storage.database import inserted
from gateway.storage.tables import counters, revoked_tokens, used_assertions

EPOCH = "epoch"
"""The counter of which tokens are void: those issued up to this second since 1970."""


def add(connection: Connection, token: str, expire_time: datetime) -> bool:
    """Note that a token is void; kept until it would have expired anyway.

    Returns:
        Whether it was not so before.
    """
    values = {"token": token, "expire_time": expire_time}
    return inserted(connection, insert(revoked_tokens).values(**values))


def verdict(connection: Connection, tokens: Iterable[str]) -> tuple[int, bool]:
    """Return the epoch, and whether one of some tokens is revoked; from one query.

    Args:
        connection: an open transaction.
        tokens: ids: that of a token, and that of the one it was exchanged for.
    """
    epoch = select(counters.c.value).where(counters.c.name == EPOCH).scalar_subquery()
    named = select(revoked_tokens.c.token).where(revoked_tokens.c.token.in_(list(tokens)))
    row = connection.execute(select(epoch, named.exists())).one()
    return row[0] or 0, bool(row[1])


def use_assertion(connection: Connection, client: str, token: str, expire_time: datetime) -> bool:
    """Note that an assertion was used; kept until it expires.

    Returns:
        Whether it is the first time, also among several processes.
    """
    values = {"client": client, "token": token, "expire_time": expire_time}
    return inserted(connection, insert(used_assertions).values(**values))


def tidy(connection: Connection) -> None:
    """Forget what has expired."""
    for table in (revoked_tokens, used_assertions):
        connection.execute(delete(table).where(table.c.expire_time < now()))

"""Idempotency keys: held by one request, then bound to what that request began.

A row holds neither the key nor the body, only a digest of its scope and the encrypted fingerprint
of the body: a body may hold passwords, and a bare digest of a short one can be guessed. Answers
are not kept either: what a key is bound to says what to answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from gateway.model import now
from gateway.storage.database import inserted
from gateway.storage.tables import idempotency_keys as keys

LEASE = timedelta(seconds=60)
"""How long a request may hold a key before another one takes it for dead.

The late one can bind nothing any more, so a short lease is safe.
"""


@dataclass(frozen=True)
class Use:
    """One use of a key.

    Args:
        scope: digest of client, method, route, resource and key.
        client: who uses it.
        operation: operationId of the call.
        fingerprint: digest of query and body.
        kept: how long the key counts.
    """

    scope: str
    client: str
    operation: str
    fingerprint: str
    kept: timedelta


@dataclass
class Claim:
    """A key that one request holds.

    Args:
        scope: of the key.
        holder: a random word for this one request.
        is_bound: whether the request has begun something under it.
        resumes: the operation whose rest the request carries out; the key stays bound to it
            until that has begun.
    """

    scope: str
    holder: str
    is_bound: bool = False
    resumes: str | None = None


@dataclass(frozen=True)
class Known:
    """A key that is known already.

    Args:
        scope: of the key.
        fingerprint: encrypted.
        permissions: what the first call needed.
        target: what it is bound to: the id of an operation, or of an object; None while held.
        holder: who holds or held it.
        lease_time: until when it is held.
    """

    scope: str
    fingerprint: str
    permissions: tuple[str, ...]
    target: str | None
    holder: str
    lease_time: datetime


def _known(row: Row[tuple[object, ...]]) -> Known:
    return Known(
        scope=row.scope,
        fingerprint=row.fingerprint,
        permissions=tuple(row.permissions),
        target=row.target,
        holder=row.holder,
        lease_time=row.lease_time,
    )


def add(connection: Connection, use: Use, claim: Claim, sealed: str) -> bool:
    """Take a key that nobody has; False when somebody does.

    Args:
        connection: a transaction.
        use: what it is taken for.
        claim: who takes it.
        sealed: the fingerprint, encrypted.
    """
    time = now()
    values: dict[str, Any] = {
        "scope": use.scope,
        "client": use.client,
        "operation": use.operation,
        "fingerprint": sealed,
        "permissions": [],
        "target": None,
        "holder": claim.holder,
        "lease_time": time + LEASE,
        "create_time": time,
        "expire_time": time + use.kept,
    }
    return inserted(connection, insert(keys).values(values))


def find(connection: Connection, scope: str) -> Known | None:
    """Return what is known of a key, or None."""
    row = connection.execute(select(keys).where(keys.c.scope == scope)).one_or_none()
    return None if row is None else _known(row)


def take_over(connection: Connection, known: Known, claim: Claim, kept: timedelta) -> bool:
    """Take a key from whoever had it, as it was seen; False when somebody was quicker."""
    time = now()
    done = connection.execute(
        update(keys)
        .where(
            keys.c.scope == known.scope,
            keys.c.holder == known.holder,
            keys.c.target.is_(None) if known.target is None else keys.c.target == known.target,
        )
        .values(
            holder=claim.holder,
            target=claim.resumes,
            permissions=[],
            lease_time=time + LEASE,
            expire_time=time + kept,
        )
    )
    return done.rowcount == 1


def bind(
    connection: Connection,
    claim: Claim,
    target: str,
    permissions: Iterable[str],
    until: datetime,
) -> bool:
    """Bind a key in the transaction of what is begun under it; the first target stays.

    Nobody holds it any more then. What carries out a rest takes the place of what broke off.

    Args:
        connection: the transaction.
        claim: who holds the key.
        target: id of the operation, or of the object.
        permissions: what was needed; a replay needs it again.
        until: the key counts at least up to then.

    Returns:
        False when the key was lost to another request meanwhile.
    """
    later = func.coalesce(func.nullif(keys.c.target, claim.resumes), target)
    mine = (keys.c.scope == claim.scope) & (keys.c.holder == claim.holder)
    connection.execute(
        update(keys).where(mine, keys.c.expire_time < until).values(expire_time=until)
    )
    done = connection.execute(
        update(keys)
        .where(mine)
        .values(target=later, permissions=sorted(permissions), lease_time=keys.c.create_time)
    )
    return done.rowcount == 1


def release(connection: Connection, claim: Claim) -> None:
    """Give a key back under which nothing was begun; one that is bound already stays bound."""
    mine = (keys.c.scope == claim.scope) & (keys.c.holder == claim.holder)
    connection.execute(delete(keys).where(mine, keys.c.target.is_(None)))
    connection.execute(update(keys).where(mine).values(lease_time=keys.c.create_time))


def forget(connection: Connection, scope: str, time: datetime) -> None:
    """Remove one key if it has expired."""
    connection.execute(delete(keys).where(keys.c.scope == scope, keys.c.expire_time < time))


def tidy(connection: Connection, time: datetime) -> None:
    """Remove every key that has expired."""
    connection.execute(delete(keys).where(keys.c.expire_time < time))

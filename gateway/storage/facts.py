"""Facts that must outlive a restore of the database: who was revoked, who owns what.

A fact is written in the transaction of the change. The witness copies the facts, in the order
of their numbers, to a file that no backup of the database holds (decision 14).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType, NoneType
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from gateway.model import now
from gateway.storage import counters
from gateway.storage.database import NOTED
from gateway.storage.tables import facts

COUNTER = "facts"


class Fact(StrEnum):
    """What a fact is about; ``object`` is the id of that. Each has exactly the named keys."""

    CLIENT = "client"
    """The client's rights or secrets changed, or it was deleted: a backup knows it otherwise.

    ``change``: ``rights`` (roles, permissions, instances, addresses, keys, disabled, expiry),
    ``secret`` (rotated or removed) or ``deleted``. A client that is made needs no fact.
    """

    WEBHOOK = "webhook"
    """Where a webhook leads, what signs for it or whether it is sent anything changed.

    ``change``: ``settings`` (its URL or its status), ``secret`` (rotated) or ``deleted``. A webhook
    that is made needs no fact.
    """

    TOKEN = "token"  # noqa: S105 - the kind of a fact
    """A token was revoked; the object is its ``jti``.

    ``expireTime``: when it would have expired, RFC 3339 with a zone.
    """

    RESELLER = "reseller"
    """A reseller was suspended or resumed, or its bounds changed; all as they are from now on.

    ``suspended``: whether it is itself. ``deployments``, ``roles``: lists, null for no bound.
    ``disabledPermissions``: a list.
    """

    QUOTAS = "quotas"
    """The limits of a reseller were set; all as they are from now on; the object is the reseller.

    ``limits``: whole numbers by the names of resources, null for a lifted one; what is not named
    is inherited.
    """

    INSTANCE = "instance"
    """An instance got its name, another owner or another alias, was deleted or purged.

    ``deployment``, ``reseller``: opaque ids. ``instanceID``: the name that SPE knows.
    ``alias``: or null. ``status``: as in ``InstanceStatus``.
    """

    EPOCH = "epoch"
    """Tokens that were issued before are void; the object is ``tokens``.

    ``epoch``: a Unix time in seconds; tokens with ``iat`` up to and with it are void.
    """

    AUDIT = "audit"
    """How long the chain of a reseller's audit log is; the object is the reseller.

    ``number``: of its last row. ``hash``: of that row.
    """

    STATEMENTS = "statements"
    """How long the chain of a reseller's statements is; the object is the reseller.

    ``number``: of its last row. ``hash``: of that row.
    """

    RESTORE = "restore"
    """The database was restored; the object is ``database``.

    ``after``: the last fact that it knew then; those between it and this one were taken over
    from the witness.
    """


SHAPES: Mapping[Fact, Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        Fact.CLIENT: {"change": (str,)},
        Fact.WEBHOOK: {"change": (str,)},
        Fact.TOKEN: {"expireTime": (str,)},
        Fact.RESELLER: {
            "suspended": (bool,),
            "deployments": (list, NoneType),
            "roles": (list, NoneType),
            "disabledPermissions": (list,),
        },
        Fact.QUOTAS: {"limits": (dict,)},
        Fact.INSTANCE: {
            "deployment": (str,),
            "instanceID": (str,),
            "alias": (str, NoneType),
            "reseller": (str,),
            "status": (str,),
        },
        Fact.EPOCH: {"epoch": (int,)},
        Fact.AUDIT: {"number": (int,), "hash": (str,)},
        Fact.STATEMENTS: {"number": (int,), "hash": (str,)},
        Fact.RESTORE: {"after": (int,)},
    }
)
"""The keys of each kind's state, all of them needed, with the types of their values."""


def require_shape(kind: str, state: Mapping[str, Any]) -> None:
    """Refuse a fact that a restore could not read.

    Raises:
        ValueError: the kind is unknown, a key is missing or too many, or a type is wrong.
    """
    shape = SHAPES[Fact(kind)]
    if set(state) != set(shape):
        raise ValueError(f"a fact about a {kind} has the keys {', '.join(sorted(shape))}")
    for key, types in shape.items():
        if type(state[key]) not in types:
            raise ValueError(f"a fact about a {kind} has another type of {key}")


def note(connection: Connection, kind: Fact, target: str, state: Mapping[str, Any]) -> int:
    """Write a fact in the transaction of its change.

    Args:
        connection: the transaction.
        kind: what it is about.
        target: id of the object.
        state: how the object is from now on, with the keys of the kind; nothing secret.

    Returns:
        Its number; facts are numbered without gaps.

    Raises:
        ValueError: the state has other keys or types than the kind demands.
    """
    require_shape(kind, state)
    number = counters.take(connection, COUNTER)
    connection.execute(
        insert(facts).values(
            number=number, kind=kind, object=target, state=dict(state), create_time=now()
        )
    )
    connection.info[NOTED] = True
    return number


def take_over(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write facts under the numbers that they have, as the witness knows them.

    Args:
        connection: the transaction.
        rows: the columns of each, in order; the first follows on the last one that is known.
    """
    if rows:
        connection.execute(insert(facts), [dict(row) for row in rows])
        counters.raise_to(connection, COUNTER, rows[-1]["number"])


def after(connection: Connection, number: int, limit: int) -> Sequence[Row[Any]]:
    """Return the facts after a number, in order."""
    query = select(facts).where(facts.c.number > number).order_by(facts.c.number)
    return connection.execute(query.limit(limit)).all()


def last(connection: Connection) -> int:
    """Return the number of the newest fact; zero when there is none."""
    return counters.value(connection, COUNTER)

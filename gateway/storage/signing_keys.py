"""The keys that sign access tokens: private parts encrypted by the vault."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from gateway.model import now
from gateway.storage import counters
from gateway.storage.tables import signing_keys

COUNTER = "signing-keys"


def add(
    connection: Connection,
    kid: str,
    public: Mapping[str, Any],
    sealed_private: str,
    activate_time: datetime,
) -> None:
    """Store a key, which signs from a time on, until a newer one does."""
    connection.execute(
        insert(signing_keys).values(
            kid=kid,
            public_key=dict(public),
            private_key=sealed_private,
            create_time=now(),
            activate_time=activate_time,
        )
    )


def live(connection: Connection) -> Sequence[Row[Any]]:
    """Return the keys whose tokens are accepted, the one that signs last in time first."""
    query = select(signing_keys).where(_is_live())
    order = (signing_keys.c.activate_time.desc(), signing_keys.c.create_time.desc())
    return connection.execute(query.order_by(*order)).all()


def hold(connection: Connection) -> None:
    """Let nobody else rotate until the transaction ends."""
    counters.take(connection, COUNTER)


def retire(connection: Connection, at: datetime) -> None:
    """Let every key end at a time, unless it ends before."""
    later = or_(signing_keys.c.retire_time.is_(None), signing_keys.c.retire_time > at)
    connection.execute(update(signing_keys).where(later).values(retire_time=at))


def tidy(connection: Connection) -> None:
    """Forget the keys that are retired: nothing needs their private parts any more."""
    connection.execute(delete(signing_keys).where(~_is_live()))


def _is_live() -> ColumnElement[bool]:
    return or_(signing_keys.c.retire_time.is_(None), signing_keys.c.retire_time > now())

"""The keys that sign access tokens: private parts encrypted by the vault."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from gateway.model import now
from gateway.storage.tables import signing_keys


def add(connection: Connection, kid: str, public: Mapping[str, Any], sealed_private: str) -> None:
    """Store a key; from now on it is the newest, which signs."""
    connection.execute(
        insert(signing_keys).values(
            kid=kid,
            public_key=dict(public),
            private_key=sealed_private,
            create_time=(time := now()),
            activate_time=time,
        )
    )


def live(connection: Connection) -> Sequence[Row[Any]]:
    """Return the keys that are not retired, the newest first."""
    query = select(signing_keys).where(signing_keys.c.retire_time.is_(None))
    return connection.execute(query.order_by(signing_keys.c.create_time.desc())).all()

"""What the tables share: their metadata and the types of columns."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import JSON, Column, DateTime, Dialect, MetaData, String, Text
from sqlalchemy.types import TypeDecorator

TEXTS: Final = 32
"""How many decoded texts of a column are kept: of commands there is one for each version of SPE."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Refuse naive times and store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time must not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Told(TypeDecorator[str]):
    """What a server said; NUL and half a surrogate pair, which no database holds, are replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what can be stored."""
        del dialect
        return None if value is None else storable(value)


def storable(said: str) -> str:
    """Return what a database can hold of a text: as ``Told`` writes it, and reads it back."""
    return said.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class Alike(TypeDecorator[Any]):
    """JSON that is the same in many rows: SQLite's text is decoded once, and shared by them.

    Nobody changes what was read. PostgreSQL's driver decodes by itself, each row anew.
    """

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Return what decodes, if anything must."""
        decode = super().result_processor(dialect, coltype)
        return decode and lru_cache(TEXTS)(decode)


ID = String(40)

PATH = String(1000).with_variant(String(1000, collation="C"), "postgresql")
"""Of a reseller, in the order of bytes: what lies below another comes right behind it."""


def times() -> tuple[Column[datetime], Column[datetime]]:
    """Return the columns of what is made once and changed later."""
    return (
        Column("create_time", Instant, nullable=False),
        Column("update_time", Instant, nullable=False),
    )

"""Connections and transactions, on SQLite (WAL) or PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationError, StorageUnavailable

BUSY_SECONDS = 10

log = structlog.get_logger()


class Database:
    """One engine; ``read`` and ``write`` are the only ways to a connection.

    Args:
        url: SQLAlchemy URL.

    Raises:
        ConfigurationError: the URL names no usable database.
    """

    def __init__(self, url: str) -> None:
        try:
            self.engine = _engine(url)
        except (SQLAlchemyError, ImportError) as error:
            raise ConfigurationError(f"SPE_GATEWAY_DATABASE_URL is not usable: {error}") from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads.

        Raises:
            StorageUnavailable: the database cannot be reached.
        """
        with _translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that is committed at the end, or not at all.

        On SQLite it takes the write lock at once, so that what it reads stays true.

        Raises:
            StorageUnavailable: the database cannot be reached or written.
            IntegrityError: a constraint refused it; for the caller to name.
        """
        with _translated(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def check(self) -> None:
        """Reach the database, or raise StorageUnavailable."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout) as error:
        log.warning("storage.unavailable", error=type(error).__name__)
        raise StorageUnavailable from error


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=24)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=32)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    """Take transactions into our own hands and use the write-ahead log."""
    del record
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes: Any = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

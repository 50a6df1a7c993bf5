"""Connections and transactions, on SQLite (WAL) or PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Engine, Insert, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.measures.meters import meters
from gateway.storage import generations
from gateway.storage.revisions import APPLICATION, NEWEST

if TYPE_CHECKING:
    import sqlite3

    import psycopg

BUSY_SECONDS = 10
"""How long a statement waits for a lock, and a connection for the server."""

NOTED = "facts"
"""The mark of a connection whose transaction has noted a fact."""

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
        self._turn = _Turn() if self.engine.dialect.name == "sqlite" else nullcontext()
        generations.watch(self.engine)
        self.generations = generations.Generations(self)
        self.after_facts: Callable[[], None] | None = None
        """Called after the commit of a fact, before ``write`` ends: the witness's place."""

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

        On SQLite it takes the write lock at once, so that what it reads stays true; threads of
        one process take turns before that, since SQLite has whoever waits sleep for longer and
        longer, and look again. On
        PostgreSQL others write at the same time: what is read first and relied on later must
        be held (``deployments.hold``), be a condition of the update, or be a constraint.

        Raises:
            StorageUnavailable: the database cannot be reached or written.
            IntegrityError: a constraint refused it; for the caller to name.
            DataError: a value does not fit its column: a bug, since input is checked.
        """
        with _translated(), self._turn, self.engine.connect() as connection:
            connection.execution_options(writes=True)
            connection.info.pop(NOTED, None)
            generations.begin(connection)
            with connection.begin():
                yield connection
                has_ended = generations.publish(connection)
            noted = NOTED in connection.info
        if has_ended:
            self.generations.expire()
        if noted and self.after_facts is not None:
            self.after_facts()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a transaction that reads all tables as they are at one moment.

        Raises:
            StorageUnavailable: the database cannot be reached.
        """
        with _translated(), self.engine.connect() as connection:
            if connection.dialect.name != "sqlite":  # there every transaction is one
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def check(self) -> None:
        """Reach the database, or raise StorageUnavailable."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()


def unusable(url: str, error: StorageUnavailable) -> ConfigurationError:
    """Return the storage's error as one of the configuration, with the database's own words.

    Args:
        url: SQLAlchemy URL; its password is not told.
        error: what using the database has come to.
    """
    cause = getattr(error.__cause__, "orig", None)
    if cause is None:
        return ConfigurationError(error.detail)
    shown = make_url(url).render_as_string(hide_password=True)
    return ConfigurationError(f"The database {shown} cannot be used: {cause}.")


class _Turn:
    """The turn of a thread to write."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise PoolTimeout("The turn to write did not come.")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def inserted(connection: Connection, row: Insert) -> bool:
    """Insert a row; false when a constraint is in the way, and the transaction goes on."""
    try:
        with connection.begin_nested():
            connection.execute(row)
    except IntegrityError:
        return False
    return True


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError):
        raise
    except (DBAPIError, PoolTimeout) as error:
        log.warning("storage.unavailable", error=type(error).__name__)
        meters().database_failed(type(error).__name__)
        raise StorageUnavailable from error


def _engine(url: str) -> Engine:
    kind = make_url(url).get_backend_name()
    if kind not in _ENGINES:
        raise ConfigurationError(
            "SPE_GATEWAY_DATABASE_URL is not usable: it names neither SQLite nor PostgreSQL."
        )
    return _ENGINES[kind](url)


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS}, pool_size=32, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: str) -> Engine:
    """A server that vanished is noticed; what SQLite waits for, is waited for as long here."""
    limits = {"connect_timeout": BUSY_SECONDS, "tcp_user_timeout": BUSY_SECONDS * 1000}
    engine = create_engine(
        url,
        connect_args={**limits, "application_name": APPLICATION + NEWEST},
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=24,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


_ENGINES = {"sqlite": _sqlite, "postgresql": _postgresql}


def _prepare_postgresql(connection: "psycopg.Connection", record: ConnectionPoolEntry) -> None:
    """Wait for no lock for ever, and let go of the locks of a process that hangs."""
    del record
    connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


def _prepare_sqlite(connection: "sqlite3.Connection", record: ConnectionPoolEntry) -> None:
    """Take transactions into our own hands and use the write-ahead log."""
    del record
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes: Any = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

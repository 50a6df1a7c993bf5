"""The database: reachable, of the right schema, large enough, and of the same time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, func, select, text
from sqlalchemy.engine import make_url

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.cli.check.ground import Ground
from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.settings import Settings
from gateway.storage import schema
from gateway.storage.database import Database, unusable

OPERATING: Final = "docs/operating.md"
UPGRADING: Final = "docs/upgrading.md"
TESTED: Final = 15
"""The PostgreSQL that the tests run with."""

PROCESS: Final = 32
"""Connections that one process holds at most."""

SKEWED: Final = 2.0
WRONG: Final = 15.0
"""Seconds; half a lease."""


def opened(settings: Settings) -> tuple[Database | None, Finding]:
    """Return the database, if it can be used, and what was found. Makes no file."""
    path = make_url(settings.database).database or ""
    if settings.is_embedded and not _exists(path):
        return None, _away(f"There is no database {path}.", "Run 'spe-gateway init'.")
    try:
        database = Database(settings.database)
    except ConfigurationError as problem:
        return None, _away(problem.detail, "Correct SPE_GATEWAY_DATABASE_URL.")
    try:
        database.check()
    except StorageUnavailable as problem:
        database.close()
        return None, _away(
            unusable(settings.database, problem).detail, "Start it, or correct its URL."
        )
    return database, fine("database.reachable", "The database answers.")


def _exists(path: str) -> bool:
    try:
        with open(path, "rb"):  # noqa: PTH123 # a path of SQLAlchemy's, which may be no file
            return True
    except OSError:
        return False


def _away(means: str, then: str) -> Finding:
    return error("database.reachable", means, then, OPERATING)


def revision(ground: Ground) -> Iterator[Finding]:
    """Look whether this code can work with the schema."""
    if ground.database is None:
        return
    try:
        schema.require_usable(ground.database)
    except ConfigurationError as problem:
        yield error("database.schema", problem.detail, "See the page.", UPGRADING)
        return
    try:
        schema.require_current(ground.database)
    except ConfigurationError:
        yield warning(
            "database.schema",
            "The schema is newer than this code, which can work with it for a while.",
            "Install the version that the schema was made by.",
            UPGRADING,
        )
        return
    yield fine("database.schema", "The schema is that of this version.")


def server(ground: Ground) -> Iterator[Finding]:
    """Look at PostgreSQL itself: version, connections, clock."""
    if ground.database is None or ground.settings.is_embedded:
        return
    with ground.database.read() as connection:
        yield from _version(connection)
        yield from _connections(connection, ground.settings)
        yield from _clock(connection)


def _version(connection: Connection) -> Iterator[Finding]:
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if number < TESTED:
        yield warning(
            "database.version",
            f"PostgreSQL {number} is older than what the gateway is tested with.",
            f"Move to PostgreSQL {TESTED} or newer.",
            OPERATING,
        )
    else:
        yield fine("database.version", f"PostgreSQL {number}.")


def _connections(connection: Connection, settings: Settings) -> Iterator[Finding]:
    most = int(connection.execute(text("SHOW max_connections")).scalar_one())
    reserved = int(connection.execute(text("SHOW superuser_reserved_connections")).scalar_one())
    if most - reserved < PROCESS:
        yield error(
            "database.connections",
            f"PostgreSQL allows {most - reserved} connections; one process may need {PROCESS}.",
            f"Raise max_connections to {PROCESS} for each process, and some for yourself.",
            OPERATING,
        )
    elif most - reserved < 2 * PROCESS:
        yield warning(
            "database.connections",
            f"PostgreSQL allows {most - reserved} connections, which is enough for one process.",
            f"Raise max_connections to {PROCESS} for each process, and some for yourself.",
            OPERATING,
        )
    else:
        processes = (most - reserved) // PROCESS
        yield fine("database.connections", f"Connections for {processes} processes.")
    if settings.http_threads > PROCESS:
        yield warning(
            "database.threads",
            f"{settings.http_threads} threads share {PROCESS} connections, and wait for each "
            "other.",
            "Lower SPE_GATEWAY_HTTP_THREADS, and start more processes.",
            OPERATING,
        )


def _clock(connection: Connection) -> Iterator[Finding]:
    there = connection.execute(select(func.clock_timestamp())).scalar_one()
    seconds = abs((datetime.now(UTC) - there).total_seconds())
    if seconds < SKEWED:
        yield fine("database.clock", "The clocks of the database and of this host agree.")
        return
    found = error if seconds > WRONG else warning
    yield found(
        "database.clock",
        f"The clocks of the database and of this host differ by {seconds:.0f} seconds: polls and "
        "ends of tokens go by the one, leases by the other.",
        "Have both set by NTP.",
        OPERATING,
    )

"""The schema's version, and whether this code can work with it.

It is read without Alembic, which only those need who bring it up to date: see ``upgrading``.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table, text

from gateway.errors import ConfigurationError
from gateway.storage import counters
from gateway.storage.database import Database
from gateway.storage.revisions import APPLICATION, NEWEST

FLOOR: Final = "schema.oldest"
"""The counter that says whose code runs on the schema; older code must be able to read it."""

_REVISIONS: Final = table("alembic_version", column("version_num"))
"""Alembic's own table; it has one row."""


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision; None of an empty database."""
    if not inspect(connection).has_table(_REVISIONS.name):
        return None
    found: str | None = connection.scalar(select(_REVISIONS.c.version_num))
    return found


def connected(connection: Connection) -> Mapping[str, int]:
    """Count the connections of gateways and workers by the revision of their code.

    On SQLite there are none: a home has one process.
    """
    if connection.dialect.name != "postgresql":
        return {}
    query = text(
        "SELECT application_name AS name, count(*) AS number FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND starts_with(application_name, :ours) GROUP BY application_name"
    )
    rows = connection.execute(query, {"ours": APPLICATION})
    return {row.name.removeprefix(APPLICATION): row.number for row in rows}


def is_empty(database: Database) -> bool:
    """Whether nothing was ever set up in the database."""
    return _revision(database) is None


def _revision(database: Database) -> str | None:
    with database.read() as connection:
        return revision_of(connection)


def require_current(database: Database) -> None:
    """Refuse to work on a schema of another version.

    Raises:
        ConfigurationError: the database is empty, older or newer.
    """
    found = _known(database)
    if found != NEWEST:
        raise _different(found)


def require_usable(database: Database) -> None:
    """Refuse to serve on a schema that this code cannot work with.

    A newer one that only adds to ours is fine: so a cluster is upgraded one gateway after the
    other.

    Raises:
        ConfigurationError: the database is empty, older, or too much newer.
    """
    found = _known(database)
    if found == NEWEST:
        return
    with database.read() as connection:
        oldest = counters.value(connection, FLOOR) if found > NEWEST else 0
    if not 0 < oldest <= int(NEWEST):
        raise _different(found)


def _known(database: Database) -> str:
    found = _revision(database)
    if found is None:
        raise ConfigurationError("The database is empty: run 'spe-gateway init' first.")
    return found


def _different(found: str) -> ConfigurationError:
    next_step = "install the newer version" if found > NEWEST else "run 'spe-gateway upgrade'"
    return ConfigurationError(
        f"The database has schema {found}, this version needs {NEWEST}: {next_step}."
    )

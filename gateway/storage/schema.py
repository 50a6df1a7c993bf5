"""The schema's version: made, brought up to date and checked with Alembic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, MetaData, func, inspect, select, text

from gateway.errors import ConfigurationError
from gateway.storage import counters
from gateway.storage.database import Database
from gateway.storage.revisions import APPLICATION, MIGRATIONS, NEWEST
from gateway.storage.tables import metadata

HEAD = "head"
FLOOR: Final = "schema.oldest"
"""The counter that says whose code runs on the schema; older code must be able to read it."""

LOCK = 0x5350452D  # any number that other programs on the same database do not use


@dataclass(frozen=True)
class Migration:
    """One step of an upgrade.

    Attributes:
        revision: the schema after it.
        about: what it does, in a sentence.
        oldest: the oldest code that runs on the schema afterwards.
    """

    revision: str
    about: str
    oldest: str


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Bring the schema up to date; does nothing when it is.

    Raises:
        ConfigurationError: the database comes from a newer version.
    """
    with database.write() as connection:
        bring_to(connection, HEAD)


def bring_to(connection: Connection, revision: str) -> None:
    """Bring the schema up to a revision, in the transaction; does nothing when it is there.

    Raises:
        ConfigurationError: this version does not know the revision, or that of the database.
    """
    alone(connection)
    steps = pending(connection)
    try:
        command.upgrade(_config(connection), revision)
    except CommandError as error:
        raise ConfigurationError(
            f"The database belongs to another version of the gateway ({error})."
        ) from error
    if revision == HEAD and steps:
        counters.raise_to(connection, FLOOR, int(floor(steps)))


def alone(connection: Connection) -> None:
    """Let nobody else set up or upgrade until the transaction ends; SQLite never does."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision; None of an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def pending(connection: Connection) -> Sequence[Migration]:
    """Return the steps from the schema to that of this version; none where it is newer."""
    found = revision_of(connection) or ""
    scripts = ScriptDirectory.from_config(_config(connection)).walk_revisions()
    return [_migration(each) for each in reversed(list(scripts)) if each.revision > found]


def _migration(script: Script) -> Migration:
    oldest = getattr(script.module, "oldest", script.revision)
    return Migration(script.revision, script.doc, oldest)


def floor(steps: Sequence[Migration]) -> str:
    """Return the oldest code that runs on the schema after some steps."""
    return max(each.oldest for each in steps)


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


def clear(connection: Connection) -> None:
    """Remove our tables with all that is in them, in the transaction."""
    found = MetaData()
    ours = {*metadata.tables, "alembic_version"} & set(inspect(connection).get_table_names())
    found.reflect(connection, only=sorted(ours))
    found.drop_all(connection)


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

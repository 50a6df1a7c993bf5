"""The schema's version: made, brought up to date and checked with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, MetaData, func, inspect, select

from gateway.errors import ConfigurationError
from gateway.storage.database import Database
from gateway.storage.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "head"
LOCK = 0x5350452D  # any number that other programs on the same database do not use


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
    try:
        command.upgrade(_config(connection), revision)
    except CommandError as error:
        raise ConfigurationError(
            f"The database belongs to another version of the gateway ({error})."
        ) from error


def alone(connection: Connection) -> None:
    """Let nobody else set up or upgrade until the transaction ends; SQLite never does."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision; None of an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


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
    """Refuse to run on a schema of another version.

    Raises:
        ConfigurationError: the database is empty, older or newer.
    """
    found = _revision(database)
    with database.read() as connection:
        wanted = ScriptDirectory.from_config(_config(connection)).get_current_head()
    if found is None:
        raise ConfigurationError("The database is empty: run 'spe-gateway init' first.")
    if found != wanted:
        raise ConfigurationError(
            f"The database has schema {found}, this version needs {wanted}: "
            "run 'spe-gateway upgrade'."
        )

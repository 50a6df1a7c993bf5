"""The schema's version: made, brought up to date and checked with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from gateway.errors import ConfigurationError
from gateway.storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


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
    try:
        with database.write() as connection:
            command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise ConfigurationError(
            f"The database belongs to another version of the gateway ({error})."
        ) from error


def is_empty(database: Database) -> bool:
    """Whether nothing was ever set up in the database."""
    return _revision(database) is None


def _revision(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


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

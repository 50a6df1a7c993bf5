"""The schema, made and brought up to date with Alembic."""

from collections.abc import Sequence
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, MetaData, func, inspect, select

from gateway.errors import ConfigurationError
from gateway.storage import counters
from gateway.storage.database import Database
from gateway.storage.revisions import MIGRATIONS
from gateway.storage.schema import FLOOR, revision_of
from gateway.storage.tables import metadata

HEAD = "head"

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


def clear(connection: Connection) -> None:
    """Remove our tables with all that is in them, in the transaction."""
    found = MetaData()
    ours = {*metadata.tables, "alembic_version"} & set(inspect(connection).get_table_names())
    found.reflect(connection, only=sorted(ours))
    found.drop_all(connection)

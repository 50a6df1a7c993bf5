"""``spe-gateway upgrade``: the schema of this version."""

import json
import os
from collections.abc import Mapping, Sequence
from time import sleep
from typing import Any, Final

import rich_click as click
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from gateway.cli.examples import examples
from gateway.cli.init import alone
from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.settings import Settings
from gateway.storage import schema, upgrading
from gateway.storage.database import Database, unusable
from gateway.storage.upgrading import Migration

SHORT_WAIT: Final = "SET LOCAL lock_timeout = '400ms'"
"""Less than PostgreSQL waits before it looks for deadlocks and ends somebody's transaction."""

CROWDED: Final = (LockNotAvailable, DeadlockDetected)
TRIES: Final = 60
PAUSE_SECONDS: Final = 0.5


@click.command(
    epilog=examples(
        "spe-gateway upgrade --dry-run",
        "spe-gateway upgrade",
    )
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def upgrade(*, dry_run: bool) -> None:
    """Bring the database to the schema of this version.

    Does nothing when it is up to date. On PostgreSQL gateways of the version before go on where
    the new schema only adds to theirs; where it does not, it is refused as long as such a one is
    connected. On SQLite stop the gateway before. Make a backup first: there is no way back.
    """
    os.umask(0o077)  # looking for a database makes a file
    settings = Settings.from_environment()
    with alone(settings):
        database = Database(settings.database)
        try:
            told = _previewed(database) if dry_run else _upgraded(database)
        except StorageUnavailable as error:
            raise unusable(settings.database, error) from error
        finally:
            database.close()
    url = make_url(settings.database).render_as_string(hide_password=True)
    click.echo(json.dumps({"database": url, **told}))


def _previewed(database: Database) -> Mapping[str, Any]:
    with database.read() as connection:
        steps = _steps(connection)
        return {
            "schema": schema.revision_of(connection),
            "steps": [vars(step) for step in steps],
            "connections": schema.connected(connection),
            "refusal": _refusal(connection, steps),
        }


def _upgraded(database: Database) -> Mapping[str, Any]:
    """Upgrade, giving way to those who call: all of it is done, or nothing, and tried again."""
    for _ in range(TRIES):
        try:
            return _tried(database)
        except StorageUnavailable as error:
            if not isinstance(getattr(error.__cause__, "orig", None), CROWDED):
                raise
            sleep(PAUSE_SECONDS)
    raise ConfigurationError(
        "The gateways leave the tables no moment alone: nothing was done. Say it again when fewer "
        "call."
    )


def _tried(database: Database) -> Mapping[str, Any]:
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(SHORT_WAIT))
        upgrading.alone(connection)
        steps = _steps(connection)
        refusal = _refusal(connection, steps)
        if refusal:
            raise ConfigurationError(refusal)
        upgrading.bring_to(connection, upgrading.HEAD)
    schema.require_current(database)
    return {"schema": "current", "steps": [vars(step) for step in steps]}


def _steps(connection: Connection) -> Sequence[Migration]:
    if schema.revision_of(connection) is None:
        raise ConfigurationError("There is no database here: run 'spe-gateway init'.")
    return upgrading.pending(connection)


def _refusal(connection: Connection, steps: Sequence[Migration]) -> str | None:
    """Return why it must not be done now: somebody's code does not run on the new schema."""
    if not steps:
        return None
    oldest = upgrading.floor(steps)
    late = sorted(each for each in schema.connected(connection) if each < oldest)
    if not late:
        return None
    return (
        f"Gateways or workers for schema {', '.join(late)} are connected, and the new schema "
        f"needs code for {oldest} or newer: stop them first (docs/upgrading.md)."
    )

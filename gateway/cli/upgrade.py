"""``spe-gateway upgrade``: the schema of this version."""

import json
import os

import rich_click as click
from sqlalchemy.engine import make_url

from gateway.cli.examples import examples
from gateway.cli.init import alone
from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.serving import unusable
from gateway.settings import Settings
from gateway.storage import schema
from gateway.storage.database import Database


@click.command(
    epilog=examples(
        "spe-gateway upgrade",
    )
)
def upgrade() -> None:
    """Bring the database to the schema of this version; stop the gateway before.

    Does nothing when it is up to date. Make a backup first: there is no way back.
    """
    os.umask(0o077)  # looking for a database makes a file
    settings = Settings.from_environment()
    with alone(settings):
        database = Database(settings.database)
        try:
            if schema.is_empty(database):
                raise ConfigurationError("There is no database here: run 'spe-gateway init'.")
            schema.upgrade(database)
            schema.require_current(database)
        except StorageUnavailable as error:
            raise unusable(settings, error) from error
        finally:
            database.close()
    url = make_url(settings.database).render_as_string(hide_password=True)
    click.echo(json.dumps({"database": url, "schema": "current"}))

"""``spe-gateway init``: the first set-up."""

import json
import os
from contextlib import AbstractContextManager, nullcontext

import rich_click as click

from gateway.broker.bootstrap import FirstOperator, set_up
from gateway.cli.examples import examples
from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.home import held
from gateway.settings import Settings
from gateway.storage import schema
from gateway.storage.database import Database, unusable
from gateway.storage.vault import Vault, create_keys, load_keys


@click.command(
    epilog=examples(
        "spe-gateway init",
        "SPE_GATEWAY_HOME=/var/lib/spe-gateway spe-gateway init > operator.json",
    )
)
def init() -> None:
    """Make keys, database and the first operator, and print its credentials.

    The master key is written to the file master.keys in SPE_GATEWAY_HOME, unless
    SPE_GATEWAY_MASTER_KEYS holds it. Keep it apart from backups of the database. The secret of
    the operator is shown this once. A second init changes nothing and fails; one that was
    broken off is simply run again.
    """
    os.umask(0o077)  # what is made here is for its owner only
    operator = initialise(Settings.from_environment())
    shown = {"clientId": operator.client_id, "clientSecret": operator.client_secret}
    click.echo(json.dumps(shown))


def initialise(settings: Settings) -> FirstOperator:
    """Set a gateway up from nothing.

    Raises:
        ConfigurationError: it is set up already, or something cannot be written.
    """
    with alone(settings):
        database = Database(settings.database)
        try:
            return set_up(database, Vault(_keys(settings, database)))
        except StorageUnavailable as error:
            raise unusable(settings.database, error) from error
        finally:
            database.close()


def _keys(settings: Settings, database: Database) -> list[str]:
    """Return the keys there are, or new ones if nothing was ever encrypted with others."""
    keys = load_keys(settings.home, settings.master_keys.get_secret_value())
    if not keys and not schema.is_empty(database):
        raise ConfigurationError(
            "The database is set up already, but there is no master key: "
            "restore master.keys from your backup, or set SPE_GATEWAY_MASTER_KEYS."
        )
    return keys or create_keys(settings.home)


def alone(settings: Settings) -> AbstractContextManager[None]:
    """Keep other processes away from the state of an embedded gateway."""
    return held(settings.home) if settings.is_embedded else nullcontext()

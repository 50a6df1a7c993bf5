"""``spe-gateway rotate-keys``: another key for the access tokens."""

import json
import os

import rich_click as click

from gateway.broker.key_ring import KeyRing, SigningKey
from gateway.cli.examples import examples
from gateway.errors import StorageUnavailable
from gateway.serving import unusable
from gateway.settings import Settings
from gateway.storage import schema
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys


@click.command(
    "rotate-keys",
    epilog=examples(
        "spe-gateway rotate-keys",
        "spe-gateway rotate-keys --compromised --json",
    ),
)
@click.option("--compromised", is_flag=True, help="Refuse the tokens of all other keys at once.")
@click.option("--json", "in_json", is_flag=True, help="JSON instead of a sentence.")
def rotate_keys(*, compromised: bool, in_json: bool) -> None:
    """Make a new key for access tokens, while the gateway runs.

    The new key is published at once and signs two minutes later, when everybody can know it. The
    keys before it are accepted until their last token has expired: no valid token is refused.
    With --compromised the new key signs at once, and every token of before is refused.
    """
    os.umask(0o077)  # looking for a database makes a file
    made = _rotated(Settings.from_environment(), compromised=compromised)
    shown = {"kid": made.key.kid, "activateTime": made.activate_time.isoformat()}
    said = f"The key {made.key.kid} signs from {made.activate_time:%Y-%m-%d %H:%M:%S} UTC on."
    click.echo(json.dumps(shown) if in_json else said)


def _rotated(settings: Settings, *, compromised: bool) -> SigningKey:
    database = Database(settings.database)
    try:
        schema.require_current(database)
        vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
        ring = KeyRing(database, vault)
        return ring.replace() if compromised else ring.rotate()
    except StorageUnavailable as error:
        raise unusable(settings, error) from error
    finally:
        database.close()

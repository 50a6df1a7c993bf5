"""``spe-gateway rotate-keys``: another key for the access tokens, or for what is stored."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import rich_click as click

from gateway.broker.key_ring import KeyRing, SigningKey
from gateway.cli.counting import counted
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.errors import StorageUnavailable
from gateway.settings import Settings
from gateway.storage import schema, sealed
from gateway.storage.database import Database, unusable
from gateway.storage.sealed import Tally
from gateway.storage.vault import Vault, load_keys


@click.command(
    "rotate-keys",
    epilog=examples(
        "spe-gateway rotate-keys",
        "spe-gateway rotate-keys --compromised --json",
        "spe-gateway rotate-keys --master",
    ),
)
@click.option("--compromised", is_flag=True, help="Refuse the tokens of all other keys at once.")
@click.option(
    "--master", is_flag=True, help="Encrypt what is stored with the first of the master keys."
)
@click.option("--json", "in_json", is_flag=True, help="JSON instead of a sentence.")
def rotate_keys(*, compromised: bool, master: bool, in_json: bool) -> None:
    """Make a new key for access tokens, while the gateway runs.

    The new key is published at once and signs two minutes later, when everybody can know it. The
    keys before it are accepted until their last token has expired: no valid token is refused.
    With --compromised the new key signs at once, and every token of before is refused.

    With --master no key is made: what older master keys encrypted is encrypted with the first one,
    and the older ones are not needed any more, but for backups of before.
    """
    if compromised and master:
        raise click.UsageError("Say --compromised or --master.")
    os.umask(0o077)  # looking for a database makes a file
    if master:
        _show(_renewed(Settings.from_environment()), in_json=in_json)
        return
    made = _rotated(Settings.from_environment(), compromised=compromised)
    shown = {"kid": made.key.kid, "activateTime": made.activate_time.isoformat()}
    said = f"The key {made.key.kid} signs from {made.activate_time:%Y-%m-%d %H:%M:%S} UTC on."
    click.echo(json.dumps(shown) if in_json else said)


def _show(found: Sequence[Tally], *, in_json: bool) -> None:
    """Print what was renewed; fail if something is not readable any more."""
    renewed = sum(each.older for each in found)
    if in_json:
        click.echo(json.dumps({"renewed": renewed, "places": [vars(each) for each in found]}))
    else:
        click.echo(f"{counted(renewed, 'secret')} encrypted with the first master key.")
    lost = [f"{each.lost} in {each.place}" for each in found if each.lost]
    if lost:
        raise Failure(f"No master key fits {', '.join(lost)}: keep every key that there is.")


def _renewed(settings: Settings) -> list[Tally]:
    with _stored(settings) as (database, vault):
        return [sealed.renew(database, vault, place) for place in sealed.PLACES]


def _rotated(settings: Settings, *, compromised: bool) -> SigningKey:
    with _stored(settings) as (database, vault):
        ring = KeyRing(database, vault)
        return ring.replace() if compromised else ring.rotate()


@contextmanager
def _stored(settings: Settings) -> Iterator[tuple[Database, Vault]]:
    database = Database(settings.database)
    try:
        schema.require_usable(database)
        yield database, Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    except StorageUnavailable as error:
        raise unusable(settings.database, error) from error
    finally:
        database.close()

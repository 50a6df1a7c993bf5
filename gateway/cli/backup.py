"""``spe-gateway backup``: all rows in one file, while the gateway goes on."""

import json
import os
from pathlib import Path

import rich_click as click
from rich.console import Console

from gateway.cli.examples import examples
from gateway.cli.rows import advance_of, rows_bar
from gateway.errors import StorageUnavailable
from gateway.serving import unusable
from gateway.settings import Settings
from gateway.storage import backup as backups
from gateway.storage import schema
from gateway.storage.backup import Manifest
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys


@click.command(
    epilog=examples(
        "spe-gateway backup /backup/gateway.zip",
        "spe-gateway backup --json /backup/gateway.zip",
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as JSON.")
def backup(file: Path, *, as_json: bool) -> None:
    """Write all that the database holds to FILE, as it is at one moment.

    The gateway may be running. Secrets stay encrypted; neither the master keys nor the witness
    are in it: keep the keys elsewhere, and the witness where it is.
    """
    os.umask(0o077)
    settings = Settings.from_environment()
    database = Database(settings.database)
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    try:
        schema.require_current(database)
        with rows_bar(Console(stderr=True), quiet=as_json) as bar:
            manifest = backups.write(database, vault, file, advance_of(bar))
    except StorageUnavailable as error:
        raise unusable(settings, error) from error
    finally:
        database.close()
    click.echo(
        json.dumps({"file": str(file), **manifest.document()}) if as_json else _said(manifest, file)
    )


def _said(manifest: Manifest, file: Path) -> str:
    return (
        f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables, "
        f"schema {manifest.revision}, as of {manifest.create_time:%Y-%m-%d %H:%M:%S} UTC."
    )

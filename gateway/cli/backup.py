"""``spe-gateway backup``: all rows in one file, while the gateway goes on."""

import json
import os
from pathlib import Path

import rich_click as click
from rich.console import Console

from gateway.cli.counting import counted
from gateway.cli.examples import examples
from gateway.cli.rows import advance_of, rows_bar
from gateway.errors import StorageUnavailable
from gateway.settings import Settings
from gateway.storage import backup as backups
from gateway.storage import schema
from gateway.storage.backup import Manifest
from gateway.storage.database import Database, unusable
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
        raise unusable(settings.database, error) from error
    finally:
        database.close()
    witness = settings.witness_file if settings.witness_file.exists() else None
    told = {"file": str(file), "witness": witness and str(witness), **manifest.document()}
    click.echo(json.dumps(told) if as_json else _said(manifest, file))
    if not as_json:
        click.echo(_about(witness, settings), err=True)


def _said(manifest: Manifest, file: Path) -> str:
    return (
        f"{file}: {counted(manifest.rows, 'row')} of {counted(len(manifest.tables), 'table')}, "
        f"schema {manifest.revision}, as of {manifest.create_time:%Y-%m-%d %H:%M:%S} UTC."
    )


def _about(witness: Path | None, settings: Settings) -> str:
    """Return what else a restore needs."""
    if witness is not None:
        return f"Not in it, and needed to restore it: the master keys, and the witness {witness}."
    return (
        f"There is no witness {settings.witness_file}: a restore could not tell who was let go "
        "since, and would disable every client. 'spe-gateway serve' begins one; if there was one, "
        "put it back, or a copy from another host."
    )

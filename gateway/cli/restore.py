"""``spe-gateway restore``: a database from a backup, and nobody who was let go comes back."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import rich_click as click
from rich.console import Console

from gateway.broker.recovery import Recovery, Report
from gateway.cli.examples import examples
from gateway.cli.init import alone
from gateway.cli.rows import advance_of, rows_bar
from gateway.errors import StorageUnavailable
from gateway.serving import unusable
from gateway.settings import Settings
from gateway.storage.backup import Archive
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys
from gateway.storage.witness import Witness

WORDS = {
    "clients_deleted": "clients deleted again",
    "clients_disabled": "clients disabled",
    "resellers_changed": "resellers with the bounds they had last",
    "resellers_made": "owners made anew, suspended",
    "instances_moved": "instances with the owner they had last",
    "instances_changed": "instances with the state they had last",
    "names_lost": "names on deployments that are not known any more",
    "operations_ended": "operations ended as unknown",
}


@click.command(
    epilog=examples(
        "spe-gateway restore /backup/gateway.zip",
        "spe-gateway restore --replace /backup/gateway.zip",
        "spe-gateway restore --reconcile    after pg_restore or a copy of gateway.db",
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--reconcile", is_flag=True, help="No FILE: the database was restored by other means."
)
@click.option("--replace", is_flag=True, help="Remove what the database holds now; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--without-witness",
    is_flag=True,
    help="The witness is lost: disable every client, and make a new operator.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def restore(
    file: Path | None,
    *,
    reconcile: bool,
    replace: bool,
    yes: bool,
    without_witness: bool,
    as_json: bool,
) -> None:
    """Fill an empty database from FILE, a backup; stop every gateway before.

    The witness says what happened since: clients that changed stay out, instances go to the owner
    they had last, all tokens are void, what was under way ends as unknown. All of it is done, or
    nothing.
    """
    if (file is None) != reconcile or (replace and reconcile):
        raise click.UsageError("Name a FILE, or say --reconcile.")
    if replace and not yes:
        click.confirm("Remove what the database holds now?", abort=True, err=True)
    os.umask(0o077)
    settings = Settings.from_environment()
    with _recovery(settings) as recovery, rows_bar(Console(stderr=True), quiet=as_json) as bar:
        advance, follow = advance_of(bar), not without_witness
        if file is None:
            report = recovery.reconcile(follow=follow)
        else:
            archive = Archive(file, recovery.vault, advance)
            fill = recovery.replace if replace else recovery.restore
            report = fill(archive, advance, follow=follow)
    click.echo(json.dumps(_document(report)) if as_json else _said(report))


@contextmanager
def _recovery(settings: Settings) -> Iterator[Recovery]:
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    with alone(settings):
        database = Database(settings.database)
        try:
            witness = Witness(settings.witness_file, database)
            yield Recovery(database, vault, witness, timedelta(days=settings.grace_days))
        except StorageUnavailable as error:
            raise unusable(settings, error) from error
        finally:
            database.close()


def _document(report: Report) -> dict[str, Any]:
    told = {name: value for name, value in vars(report).items() if name in {*WORDS, *NUMBERS}}
    keys = {name: "".join(_camel(name)) for name in told}
    made = report.operator
    operator = made and {"clientId": made.client_id, "clientSecret": made.client_secret}
    aside = report.witness_aside and str(report.witness_aside)
    return {
        **{keys[name]: told[name] for name in told},
        "operator": operator,
        "witnessAside": aside,
    }


NUMBERS = ("facts", "epoch", "tokens_revoked", "names_kept")


def _camel(name: str) -> Iterator[str]:
    first, *rest = name.split("_")
    yield first
    yield from (word.capitalize() for word in rest)


def _said(report: Report) -> str:
    lines = [f"The witness knew {report.facts} facts more. All tokens of before are void."]
    for name, words in WORDS.items():
        lines += _listed(words, getattr(report, name))
    lines.append(f"{report.names_kept} names kept for their last owner.")
    if report.witness_aside:
        lines.append(f"The former witness lies in {report.witness_aside}.")
    if report.operator:
        lines += [
            "No operator was left. A new one, shown this once:",
            f"  client id      {report.operator.client_id}",
            f"  client secret  {report.operator.client_secret}",
        ]
    return "\n".join(lines)


def _listed(words: str, ids: object) -> list[str]:
    if not isinstance(ids, list) or not ids:
        return []
    return [f"{len(ids)} {words}:", *(f"  {each}" for each in ids)]

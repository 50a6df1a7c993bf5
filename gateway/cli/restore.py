"""``spe-gateway restore``: a database from a backup, and nobody who was let go comes back."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import rich_click as click
from rich.console import Console

from gateway.broker.recovery import Recovery, Report
from gateway.cli.asking import confirm
from gateway.cli.counting import counted
from gateway.cli.examples import examples
from gateway.cli.init import alone
from gateway.cli.rows import advance_of, rows_bar
from gateway.errors import StorageUnavailable
from gateway.settings import Settings
from gateway.storage.backup import Archive
from gateway.storage.database import Database, unusable
from gateway.storage.vault import Vault, load_keys
from gateway.storage.witness import Witness

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "clients_deleted": ("client", "deleted again"),
    "clients_disabled": ("client", "disabled"),
    "webhooks_deleted": ("webhook", "deleted again"),
    "webhooks_disabled": ("webhook", "disabled"),
    "resellers_changed": ("reseller", "with the bounds known last"),
    "resellers_limited": ("reseller", "with the quotas known last"),
    "resellers_made": ("owner", "made anew, suspended"),
    "instances_moved": ("instance", "with the owner known last"),
    "instances_changed": ("instance", "with the state known last"),
    "names_lost": ("name", "on deployments that are not known any more"),
    "operations_ended": ("operation", "ended as unknown"),
}
"""What each list of the report is, in words."""

NUMBERS: Final = ("facts", "epoch", "tokens_revoked", "names_kept")


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
    if replace:
        confirm("--replace removes what the database holds now", yes=yes)
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
    click.echo(
        json.dumps(_document(report)) if as_json else "\n".join(_said(report, follow=follow))
    )


@contextmanager
def _recovery(settings: Settings) -> Iterator[Recovery]:
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    with alone(settings):
        database = Database(settings.database)
        try:
            witness = Witness(settings.witness_file, database)
            yield Recovery(database, vault, witness, timedelta(days=settings.grace_days))
        except StorageUnavailable as error:
            raise unusable(settings.database, error) from error
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


def _camel(name: str) -> Iterator[str]:
    first, *rest = name.split("_")
    yield first
    yield from (word.capitalize() for word in rest)


def _said(report: Report, *, follow: bool) -> Iterator[str]:
    yield _known(report, follow=follow)
    yield "All tokens of before are void: clients fetch new ones."
    for name, (noun, words) in WORDS.items():
        yield from _listed(noun, words, getattr(report, name))
    if report.names_kept:
        yield f"{counted(report.names_kept, 'name')} kept for the last owner."
    if report.witness_aside:
        yield f"The former witness lies in {report.witness_aside}."
    if report.operator:
        yield "No operator was left. A new one, shown this once:"
        yield f"  client id      {report.operator.client_id}"
        yield f"  client secret  {report.operator.client_secret}"
    yield "What each of this means, and what to do next: docs/runbooks/restore.md."


def _known(report: Report, *, follow: bool) -> str:
    if not follow:
        return (
            "The witness was not followed: what happened since the backup is not known, "
            "so every client is disabled."
        )
    if not report.facts:
        return "The witness knows of nothing that has changed since."
    return f"The witness knew {counted(report.facts, 'fact')} more, and all of it counts again."


def _listed(noun: str, words: str, ids: Sequence[str]) -> Iterator[str]:
    if ids:
        yield f"{counted(len(ids), noun)} {words}:"
        yield from (f"  {each}" for each in ids)

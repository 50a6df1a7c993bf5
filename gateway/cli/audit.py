"""``spe-gateway audit``: whether the audit log is whole."""

import json
import sys
from dataclasses import asdict

import rich_click as click
from rich.console import Console
from sqlalchemy import func, select

from gateway.cli.examples import examples
from gateway.cli.rows import rows_bar
from gateway.errors import StorageUnavailable
from gateway.serving import unusable
from gateway.settings import Settings
from gateway.storage import schema
from gateway.storage.audit_verification import Fault, Finding, Verdict
from gateway.storage.audit_verification import verify as walk
from gateway.storage.database import Database
from gateway.storage.tables import audit_log
from gateway.storage.witness import Witness

BROKEN = 1
WORDS = {
    Fault.ALTERED: "was altered, or what stands before it was",
    Fault.REMOVED: "is missing",
    Fault.TRUNCATED: "and whatever followed are missing",
    Fault.INSERTED: "was never numbered",
    Fault.REWRITTEN: "is not the one that was anchored: the chain was written anew",
}


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("spe-gateway audit verify", "spe-gateway audit verify --json"),
)
def audit() -> None:
    """Look after the audit log."""


@audit.command(epilog=examples("spe-gateway audit verify", "spe-gateway audit verify --json"))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(*, as_json: bool) -> None:
    """Walk every chain of the audit log, and say where one is broken.

    Rows that were altered, removed, put in between or cut off at the end; and operations that
    changed something without an intent. Status 1 if there is any. The gateway may be running.
    """
    settings = Settings.from_environment()
    database = Database(settings.database)
    try:
        schema.require_current(database)
        verdict = _verdict(database, Witness(settings.witness_file, database), quiet=as_json)
    except StorageUnavailable as error:
        raise unusable(settings, error) from error
    finally:
        database.close()
    click.echo(json.dumps(asdict(verdict)) if as_json else _said(verdict))
    if verdict.findings:
        sys.exit(BROKEN)


def _verdict(database: Database, witness: Witness, *, quiet: bool) -> Verdict:
    witnessed = list(witness.read())  # before the database, which then knows all of it
    with database.snapshot() as connection, rows_bar(Console(stderr=True), quiet=quiet) as bar:
        total = connection.execute(select(func.count()).select_from(audit_log)).scalar_one()
        task = bar.add_task("audit log", total=total)
        return walk(connection, witnessed, lambda rows: bar.advance(task, rows))


def _said(verdict: Verdict) -> str:
    known = (
        f"{verdict.rows} rows in {verdict.chains} chains, {verdict.anchors} anchors, "
        f"{verdict.waiting} rows without a number yet."
    )
    lost = (
        f" The database was restored {verdict.restores} times; rows after the backup are lost."
        if verdict.restores
        else ""
    )
    found = [_line(finding) for finding in verdict.findings] or ["The audit log is whole."]
    return "\n".join([*found, known + lost])


def _line(finding: Finding) -> str:
    if finding.fault is Fault.NO_INTENT:
        return f"{finding.reseller}: the operation {finding.operation} has no intent."
    return f"{finding.reseller}: row {finding.number} {WORDS[finding.fault]}."

"""``spe-gateway audit``: whether the audit log is whole."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

import rich_click as click
from rich.console import Console
from sqlalchemy import func, select

from gateway.cli.counting import counted, listed
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
WITHOUT_WITNESS = (
    "There is no witness {}: whether the end of the log was cut off, or all of it written anew, "
    "cannot be told. 'spe-gateway serve' begins one; if there was one, put it back, or a copy from "
    "another host, and verify again."
)


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
    witness = settings.witness_file if settings.witness_file.exists() else None
    told = {**asdict(verdict), "witness": witness and str(witness)}
    click.echo(json.dumps(told) if as_json else "\n".join(_said(verdict)))
    if witness is None and not as_json:
        click.echo(WITHOUT_WITNESS.format(settings.witness_file), err=True)
    if verdict.findings:
        sys.exit(BROKEN)


def _verdict(database: Database, witness: Witness, *, quiet: bool) -> Verdict:
    witnessed = list(witness.read())  # before the database, which then knows all of it
    with database.snapshot() as connection, rows_bar(Console(stderr=True), quiet=quiet) as bar:
        total = connection.execute(select(func.count()).select_from(audit_log)).scalar_one()
        task = bar.add_task("audit log", total=total)
        return walk(connection, witnessed, lambda rows: bar.advance(task, rows))


def _said(verdict: Verdict) -> Iterator[str]:
    yield from map(_line, verdict.findings)
    if verdict.findings:
        yield f"{counted(len(verdict.findings), 'finding')}: see docs/runbooks/audit-broken.md."
    else:
        yield "The audit log is whole."
    yield from _known(verdict)


def _known(verdict: Verdict) -> Iterator[str]:
    """Yield how much there is; of what there is nothing, nothing is said."""
    held = [(verdict.rows, "row"), (verdict.chains, "chain"), (verdict.anchors, "anchor")]
    if verdict.rows:
        yield f"{listed(held)}."
    if verdict.waiting:
        yield f"{counted(verdict.waiting, 'row')} without a number yet; a running gateway gives it."
    if verdict.restores:
        times = "once" if verdict.restores == 1 else f"{verdict.restores} times"
        yield f"The database was restored {times}; rows after the backup are lost."


def _line(finding: Finding) -> str:
    if finding.fault is Fault.NO_INTENT:
        return f"{finding.reseller}: the operation {finding.operation} has no intent."
    return f"{finding.reseller}: row {finding.number} {WORDS[finding.fault]}."

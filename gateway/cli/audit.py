"""``spe-gateway audit``: whether the audit log is whole, and what is in it."""

from collections.abc import Iterator

import rich_click as click

from gateway.cli.audit_list import LOG
from gateway.cli.counting import counted, listed
from gateway.cli.examples import examples
from gateway.cli.nouns.group import add_row
from gateway.cli.verification import Verification, restored
from gateway.storage.audit_verification import Fault, Finding, Verdict
from gateway.storage.audit_verification import verify as walk
from gateway.storage.tables import audit_log

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
    epilog=examples(
        "spe-gateway audit verify", "spe-gateway audit list --since 2026-11-01T00:00:00Z"
    ),
)
def audit() -> None:
    """Look after the audit log, and read it."""


add_row(audit, LOG)


@audit.command(epilog=examples("spe-gateway audit verify", "spe-gateway audit verify --json"))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(*, as_json: bool) -> None:
    """Walk every chain of the audit log, and say where one is broken.

    Rows that were altered, removed, put in between or cut off at the end; and operations that
    changed something without an intent. Status 1 if there is any. The gateway may be running.
    """
    VERIFICATION.run(as_json=as_json)


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
        yield restored(verdict.restores, "rows after the backup are lost")


def _line(finding: Finding) -> str:
    if finding.fault is Fault.NO_INTENT:
        return f"{finding.reseller}: the operation {finding.operation} has no intent."
    return f"{finding.reseller}: row {finding.number} {WORDS[finding.fault]}."


VERIFICATION = Verification("audit log", audit_log, walk, _said, WITHOUT_WITNESS)

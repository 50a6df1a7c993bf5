"""``spe-gateway statements``: what is billed, and whether it is what was read."""

from collections.abc import Iterator

import rich_click as click

from gateway.billing.verification import Fault, Finding, Verdict
from gateway.billing.verification import verify as walk
from gateway.cli.counting import counted, listed
from gateway.cli.examples import examples
from gateway.cli.statement_rows import add_statement_rows
from gateway.cli.verification import Verification, restored
from gateway.storage.tables import statements as table

WORDS = {
    Fault.ENTRY_ALTERED: "was altered, or what stands before it was",
    Fault.ENTRY_REMOVED: "is missing",
    Fault.ENTRY_INSERTED: "was never numbered",
    Fault.CHAIN_REWRITTEN: "is not the one that was anchored: the chain was written anew",
    Fault.CLOSED_TWICE: "was closed more than once",
    Fault.STATEMENT_REMOVED: "was closed, and is gone",
    Fault.STATEMENT_INSERTED: "was never closed",
    Fault.STATEMENT_ALTERED: "is not what was closed",
    Fault.LINE_ALTERED: "is not what was put down",
    Fault.LINE_REMOVED: "is missing",
    Fault.LINE_INSERTED: "was never put down",
    Fault.READING_ALTERED: "rests on other readings than those that there are",
    Fault.RAW_ALTERED: "rests on answers that are gone, or not what they were",
    Fault.MISCOUNTED: "is not what the answers come to",
}
WITHOUT_WITNESS = (
    "There is no witness {}: whether the end of a chain was cut off, or all of it written anew, "
    "cannot be told. If there was one, put it back, or a copy from another host, and verify again."
)
EXAMPLES = examples("spe-gateway statements verify", "spe-gateway statements verify --json")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("spe-gateway statements list", "spe-gateway statements verify"),
)
def statements() -> None:
    """See the monthly statements over REST; look after them where the database is."""


add_statement_rows(statements)


@statements.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def verify(*, as_json: bool) -> None:
    """Walk the chains of the statements, and count every closed month once more.

    Finds entries, statements, lines, corrections, readings and raw answers that were altered,
    removed or put in, and figures that are not what the answers come to. Status 1 if there is any.

    Answers are kept until a statement has been closed for two months. Of older ones the chain
    alone is verified, and the output says of how many. The gateway may be running.
    """
    VERIFICATION.run(as_json=as_json)


def _said(verdict: Verdict) -> Iterator[str]:
    yield from map(_line, verdict.findings)
    if verdict.findings:
        found = counted(len(verdict.findings), "finding")
        yield f"{found}: see docs/runbooks/statements-broken.md."
    elif verdict.entries:
        yield "The statements are whole."
    else:
        yield "No month was closed yet."
    yield from _known(verdict)


def _known(verdict: Verdict) -> Iterator[str]:
    """Yield how much there is; of what there is nothing, nothing is said."""
    held = [
        (verdict.statements, "statement"),
        (verdict.chains, "chain"),
        (verdict.entries, "row"),
        (verdict.anchors, "anchor"),
    ]
    if verdict.statements or verdict.entries:
        yield f"{listed(held)}."
    if verdict.recounted:
        yield f"{counted(verdict.recounted, 'statement')} counted once more from the raw answers."
    if verdict.past:
        yield (
            f"{counted(verdict.past, 'statement')} whose raw answers are not kept any more: there "
            "the chain alone was verified."
        )
    if verdict.restores:
        yield restored(verdict.restores, "what was closed after the backup is lost")


def _line(finding: Finding) -> str:
    about = [finding.reseller]
    if finding.statement is not None:
        about.append(finding.statement)
    if finding.subject is not None:
        about.append(finding.subject)
    return f"{': '.join(about)}: {_noun(finding)} {WORDS[finding.fault]}."


def _noun(finding: Finding) -> str:
    if finding.fault.startswith(("entry", "chain")):
        return f"row {finding.number} of the chain" if finding.number else "a row of the chain"
    return f"line {finding.number}" if finding.number else "the statement"


VERIFICATION = Verification("statements", table, walk, _said, WITHOUT_WITNESS)

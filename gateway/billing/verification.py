"""Walks the chains of the statements, and counts every closed month once more.

The chain says what was closed, the lines what is shown of it, and the raw answers what it was made
of. Whoever alters one of them is found by the others; whoever alters all of them in accord, and
the chain to its end, is found by the witness, which lies outside of the database.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection

from gateway.billing.evidence import evidence
from gateway.billing.recount import Answers, Held, counted_month
from gateway.billing.retention import KEPT
from gateway.billing.sums import totals
from gateway.errors import GatewayError
from gateway.model import (
    EntryKind,
    LineKind,
    Measure,
    Month,
    Prefix,
    Statement,
    StatementEntry,
    StatementLine,
    StatementStatus,
    now,
)
from gateway.storage import statements
from gateway.storage.audit_verification import anchors_of, restores
from gateway.storage.chains import GENESIS
from gateway.storage.facts import Fact
from gateway.storage.statements import digest_of, hash_of, told
from gateway.storage.witness import Attested

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What comes of a row that was altered into something else than a row of ours."""

Advance = Callable[[int], None]
"""Called with how many statements were looked at since the last time."""


class Fault(StrEnum):
    """What is wrong with the statements of a reseller."""

    ENTRY_ALTERED = "entry-altered"
    """The hash of an entry is not that of what it says after the entry before."""

    ENTRY_REMOVED = "entry-removed"
    """An entry is not there, but was counted, anchored, or later ones are there."""

    ENTRY_INSERTED = "entry-inserted"
    """There are more entries than were ever numbered."""

    CHAIN_REWRITTEN = "chain-rewritten"
    """The chain is whole in itself, but not the one that was anchored."""

    CLOSED_TWICE = "closed-twice"
    """A month was closed more than once."""

    STATEMENT_REMOVED = "statement-removed"
    """The chain closes a month of which there is no statement."""

    STATEMENT_INSERTED = "statement-inserted"
    """There is a statement that the chain never closed."""

    STATEMENT_ALTERED = "statement-altered"
    """Totals, completeness, evidence, month or status are not what the chain has."""

    LINE_ALTERED = "line-altered"
    """A line, or a correction, is not what the chain has."""

    LINE_REMOVED = "line-removed"
    """A line, or a correction, that the chain has is not there."""

    LINE_INSERTED = "line-inserted"
    """There is a line, or a correction, that the chain does not have."""

    READING_ALTERED = "reading-altered"
    """The readings of a deployment or an instance are not those on which the statement rests."""

    RAW_ALTERED = "raw-altered"
    """A raw answer is gone, or is not what it was."""

    MISCOUNTED = "miscounted"
    """The raw answers, and who had the instance, come to other figures than the line."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        fault: what.
        reseller: whose chain or statement.
        statement: which; None for a fault of the chain itself.
        number: of the entry or the line; zero where it is neither.
        subject: the instance or the deployment that is concerned, where one is.
    """

    fault: Fault
    reseller: str
    statement: str | None = None
    number: int = 0
    subject: str | None = None


@dataclass
class Verdict:
    """What was found.

    Attributes:
        chains: how many there are.
        entries: how many rows they have.
        statements: how many statements were held against them.
        recounted: how many of these were counted once more from the raw answers.
        past: how many were not: their raw answers are not kept any more.
        anchors: how many anchors were held against the chains.
        restores: how often the database was restored; what was closed since then was lost with it.
        findings: none, if all is well.
    """

    chains: int = 0
    entries: int = 0
    statements: int = 0
    recounted: int = 0
    past: int = 0
    anchors: int = 0
    restores: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(connection: Connection, witnessed: Sequence[Attested], advance: Advance) -> Verdict:
    """Verify the statements of all resellers.

    Args:
        connection: shows the database as it is at one moment, not before the facts.
        witnessed: all facts, as the witness has them.
        advance: is told of the progress.
    """
    verdict = Verdict(restores=len(restores(witnessed)))
    anchors, heads = anchors_of(witnessed, Fact.STATEMENTS), statements.heads(connection)
    recounts = Recounts(connection)
    for reseller in sorted({*statements.chains(connection), *anchors}):
        mine = anchors.get(reseller, {})
        entries = _entries(connection, reseller, verdict)
        verdict.findings += _chain(reseller, entries, mine, heads.get(reseller, 0))
        verdict.chains += 1
        verdict.entries += len(entries)
        verdict.anchors += len(mine)
        found = statements.of(connection, reseller)
        verdict.findings += _missing(reseller, entries, found)
        for statement in found:
            said = [each for each in entries if each.statement == statement.id]
            try:
                verdict.findings += list(_statement(connection, statement, said))
                _recount(recounts, statement, verdict)
            except UNREADABLE:
                verdict.findings.append(_about(Fault.STATEMENT_ALTERED, statement))
            verdict.statements += 1
            advance(1)
    return verdict


def _entries(connection: Connection, reseller: str, verdict: Verdict) -> Sequence[StatementEntry]:
    """Return a chain; none of it if it cannot be read, which is noted."""
    try:
        return statements.entries(connection, reseller)
    except UNREADABLE:
        verdict.findings.append(Finding(Fault.ENTRY_ALTERED, reseller))
        return []


def _chain(
    reseller: str, entries: Sequence[StatementEntry], anchors: Mapping[int, str], head: int
) -> Iterator[Finding]:
    """Yield where a chain is broken in itself, or is another one than was anchored."""
    previous: str | None = GENESIS
    last = 0
    for entry in entries:
        if entry.number != last + 1:
            yield Finding(Fault.ENTRY_REMOVED, reseller, number=last + 1)
            previous = None  # what came before is not known
        if previous is not None and not _follows(entry, previous):
            yield Finding(Fault.ENTRY_ALTERED, reseller, entry.statement, entry.number)
        elif anchors.get(entry.number, entry.hash) != entry.hash:
            yield Finding(Fault.CHAIN_REWRITTEN, reseller, number=entry.number)
        previous, last = entry.hash, entry.number
    if max([head, *anchors]) > last:
        yield Finding(Fault.ENTRY_REMOVED, reseller, number=last + 1)
    if last > head:
        yield Finding(Fault.ENTRY_INSERTED, reseller, number=head + 1)


def _follows(entry: StatementEntry, previous: str) -> bool:
    return isinstance(entry.payload, dict) and entry.hash == hash_of(previous, entry)


def _missing(
    reseller: str, entries: Sequence[StatementEntry], found: Sequence[Statement]
) -> Iterator[Finding]:
    """Yield months that were closed twice, or of which there is no statement."""
    closings = Counter(each.statement for each in entries if each.kind == EntryKind.CLOSED)
    known = {statement.id for statement in found}
    for statement, times in closings.items():
        if times > 1:
            yield Finding(Fault.CLOSED_TWICE, reseller, statement)
    for statement in dict.fromkeys(each.statement for each in entries):
        if statement not in known:
            yield Finding(Fault.STATEMENT_REMOVED, reseller, statement)


def _statement(
    connection: Connection, statement: Statement, entries: Sequence[StatementEntry]
) -> Iterator[Finding]:
    """Yield where a statement and its lines are not what the chain has."""
    closing = next((each for each in entries if each.kind == EntryKind.CLOSED), None)
    if closing is None or not isinstance(closing.payload, dict):
        yield Finding(Fault.STATEMENT_INSERTED, statement.reseller, statement.id)
        return
    if not _agrees(statement, closing, entries):
        yield Finding(Fault.STATEMENT_ALTERED, statement.reseller, statement.id)
    digests = [*closing.payload["lines"]]
    digests += [each.payload["line"] for each in entries if each.kind == EntryKind.CORRECTED]
    lines = {line.number: line for line in statements.lines(connection, statement.id)}
    for number, digest in enumerate(digests, start=1):
        line = lines.pop(number, None)
        if line is None:
            yield _about(Fault.LINE_REMOVED, statement, number)
        elif digest_of(line.content) != digest:
            yield _about(Fault.LINE_ALTERED, statement, number, line.instance)
    for number, line in lines.items():
        yield _about(Fault.LINE_INSERTED, statement, number, line.instance)


def _agrees(
    statement: Statement, closing: StatementEntry, entries: Sequence[StatementEntry]
) -> bool:
    """Whether the row of a statement says what the chain has of it."""
    last = entries[-1].kind
    is_acknowledged = last == EntryKind.ACKNOWLEDGED
    status = StatementStatus.ACKNOWLEDGED if is_acknowledged else StatementStatus.CLOSED
    acknowledged = [each for each in entries if each.kind == EntryKind.ACKNOWLEDGED]
    by = acknowledged[-1].payload["client"] if acknowledged else None
    time = acknowledged[-1].create_time if acknowledged else None
    return (
        closing.payload["month"] == statement.month
        and closing.payload["closeTime"] == told(statement.close_time)
        and closing.payload["figures"] == statement.figures
        and closing.payload["evidence"] == digest_of(statement.evidence)
        and statement.status == status
        and (statement.acknowledged_by, statement.acknowledge_time) == (by, time)
    )


def _about(
    fault: Fault, statement: Statement, number: int = 0, subject: str | None = None
) -> Finding:
    return Finding(fault, statement.reseller, statement.id, number, subject)


class Recounts:
    """Months of deployments, each counted once, whosoever's statements rest on them.

    Args:
        connection: shows the database as it is at one moment.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._answers = Answers(connection)
        self._found: dict[tuple[str, Month], Mapping[str, Held]] = {}

    def of(self, deployment: str, month: Month) -> Mapping[str, Held]:
        """Return what was read of each instance of a deployment.

        Raises:
            GatewayError: an answer is gone, is not what its digest says, or says nothing.
        """
        key = (deployment, month)
        if key not in self._found:
            self._found[key] = counted_month(self.connection, self._answers, deployment, month)
        return self._found[key]


def _recount(recounts: Recounts, statement: Statement, verdict: Verdict) -> None:
    """Count a statement once more, as long as its raw answers are kept."""
    if statement.close_time is None or statement.close_time + KEPT < now():
        verdict.past += 1
        return
    verdict.recounted += 1
    lines = statements.lines(recounts.connection, statement.id)
    usage = [line for line in lines if line.kind is LineKind.USAGE]
    verdict.findings += _readings(recounts.connection, statement)
    verdict.findings += _lines(recounts, statement, usage)
    if totals(usage) != statement.figures["totals"]:
        verdict.findings.append(_about(Fault.MISCOUNTED, statement))


def _readings(connection: Connection, statement: Statement) -> Iterator[Finding]:
    """Yield the subjects whose readings are others than those that were put down."""
    subjects: dict[bool, list[str]] = defaultdict(list)
    for subject in statement.evidence:
        subjects[subject.startswith(f"{Prefix.DEPLOYMENT}_")].append(subject)
    month = Month.named(statement.month)
    present = evidence(connection, month, subjects[True], subjects[False])
    for subject, known in statement.evidence.items():
        if present[subject] != known:
            yield _about(Fault.READING_ALTERED, statement, subject=subject)


def _lines(
    recounts: Recounts, statement: Statement, usage: Sequence[StatementLine]
) -> Iterator[Finding]:
    """Yield the lines that the raw answers do not come to, and instances that have none."""
    month = Month.named(statement.month)
    lined = {line.instance: line for line in usage}
    deployments = {name for name in statement.evidence if name.startswith(f"{Prefix.DEPLOYMENT}_")}
    for deployment in sorted(deployments):
        try:
            found = recounts.of(deployment, month)
        except GatewayError:
            yield _about(Fault.RAW_ALTERED, statement, subject=deployment)
            continue
        there = {name for name, line in lined.items() if line.deployment == deployment}
        for instance in sorted({*found, *there}, key=str):
            line, held = lined.get(instance), found.get(str(instance))
            if not _comes_to(held, statement.reseller, line):
                number = line.number if line else 0
                yield _about(Fault.MISCOUNTED, statement, number, instance)


def _comes_to(held: Held | None, reseller: str, line: StatementLine | None) -> bool:
    """Whether what was read of an instance comes to what its line says."""
    figures = line.figures["measures"] if line else {}
    if held is None:
        return not figures
    return all(held.allows(reseller, each, figures.get(str(each))) for each in Measure)

"""Walks the chains of the audit log and says where they are broken.

The hashes alone tell of a row that was altered, removed or put in between. That the end was cut
off, or a whole chain written anew, tells only what lies outside of the database: the anchors in
the witness.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from gateway.storage import audit_log, outbox
from gateway.storage.audit_log import TOPIC, Entry
from gateway.storage.chains import GENESIS
from gateway.storage.facts import Fact
from gateway.storage.tables import operations
from gateway.storage.witness import Attested

BATCH: Final = 500

Advance = Callable[[int], None]
"""Called with how many rows were looked at since the last time."""


class Fault(StrEnum):
    """What is wrong at a place of a chain."""

    ALTERED = "altered"
    """The hash of the row is not that of what it says after the row before."""

    REMOVED = "removed"
    """The row is not there, but later ones are."""

    TRUNCATED = "truncated"
    """The row is not there, nor any later one, but it was counted or anchored."""

    INSERTED = "inserted"
    """There are more rows than were ever numbered."""

    REWRITTEN = "rewritten"
    """The chain is whole in itself, but not the one that was anchored."""

    NO_INTENT = "no-intent"
    """An operation changes something and has no intent; named by its id."""


@dataclass(frozen=True)
class Finding:
    """A place at which the log is broken.

    Attributes:
        fault: which.
        reseller: whose chain.
        number: of the first row that is concerned; zero where no row is.
        operation: for ``no-intent``.
    """

    fault: Fault
    reseller: str
    number: int
    operation: str | None = None


@dataclass
class Verdict:
    """What was found.

    Attributes:
        chains: how many there are.
        rows: how many were looked at.
        waiting: how many have no number yet.
        anchors: how many anchors were held against them.
        restores: how often the database was restored; rows since then were lost with it.
        findings: none, if all is well.
    """

    chains: int = 0
    rows: int = 0
    waiting: int = 0
    anchors: int = 0
    restores: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(connection: Connection, witnessed: Sequence[Attested], advance: Advance) -> Verdict:
    """Walk every chain.

    Args:
        connection: shows the database as it is at one moment, not before the facts.
        witnessed: all facts, as the witness has them.
        advance: is told of the progress.
    """
    verdict = Verdict(restores=len(restores(witnessed)))
    anchors, intents = anchors_of(witnessed, Fact.AUDIT), set[str]()
    heads = audit_log.heads(connection)
    for reseller in sorted({*audit_log.chains(connection), *anchors}):
        walk = _Walk(reseller, anchors.get(reseller, {}), heads.get(reseller, 0), intents)
        for entries in _parts(connection, reseller, walk):
            walk.take(entries)
            advance(len(entries))
        walk.end()
        verdict.chains += 1
        verdict.rows += walk.rows
        verdict.anchors += len(walk.anchors)
        verdict.findings += walk.findings
    verdict.waiting = _add_waiting(connection, intents)
    verdict.findings += _without_intent(connection, intents)
    return verdict


class _Walk:
    """The walk along one chain."""

    def __init__(
        self, reseller: str, anchors: Mapping[int, str], head: int, intents: set[str]
    ) -> None:
        self.anchors = anchors
        self.findings: list[Finding] = []
        self.rows = 0
        self.last = 0
        self._reseller = reseller
        self._head = head
        self._intents = intents
        self._previous: str | None = GENESIS

    def take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        self._step_to(entry.number)
        if self._previous is not None and not entry.follows(self._previous):
            self._find(Fault.ALTERED, entry.number)
        elif self.anchors.get(entry.number, entry.hash) != entry.hash:
            self._find(Fault.REWRITTEN, entry.number)
        self._previous = entry.hash
        if entry.payload.get("phase") == "intent":
            self._intents.add(str(entry.payload.get("operation")))

    def skip(self, number: int) -> None:
        """Pass a row that cannot even be read."""
        self._step_to(number)
        self._find(Fault.ALTERED, number)
        self._previous = None

    def _step_to(self, number: int) -> None:
        if number != self.last + 1:
            self._find(Fault.REMOVED, self.last + 1)
            self._previous = None  # what came before is not known
        self.last = number
        self.rows += 1

    def end(self) -> None:
        most = max([self._head, *self.anchors])
        if most > self.last:
            self._find(Fault.TRUNCATED, self.last + 1)
        if self.last > self._head:
            self._find(Fault.INSERTED, self._head + 1)

    def _find(self, fault: Fault, number: int) -> None:
        self.findings.append(Finding(fault, self._reseller, number))


def _parts(connection: Connection, reseller: str, walk: _Walk) -> Iterator[Sequence[Entry]]:
    """Yield a chain in parts; rows that cannot be read are passed one by one."""
    more = True
    while more:
        after = walk.last
        try:
            entries = audit_log.part(connection, reseller, after, BATCH)
        except (ValueError, TypeError):
            numbers = audit_log.numbers(connection, reseller, after, BATCH)
            for number in numbers:
                yield from _one(connection, reseller, number, walk)
            more = len(numbers) == BATCH
        else:
            yield entries
            more = len(entries) == BATCH


def _one(
    connection: Connection, reseller: str, number: int, walk: _Walk
) -> Iterator[Sequence[Entry]]:
    try:
        entries = audit_log.part(connection, reseller, number - 1, 1)
    except (ValueError, TypeError):
        walk.skip(number)
    else:
        yield entries


def restores(witnessed: Sequence[Attested]) -> Sequence[tuple[int, int]]:
    """Return the facts between which each restore has lost rows."""
    return [(fact.state["after"], fact.number) for fact in witnessed if fact.kind == Fact.RESTORE]


def anchors_of(witnessed: Sequence[Attested], kind: Fact) -> Mapping[str, Mapping[int, str]]:
    """Return the hashes by resellers and numbers, but for rows that a restore has lost.

    Args:
        witnessed: all facts, as the witness has them.
        kind: of the facts that anchor the chains in question.
    """
    lost = restores(witnessed)
    anchors: dict[str, dict[int, str]] = defaultdict(dict)
    for fact in witnessed:
        if fact.kind == kind and not any(a < fact.number < b for a, b in lost):
            anchors[fact.object][fact.state["number"]] = fact.state["hash"]
    return anchors


def _add_waiting(connection: Connection, intents: set[str]) -> int:
    """Count the rows without a number, and take their intents too."""
    last, count = 0, 0
    while rows := outbox.after(connection, TOPIC, last, BATCH):
        last, count = rows[-1].id, count + len(rows)
        intents |= {str(r.payload["operation"]) for r in rows if r.payload["phase"] == "intent"}
    return count


def _without_intent(connection: Connection, intents: set[str]) -> Iterator[Finding]:
    query = select(operations.c.id, operations.c.reseller).where(operations.c.changes)
    for row in connection.execute(query.order_by(operations.c.id)):
        if row.id not in intents:
            yield Finding(Fault.NO_INTENT, row.reseller, 0, row.id)

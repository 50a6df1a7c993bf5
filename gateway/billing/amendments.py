"""What is done to a statement after it is closed: agreed to, or corrected. Figures never change."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.errors import InputFault, InvalidInput
from gateway.model import (
    EntryKind,
    EventType,
    Happening,
    LineKind,
    Measure,
    Reach,
    Statement,
    StatementLine,
    StatementStatus,
    now,
)
from gateway.storage import event_log, instances, resellers, statements
from gateway.storage.statements import digest_of


@dataclass(frozen=True)
class Correction:
    """What an operator adds to a closed statement, or takes off.

    Attributes:
        measure: of what.
        amount: how much; negative to take off.
        reason: for whoever reads the statement.
        instance: which it concerns; None for the reseller as a whole.
    """

    measure: Measure
    amount: int
    reason: str
    instance: str | None = None


def acknowledge(connection: Connection, known: Statement, client: str) -> None:
    """Note that a client agrees to a statement; the transaction holds its chain."""
    entry = statements.append(
        connection, known.reseller, known.id, EntryKind.ACKNOWLEDGED, {"client": client}
    )
    values = {
        "status": StatementStatus.ACKNOWLEDGED,
        "acknowledge_time": entry.create_time,
        "acknowledged_by": client,
    }
    statements.change(connection, known.id, values)


def correct(connection: Connection, known: Statement, correction: Correction, client: str) -> None:
    """Add a line to a statement; the transaction holds its chain.

    Raises:
        InvalidInput: the instance was never the reseller's.
    """
    lines = statements.lines(connection, known.id)
    line = _line(connection, known, lines, correction)
    statements.add_line(connection, known.id, line)
    payload = {"client": client, "line": digest_of(line.content)}
    statements.append(connection, known.reseller, known.id, EntryKind.CORRECTED, payload)
    statements.change(connection, known.id, {"status": StatementStatus.CLOSED})
    _tell(connection, known, correction)


def _tell(connection: Connection, known: Statement, correction: Correction) -> None:
    data = {"month": known.month, "measure": str(correction.measure), "amount": correction.amount}
    kind = EventType.STATEMENT_CORRECTED
    owner = resellers.find(connection, Reach("/"), known.reseller)
    if owner is not None:  # else nobody is left to be told
        happening = Happening(kind, known.id, instance=correction.instance, data=data)
        event_log.tell(connection, owner.path, happening)


def _line(
    connection: Connection,
    known: Statement,
    lines: Sequence[StatementLine],
    correction: Correction,
) -> StatementLine:
    figures = {
        "measure": str(correction.measure),
        "amount": correction.amount,
        "reason": correction.reason,
    }
    place = _place(connection, known, lines, correction.instance)
    number = max((line.number for line in lines), default=0) + 1
    return StatementLine(number, LineKind.CORRECTION, correction.instance, place, figures, now())


def _place(
    connection: Connection,
    known: Statement,
    lines: Sequence[StatementLine],
    instance: str | None,
) -> str | None:
    """Return where an instance lies that was the reseller's; also one that was never read.

    Raises:
        InvalidInput: it never was.
    """
    if instance is None:
        return None
    for line in lines:
        if line.instance == instance:
            return line.deployment
    found = instances.tracked(connection, instance)
    if found is None or found.reseller != known.reseller:
        sentence = "This instance was never that of the statement's reseller."
        raise InvalidInput([InputFault("/instance", "NOT_THEIRS", sentence)])
    return found.deployment

"""Statements as their readers see them: of their own reseller and of those below."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from gateway.access.scope import Unrestricted
from gateway.billing import drafting, sums
from gateway.billing.amendments import Correction, acknowledge, correct
from gateway.billing.closing import unclosed
from gateway.billing.explanation import Explanation, Wish, explained
from gateway.errors import Conflict, NotFound
from gateway.model import (
    LineKind,
    Month,
    Reach,
    Reseller,
    Statement,
    StatementEntry,
    StatementLine,
    StatementStatus,
    month_of,
    statement_id,
)
from gateway.storage import resellers, statements
from gateway.storage.database import Database
from gateway.storage.statements import Wanted
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, denied, permit, reached
from gateway.tenancy.caller import Caller, Validated


@dataclass(frozen=True)
class Document:
    """A statement with all that it says to its reader.

    Attributes:
        statement: how far it has come; its figures are those of the lines that the reader sees.
        lines: what each instance used.
        corrections: what was added or taken off after it was closed.
        entry: the last row of the chain about it; None while it is open.
    """

    statement: Statement
    lines: Sequence[StatementLine]
    corrections: Sequence[StatementLine]
    entry: StatementEntry | None

    @property
    def corrected(self) -> Mapping[str, Any]:
        """The totals with the corrections."""
        return sums.corrected(self.statement.figures["totals"], self.corrections)


class Statements:
    """The monthly statements.

    Args:
        database: where they and the readings lie.
        seconds: from one reading of the licences to the next, as it is set.
    """

    def __init__(self, database: Database, seconds: int) -> None:
        self._database = database
        self._seconds = seconds

    def page(self, caller: Caller, wanted: Wanted, before: str, limit: int) -> Sequence[Statement]:
        """Return some statements without their figures, the last months first.

        Raises:
            NotFound: the reseller that is wanted is absent, or outside the caller's tree.
        """
        reach = caller.principal.reach
        if wanted.reseller:
            reached(self._database, caller, wanted.reseller)
        permit(self._database, caller, "statements")
        with self._database.read() as connection:
            closed = statements.page(connection, reach, wanted, before, limit)
            opened = [
                each
                for _, each in _opened(connection, reach)
                if wanted.includes(each) and (not before or each.id < before)
            ]
        return sorted([*closed, *opened], key=lambda each: each.id, reverse=True)[:limit]

    def get(self, caller: Caller, statement: str) -> Document:
        """Return a statement; an open one as it stands.

        Raises:
            NotFound: it is absent, or of a reseller outside the caller's tree.
        """
        return self._document(caller, self.look(caller, statement))

    def look(self, caller: Caller, statement: str) -> Statement:
        """Return a statement, without its figures where it is open; judge the caller.

        Raises:
            NotFound: it is absent, or of a reseller outside the caller's tree.
            PermissionMissing: the caller may not do with it what it asks for.
        """
        with self._database.read() as connection:
            reach = caller.principal.reach
            found = statements.find(connection, reach, statement) or _open(
                connection, reach, statement
            )
        if found is None:
            raise absent(self._database, caller, statement)
        permit(self._database, caller, statement)
        return found

    def acknowledge(self, caller: Caller, statement: str) -> Document:
        """Agree to all that a closed statement says by now.

        Raises:
            NotFound: it is absent, or of a reseller outside the caller's tree.
            PermissionMissing: also for a caller that sees single instances only.
            Conflict: it is open.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        found = self._closed(caller, statement)
        with self._database.write() as connection:
            statements.hold(connection, found.reseller)
            known = _again(connection, caller, statement)
            if known.status is not StatementStatus.ACKNOWLEDGED:
                acknowledge(connection, known, caller.principal.client)
            audit.changed(connection, caller, statement, ["status"])
            if caller.validate_only:
                raise Validated
        return self.get(caller, statement)

    def correct(self, caller: Caller, statement: str, correction: Correction) -> Document:
        """Add a correction to a closed statement, which must be acknowledged anew.

        What was closed stays as it is; the correction is a line of its own.

        Raises:
            NotFound: it is absent.
            PermissionMissing: also for a caller that sees single instances only.
            Conflict: it is open.
            InvalidInput: the instance was never the reseller's.
            Validated: nothing is in the way, and ``validate_only`` asked for no more.
        """
        found = self._closed(caller, statement)
        with self._database.write() as connection:
            statements.hold(connection, found.reseller)
            known = _again(connection, caller, statement)
            correct(connection, known, correction, caller.principal.client)
            audit.changed(connection, caller, statement, ["corrections"])
            if caller.validate_only:
                raise Validated
        return self.get(caller, statement)

    def explain(self, caller: Caller, statement: str, wish: Wish) -> Explanation:
        """Return the readings that a figure consists of.

        Raises:
            NotFound: the statement, or the instance in it, is absent or not the caller's to see.
        """
        document = self.get(caller, statement)
        if wish.instance and wish.instance not in {line.instance for line in document.lines}:
            raise absent(self._database, caller, wish.instance)
        with self._database.snapshot() as connection:
            return explained(connection, document.statement, document.lines, wish)

    def _closed(self, caller: Caller, statement: str) -> Statement:
        found = self.look(caller, statement)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, statement)
        if found.status is StatementStatus.OPEN:
            raise Conflict("The statement is open; it is closed when its month is over.")
        return found

    def _document(self, caller: Caller, found: Statement) -> Document:
        with self._database.snapshot() as connection:
            if found.status is StatementStatus.OPEN:
                month = Month.named(found.month)
                draft = drafting.draft(connection, found.reseller, month, self._seconds)
                found, lines = replace(found, figures=draft.figures), draft.lines
            else:
                lines = statements.lines(connection, found.id)
            entry = statements.last_entry(connection, found.id)
        return _seen(caller.principal.reach, found, lines, entry)


def _seen(
    reach: Reach,
    statement: Statement,
    lines: Sequence[StatementLine],
    entry: StatementEntry | None,
) -> Document:
    """Return what a reader sees: whoever is restricted to instances, what is about these."""
    seen = [line for line in lines if reach.instances is None or line.instance in reach.instances]
    usage = [line for line in seen if line.kind is LineKind.USAGE]
    corrections = [line for line in seen if line.kind is LineKind.CORRECTION]
    if reach.instances is not None:
        statement = replace(statement, figures={**statement.figures, "totals": sums.totals(usage)})
    return Document(statement, usage, corrections, entry)


def _opened(connection: Connection, reach: Reach) -> Iterator[tuple[Reseller, Statement]]:
    """Yield the months of the resellers that are reached which are not closed."""
    closed, beginning = statements.closed_through(connection), statements.beginning(connection)
    for reseller in resellers.every(connection, reach):
        for month in unclosed(reseller, closed.get(reseller.id), beginning):
            yield reseller, _opening(reseller, month)


def _opening(reseller: Reseller, month: Month) -> Statement:
    return Statement(
        statement_id(reseller.id, month), reseller.id, str(month), StatementStatus.OPEN
    )


def _open(connection: Connection, reach: Reach, statement: str) -> Statement | None:
    """Return an open statement that is reached, or None."""
    if month_of(statement) is None:
        return None
    found = (each for _, each in _opened(connection, reach) if each.id == statement)
    return next(found, None)


def _again(connection: Connection, caller: Caller, statement: str) -> Statement:
    """Return a closed statement as it is in this transaction.

    Raises:
        NotFound: it is gone.
    """
    found = statements.find(connection, caller.principal.reach, statement)
    if found is None:
        raise NotFound
    return found

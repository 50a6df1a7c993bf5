"""Months that are over are closed: put down, hashed into the chain, and told."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.billing import drafting
from gateway.billing.drafting import Draft
from gateway.billing.evidence import evidence
from gateway.errors import GatewayError
from gateway.model import (
    Chore,
    EntryKind,
    EventType,
    Happening,
    Month,
    Reach,
    Reseller,
    Statement,
    StatementStatus,
    now,
    statement_id,
)
from gateway.storage import event_log, resellers, statements
from gateway.storage.database import Database
from gateway.storage.statements import digest_of, told

CLOSE: Final = "statements.close"
"""The name of the chore."""

GLANCE_SECONDS: Final = 300.0
"""Between two looks at what can be closed."""

LATEST: Final = timedelta(days=2)
"""So long after the end of a month it is closed, whatever days are missing."""

log = structlog.get_logger()


class Closing:
    """Closes the months of all resellers.

    Args:
        database: where the readings and the statements lie.
        seconds: from one reading of the licences to the next, as it is set.
    """

    def __init__(self, database: Database, seconds: int) -> None:
        self._database = database
        self._seconds = seconds

    @property
    def chore(self) -> Chore:
        """What the worker does."""
        return Chore(CLOSE, GLANCE_SECONDS, self.run)

    def run(self) -> None:
        """Close each month that is over and whole, or so long over that it is not waited for."""
        with self._database.read() as connection:
            due = list(_due(connection))
        for reseller, months in due:
            try:
                self._close_all(reseller, months)
            except GatewayError as error:  # the next look tries again
                log.warning("statement.not_closed", reseller=reseller.id, code=error.code)
            except Exception:  # holds up no other reseller
                log.exception("statement.not_closed", reseller=reseller.id)

    def _close_all(self, reseller: Reseller, months: Sequence[Month]) -> None:
        """Close months one after the other; none before the one before it."""
        for month in months:
            if self.close(reseller, month) is None:
                return

    def close(self, reseller: Reseller, month: Month) -> Statement | None:
        """Close a month, unless it must wait for days that are not added up yet.

        Returns:
            The statement; None where it waits, or was closed by somebody else meanwhile.
        """
        with self._database.snapshot() as connection:
            draft = drafting.draft(connection, reseller.id, month, self._seconds)
            if draft.figures["completeness"]["unclosed"] and now() < month.until + LATEST:
                return None
            statement = _statement(connection, reseller.id, month, draft)
        with self._database.write() as connection:
            return statement if _put_down(connection, reseller, statement, draft) else None


def unclosed(reseller: Reseller, last: str | None, beginning: datetime | None) -> Iterator[Month]:
    """Yield the months of a reseller that are not closed, the present one at the end.

    The first one is that in which it was made, or in which anything was read first if that is
    later.

    Args:
        reseller: whose.
        last: the last month that is closed, if any.
        beginning: when anything was read first, if it was.
    """
    present = Month.of(now())
    opening = max(Month.of(reseller.create_time), Month.of(beginning or now()))
    month = Month.named(last).following if last else min(opening, present)
    while month <= present:
        yield month
        month = month.following


def _due(connection: Connection) -> Iterator[tuple[Reseller, Sequence[Month]]]:
    """Yield the resellers that have months which are over and not closed."""
    closed, beginning = statements.closed_through(connection), statements.beginning(connection)
    for reseller in resellers.every(connection, Reach("/")):
        found = [
            month
            for month in unclosed(reseller, closed.get(reseller.id), beginning)
            if month.until <= now()
            and not statements.is_closed(connection, statement_id(reseller.id, month))
        ]
        if found:
            yield reseller, found


def _statement(connection: Connection, reseller: str, month: Month, draft: Draft) -> Statement:
    named = [line.instance for line in draft.lines if line.instance]
    return Statement(
        id=statement_id(reseller, month),
        reseller=reseller,
        month=str(month),
        status=StatementStatus.CLOSED,
        figures=draft.figures,
        evidence=evidence(connection, month, draft.deployments, named),
        close_time=now(),
    )


def _put_down(
    connection: Connection, reseller: Reseller, statement: Statement, draft: Draft
) -> bool:
    """Write a statement, its entry in the chain and what is told of it; once."""
    statements.hold(connection, reseller.id)
    if statements.is_closed(connection, statement.id):
        return False
    statements.add(connection, statement, draft.lines)
    payload = {
        "month": statement.month,
        "closeTime": told(statement.close_time),
        "lines": [digest_of(line.content) for line in draft.lines],
        "figures": dict(statement.figures),
        "evidence": digest_of(statement.evidence),
    }
    statements.append(connection, reseller.id, statement.id, EntryKind.CLOSED, payload)
    data = {"month": statement.month, "lines": len(draft.lines)}
    happening = Happening(EventType.STATEMENT_CLOSED, statement.id, data=data)
    event_log.tell(connection, reseller.path, happening)
    return True

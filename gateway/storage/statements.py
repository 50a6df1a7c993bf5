"""Statements as they were closed, and one chain of hashes for those of each reseller.

Rows of ``statements`` and ``statement_lines`` are what is read; what was done is in the chain,
with digests of all of it. The head of a chain is a fact in the witness at once, since there are
few: a month of a reseller has a handful of rows.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    exists,
    func,
    insert,
    select,
    true,
    update,
)

from gateway.model import (
    EntryKind,
    LineKind,
    Reach,
    Statement,
    StatementEntry,
    StatementLine,
    StatementStatus,
    now,
)
from gateway.storage import counters, facts
from gateway.storage.chains import GENESIS, canonical, linked, tenant
from gateway.storage.facts import Fact
from gateway.storage.tables import (
    readings,
    statement_entries,
    statement_lines,
    statements,
)

CHAIN = "statements:"
"""Before a reseller's id: the counter of the rows of its chain."""


def digest_of(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def told(time: datetime | None) -> str | None:
    """Return a time as it is hashed."""
    return None if time is None else time.astimezone(UTC).isoformat()


def hash_of(previous: str, entry: StatementEntry) -> str:
    """Return the hash of a row that comes after one with the hash ``previous``."""
    row = {
        "reseller": entry.reseller,
        "number": entry.number,
        "statement": entry.statement,
        "kind": str(entry.kind),
        "payload": dict(entry.payload),
        "createTime": told(entry.create_time),
    }
    return linked(previous, row)


def hold(connection: Connection, reseller: str) -> int:
    """Let nobody else add to a chain before this transaction ends; return its last number."""
    return counters.take(connection, CHAIN + reseller, 0)


def append(
    connection: Connection, reseller: str, statement: str, kind: EntryKind, payload: dict[str, Any]
) -> StatementEntry:
    """Add a row to the chain of a reseller, and attest it."""
    number = counters.take(connection, CHAIN + reseller)
    previous = hash_at(connection, reseller, number - 1)
    bare = StatementEntry(reseller, number, statement, kind, payload, "", now())
    entry = StatementEntry(**(vars(bare) | {"hash": hash_of(previous, bare)}))
    connection.execute(insert(statement_entries).values(**vars(entry)))
    facts.note(connection, Fact.STATEMENTS, reseller, {"number": number, "hash": entry.hash})
    return entry


def hash_at(connection: Connection, reseller: str, number: int) -> str:
    """Return the hash of a row; of the one before the first, the genesis."""
    query = select(statement_entries.c.hash).where(
        statement_entries.c.reseller == reseller, statement_entries.c.number == number
    )
    # A last row that is gone must not stop the chain; the verification finds the broken link.
    return connection.execute(query).scalar_one_or_none() or GENESIS


def heads(connection: Connection) -> Mapping[str, int]:
    """Return the number of the last row of each chain, as it was counted."""
    return counters.beginning(connection, CHAIN)


def entries(connection: Connection, reseller: str) -> Sequence[StatementEntry]:
    """Return the chain of a reseller, in its order."""
    query = select(statement_entries).where(statement_entries.c.reseller == reseller)
    rows = connection.execute(query.order_by(statement_entries.c.number))
    return [StatementEntry(**row) for row in rows.mappings()]


def last_entry(connection: Connection, statement: str) -> StatementEntry | None:
    """Return what was last done to a statement."""
    query = select(statement_entries).where(statement_entries.c.statement == statement)
    found = connection.execute(query.order_by(statement_entries.c.number.desc()).limit(1))
    row = found.mappings().first()
    return None if row is None else StatementEntry(**row)


def chains(connection: Connection) -> Sequence[str]:
    """Return the resellers that have a statement or a chain, also where all its rows are gone."""
    written = connection.execute(select(statement_entries.c.reseller).distinct()).scalars().all()
    closed = connection.execute(select(statements.c.reseller).distinct()).scalars().all()
    return sorted({*written, *closed, *heads(connection)})


def add(connection: Connection, statement: Statement, lines: Iterable[StatementLine]) -> None:
    """Insert a statement with its lines.

    Raises:
        IntegrityError: the month of this reseller is closed.
    """
    time = statement.close_time
    row = vars(statement) | {"create_time": time, "update_time": time}
    connection.execute(insert(statements).values(**row))
    rows = [{"statement": statement.id, **vars(line)} for line in lines]
    if rows:
        connection.execute(insert(statement_lines), rows)


def add_line(connection: Connection, statement: str, line: StatementLine) -> None:
    """Insert a line of a statement."""
    connection.execute(insert(statement_lines).values(statement=statement, **vars(line)))


def change(connection: Connection, statement: str, values: Mapping[str, object]) -> None:
    """Update columns that say how far a statement has come; never its figures."""
    query = update(statements).where(statements.c.id == statement)
    connection.execute(query.values(**values, update_time=now()))


def find(connection: Connection, reach: Reach, statement: str) -> Statement | None:
    """Return a statement that is reached, or None."""
    query = select(statements).where(
        statements.c.id == statement, tenant(reach, statements.c.reseller)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _statement(row)


def is_closed(connection: Connection, statement: str) -> bool:
    """Whether a month was put down, also where somebody has removed what was."""
    closings = (
        statement_entries.c.statement == statement,
        statement_entries.c.kind == EntryKind.CLOSED,
    )
    known = exists().where(statements.c.id == statement) | exists().where(*closings)
    return bool(connection.execute(select(known)).scalar_one())


def beginning(connection: Connection) -> datetime | None:
    """Return when anything was read first, as far as that is kept; None before."""
    found: datetime | None = connection.execute(select(func.min(readings.c.time))).scalar_one()
    return found


def of(connection: Connection, reseller: str) -> Sequence[Statement]:
    """Return the statements of a reseller, the oldest first."""
    query = select(statements).where(statements.c.reseller == reseller)
    rows = connection.execute(query.order_by(statements.c.month, statements.c.id))
    return [_statement(row) for row in rows.mappings()]


def closed_through(connection: Connection) -> Mapping[str, str]:
    """Return the last month that is closed, by resellers."""
    query = select(statements.c.reseller, func.max(statements.c.month).label("month"))
    rows = connection.execute(query.group_by(statements.c.reseller))
    return {row.reseller: row.month for row in rows}


@dataclass(frozen=True)
class Wanted:
    """Which statements of those that are reached.

    Attributes:
        reseller: only its own; None for all.
        month: only of this one; None for all.
        status: only those that have come so far; None for all.
    """

    reseller: str | None = None
    month: str | None = None
    status: StatementStatus | None = None

    def includes(self, statement: Statement) -> bool:
        """Whether it is one of them."""
        wanted = {name: value for name, value in vars(self).items() if value is not None}
        return all(getattr(statement, name) == value for name, value in wanted.items())

    def condition(self) -> ColumnElement[bool]:
        """Return it as a condition."""
        found: ColumnElement[bool] = true()
        for name, value in vars(self).items():
            if value is not None:
                found &= statements.c[name] == value
        return found


def page(
    connection: Connection, reach: Reach, wanted: Wanted, before: str, limit: int
) -> Sequence[Statement]:
    """Return at most ``limit`` statements with an id below ``before``, the last months first."""
    query = select(statements).where(tenant(reach, statements.c.reseller), wanted.condition())
    if before:
        query = query.where(statements.c.id < before)
    rows = connection.execute(query.order_by(statements.c.id.desc()).limit(limit))
    return [_statement(row) for row in rows.mappings()]


def lines(connection: Connection, statement: str) -> Sequence[StatementLine]:
    """Return the lines of a statement, in their order."""
    query = select(*(c for c in statement_lines.c if c.name != "statement"))
    mine = query.where(statement_lines.c.statement == statement)
    rows = connection.execute(mine.order_by(statement_lines.c.number)).mappings()
    return [StatementLine(**{**row, "kind": LineKind(row["kind"])}) for row in rows]


def _statement(row: RowMapping) -> Statement:
    told = {name: row[name] for name in row if name not in {"create_time", "update_time"}}
    return Statement(**{**told, "status": StatementStatus(row["status"])})

"""The ways in which somebody with the database could alter a statement or what it rests on."""

import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from gateway.model import Prefix, StatementEntry, new_id
from gateway.storage.chains import GENESIS
from gateway.storage.statements import CHAIN, hash_of
from gateway.storage.tables import (
    counters,
    instances,
    raws,
    readings,
    statement_entries,
    statement_lines,
    statements,
    transfers,
)
from tests.billing.march import March

Edit = Callable[[Connection, March], None]
LICENCES = "CreateLicenseRequest"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _row(connection: Connection, march: March, table: Table, number: int = 1) -> dict[str, Any]:
    query = select(table).where(*_mine(march, table), table.c.number == number)
    return dict(connection.execute(query).mappings().one())


def _mine(march: March, table: Table) -> list[Any]:
    return [table.c.statement == march.id_of()]


def _set(connection: Connection, march: March, table: Table, number: int = 1, **to: object) -> None:
    row = update(table).where(*_mine(march, table), table.c.number == number)
    connection.execute(row.values(**to))


def alter_payload(connection: Connection, march: March) -> None:
    """Let the chain say something else."""
    payload = _row(connection, march, statement_entries)["payload"]
    _set(connection, march, statement_entries, payload={**payload, "month": "2026-02"})


def spoil_payload(connection: Connection, march: March) -> None:
    """Let the chain say nothing that can be read."""
    _set(connection, march, statement_entries, payload=[])


def remove_entry(connection: Connection, march: March) -> None:
    """Take the last row off the chain."""
    mine = (statement_entries.c.reseller == march.owner.id, statement_entries.c.number == 3)
    connection.execute(delete(statement_entries).where(*mine))


def remove_middle(connection: Connection, march: March) -> None:
    """Take a row out of the chain."""
    mine = (statement_entries.c.reseller == march.owner.id, statement_entries.c.number == 2)
    connection.execute(delete(statement_entries).where(*mine))


def insert_entry(connection: Connection, march: March) -> None:
    """Add a row that fits, without counting it."""
    _append(connection, march, "acknowledged", {"client": "cli_x"})


def close_twice(connection: Connection, march: March) -> None:
    """Close the month once more, and count that."""
    payload = _row(connection, march, statement_entries)["payload"]
    _append(connection, march, "closed", payload)
    mine = counters.c.name == CHAIN + march.owner.id
    connection.execute(update(counters).where(mine).values(value=4))


def _append(connection: Connection, march: March, kind: str, payload: dict[str, Any]) -> None:
    last = StatementEntry(**_row(connection, march, statement_entries, 3))
    bare = {**vars(last), "number": 4, "kind": kind, "payload": payload}
    made = {**bare, "hash": hash_of(last.hash, StatementEntry(**bare))}
    connection.execute(insert(statement_entries).values(**made))


def remove_statement(connection: Connection, march: March) -> None:
    """Take a statement away with its lines."""
    connection.execute(delete(statement_lines).where(*_mine(march, statement_lines)))
    connection.execute(delete(statements).where(statements.c.id == march.id_of()))


def insert_statement(connection: Connection, march: March) -> None:
    """Put in a month that was never closed."""
    query = select(statements).where(statements.c.id == march.id_of())
    row = dict(connection.execute(query).mappings().one())
    made = {**row, "id": new_id(Prefix.STATEMENT), "month": "2026-02"}
    connection.execute(insert(statements).values(**made))


def _alter(connection: Connection, march: March, **values: object) -> None:
    connection.execute(update(statements).where(statements.c.id == march.id_of()).values(**values))


def alter_totals(connection: Connection, march: March) -> None:
    """Show another sum."""
    query = select(statements.c.figures).where(statements.c.id == march.id_of())
    figures = connection.execute(query).scalar_one()
    figures["totals"]["licences"]["latest"] += 1
    _alter(connection, march, figures=figures)


def spoil_totals(connection: Connection, march: March) -> None:
    """Show nothing that can be read."""
    _alter(connection, march, figures={})


def alter_close_time(connection: Connection, march: March) -> None:
    """Let it seem so old that nobody counts it once more."""
    _alter(connection, march, close_time=LONG_AGO)


def alter_status(connection: Connection, march: March) -> None:
    """Let it seem agreed to."""
    _alter(connection, march, status="acknowledged")


def alter_evidence(connection: Connection, march: March) -> None:
    """Let it rest on nothing."""
    _alter(connection, march, evidence={})


def alter_line(connection: Connection, march: March) -> None:
    """Show another figure."""
    figures = _row(connection, march, statement_lines)["figures"]
    figures["measures"]["licences"]["latest"] += 1
    _set(connection, march, statement_lines, figures=figures)


def alter_correction(connection: Connection, march: March) -> None:
    """Show another amount."""
    figures = _row(connection, march, statement_lines, 3)["figures"]
    _set(connection, march, statement_lines, 3, figures={**figures, "amount": -6})


def remove_line(connection: Connection, march: March) -> None:
    """Take a line out."""
    mine = (*_mine(march, statement_lines), statement_lines.c.number == 2)
    connection.execute(delete(statement_lines).where(*mine))


def remove_correction(connection: Connection, march: March) -> None:
    """Take a correction back."""
    mine = (*_mine(march, statement_lines), statement_lines.c.number == 3)
    connection.execute(delete(statement_lines).where(*mine))


def insert_correction(connection: Connection, march: March) -> None:
    """Put a correction in."""
    row = _row(connection, march, statement_lines, 3)
    connection.execute(insert(statement_lines).values(**{**row, "number": 4}))


def _reading(connection: Connection) -> dict[str, Any]:
    """Return the second reading of the licences."""
    query = select(readings).where(readings.c.command == LICENCES, readings.c.raw.is_not(None))
    return dict(connection.execute(query.order_by(readings.c.time)).mappings().all()[1])


def alter_reading(connection: Connection, march: March) -> None:
    """Let a reading have failed."""
    del march
    mine = readings.c.id == _reading(connection)["id"]
    connection.execute(update(readings).where(mine).values(raw=None, problem="NOT_READ"))


def remove_reading(connection: Connection, march: March) -> None:
    """Take a reading away."""
    del march
    connection.execute(delete(readings).where(readings.c.id == _reading(connection)["id"]))


def insert_reading(connection: Connection, march: March) -> None:
    """Put a reading in."""
    row = _reading(connection)
    made = {**row, "id": new_id(Prefix.READING), "time": row["time"].replace(second=1)}
    connection.execute(insert(readings).values(**made))
    del march


def alter_raw(connection: Connection, march: March) -> None:
    """Let an answer say something else, under the digest that it had."""
    del march
    _put_raw(connection, _reading(connection)["raw"], {"instanceData": []})


def remove_raw(connection: Connection, march: March) -> None:
    """Take an answer away."""
    del march
    digest = _reading(connection)["raw"]
    connection.execute(delete(raws).where(raws.c.digest == digest))


def exchange_raw(connection: Connection, march: March) -> None:
    """Let a reading have another answer, with its right digest."""
    del march
    said = json.dumps({"instanceData": []}, separators=(",", ":")).encode()
    digest, row = hashlib.sha256(said).hexdigest(), _reading(connection)
    content = zlib.compress(said)
    made = {"digest": digest, "content": content, "create_time": row["time"]}
    connection.execute(insert(raws).values(**made))
    connection.execute(update(readings).where(readings.c.id == row["id"]).values(raw=digest))


def _put_raw(connection: Connection, digest: str, answer: object) -> None:
    content = zlib.compress(json.dumps(answer).encode())
    connection.execute(update(raws).where(raws.c.digest == digest).values(content=content))


def alter_owner(connection: Connection, march: March) -> None:
    """Let an instance have been the other's all the while."""
    mine = instances.c.id == march.acme.id
    connection.execute(update(instances).where(mine).values(reseller=march.other.id))


def remove_transfer(connection: Connection, march: March) -> None:
    """Let an instance never have been given away."""
    connection.execute(delete(transfers).where(transfers.c.instance == march.moved.id))


def rewrite(connection: Connection, march: March) -> None:
    """Alter an entry, and all hashes after it so that the chain fits."""
    alter_payload(connection, march)
    previous = GENESIS
    for number in (1, 2, 3):
        bare = StatementEntry(**_row(connection, march, statement_entries, number))
        previous = hash_of(previous, bare)
        _set(connection, march, statement_entries, number, hash=previous)


def forget(connection: Connection, march: March) -> None:
    """Take back all that was ever closed, and count anew, as if it had never been."""
    del march
    for table in (statement_lines, statements, statement_entries):
        connection.execute(delete(table))
    connection.execute(delete(counters).where(counters.c.name.startswith(CHAIN)))

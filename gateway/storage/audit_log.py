"""The audit log: one chain of hashes for each reseller, numbered without gaps.

Rows are written to the outbox in the transaction of what they tell of, in whatever order the
transactions end. The sequencer moves what has become visible into the chains (decision 17). The
hash of a row is that of ``chains``.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    delete,
    func,
    insert,
    select,
    true,
)

from gateway.model import Prefix, Reach, new_id
from gateway.storage import counters, facts, outbox
from gateway.storage.chains import GENESIS, linked
from gateway.storage.chains import tenant as chain_tenant
from gateway.storage.descent import owned
from gateway.storage.facts import Fact
from gateway.storage.resellers import few
from gateway.storage.tables import (
    audit_log,
    clients,
    deliveries,
    instances,
    operations,
    resellers,
    statements,
    webhooks,
)
from gateway.storage.tables import outbox as waiting

TOPIC = "audit"
CHAIN = "audit:"
"""Before a reseller's id: the counter of the rows of its chain."""

ANCHOR = "anchor:"
"""Before a reseller's id: up to which row its chain is anchored in a fact."""

SEQUENCER = "sequencer"
OWNED: Mapping[str, Table] = {
    Prefix.INSTANCE: instances,
    Prefix.CLIENT: clients,
    Prefix.OPERATION: operations,
    Prefix.WEBHOOK: webhooks,
    Prefix.STATEMENT: statements,
}


@dataclass(frozen=True)
class Entry:
    """A row of a chain.

    Attributes:
        reseller: whose chain.
        number: its place, from one.
        id: opaque.
        payload: what it tells.
        hash: of it and all before it, 64 hex.
        create_time: when that happened.
    """

    reseller: str
    number: int
    id: str
    payload: Mapping[str, Any]
    hash: str
    create_time: datetime

    def follows(self, previous: str) -> bool:
        """Whether its hash is that of this row after one with the hash ``previous``."""
        return self.hash == hash_of(previous, self)


def hash_of(previous: str, entry: Entry) -> str:
    """Return the hash of a row that comes after one with the hash ``previous``."""
    row = {
        "reseller": entry.reseller,
        "number": entry.number,
        "id": entry.id,
        "payload": dict(entry.payload),
        "createTime": entry.create_time.astimezone(UTC).isoformat(),
    }
    return linked(previous, row)


def owner(connection: Connection, target: str) -> str | None:
    """Return the reseller whose chain tells of an object; None for what no reseller owns.

    Of a reseller itself that is the one above it.
    """
    prefix = target.partition("_")[0]
    if prefix == Prefix.RESELLER:
        parent = select(resellers.c.parent).where(resellers.c.id == target)
        return connection.execute(parent).scalar_one_or_none()
    if prefix == Prefix.DELIVERY:
        its = select(webhooks.c.reseller).join(deliveries, deliveries.c.webhook == webhooks.c.id)
        query = its.where(deliveries.c.id == target)
        return connection.execute(query).scalar_one_or_none()
    table = OWNED.get(prefix)
    if table is None:
        return None
    return connection.execute(
        select(table.c.reseller).where(table.c.id == target)
    ).scalar_one_or_none()


def is_waiting(connection: Connection) -> bool:
    """Whether a row waits for its number."""
    return bool(outbox.after(connection, TOPIC, 0, 1))


def sequence(connection: Connection, limit: int) -> int:
    """Give numbers and hashes to what has become visible in the outbox.

    One process at a time: the others wait for the sequencer's counter, and find the rows gone.

    Returns:
        How many rows were moved.
    """
    counters.take(connection, SEQUENCER)
    ids = _ids_after(connection)
    rows = outbox.after(connection, TOPIC, 0, limit)
    chains: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        chains[row.reseller].append(row)
    links = {each: _linked(connection, each, chains[each], ids) for each in chains}
    entries = [vars(next(links[row.reseller])) for row in rows]
    if entries:
        connection.execute(insert(audit_log), entries)
    connection.execute(delete(waiting).where(waiting.c.id.in_([row.id for row in rows])))
    return len(rows)


def _ids_after(connection: Connection) -> Iterator[str]:
    """Make ids above all that there are, whatever the clocks of the processes say.

    A list goes by them: so it is in the order of the numbers, in each chain and over all.
    """
    last = connection.execute(select(func.max(audit_log.c.id))).scalar_one() or ""
    while True:
        last = max(new_id(Prefix.AUDIT), _successor(last))
        yield last


def _successor(opaque: str) -> str:
    """Return the id that comes next; the last digits of a UUIDv7 are random, and may be any."""
    prefix, _, digits = opaque.partition("_")
    return f"{prefix}_{int(digits, 16) + 1:032x}" if digits else ""


def _linked(
    connection: Connection, reseller: str, rows: Sequence[Row[Any]], ids: Iterator[str]
) -> Iterator[Entry]:
    last = counters.take(connection, CHAIN + reseller, len(rows))
    number = last - len(rows)
    previous = _hash_at(connection, reseller, number)
    for row in rows:
        number += 1
        bare = Entry(reseller, number, next(ids), row.payload, "", row.create_time)
        previous = hash_of(previous, bare)
        yield Entry(**(vars(bare) | {"hash": previous}))


def _hash_at(connection: Connection, reseller: str, number: int) -> str:
    """Return the hash of a row; of the one before the first, the genesis."""
    if number == 0:
        return GENESIS
    query = select(audit_log.c.hash).where(
        audit_log.c.reseller == reseller, audit_log.c.number == number
    )
    # A last row that is gone must not stop the log; the verification finds the broken link.
    return connection.execute(query).scalar_one_or_none() or GENESIS


def heads(connection: Connection) -> Mapping[str, int]:
    """Return the number of the last row of each chain, as it was counted."""
    return counters.beginning(connection, CHAIN)


def anchor(connection: Connection) -> int:
    """Write a fact for each chain that has grown since its last one.

    Returns:
        How many facts were written.
    """
    counters.take(connection, SEQUENCER)
    anchored = counters.beginning(connection, ANCHOR)
    grown = {r: n for r, n in heads(connection).items() if n > anchored.get(r, 0)}
    for reseller, number in sorted(grown.items()):
        state = {"number": number, "hash": _hash_at(connection, reseller, number)}
        facts.note(connection, Fact.AUDIT, reseller, state)
        counters.raise_to(connection, ANCHOR + reseller, number)
    return len(grown)


def is_anchored(connection: Connection) -> bool:
    """Whether no chain has grown since its last anchor."""
    anchored = counters.beginning(connection, ANCHOR)
    return all(number <= anchored.get(name, 0) for name, number in heads(connection).items())


def part(connection: Connection, reseller: str, after: int, limit: int) -> Sequence[Entry]:
    """Return at most ``limit`` rows of a chain with a number after ``after``, in their order.

    Raises:
        ValueError: one of them was altered so that it cannot be read.
    """
    query = select(audit_log).where(audit_log.c.reseller == reseller, audit_log.c.number > after)
    rows = connection.execute(query.order_by(audit_log.c.number).limit(limit))
    entries = [Entry(**row) for row in rows.mappings()]
    if not all(isinstance(entry.payload, dict) for entry in entries):
        raise ValueError("a payload is no object")
    return entries


def numbers(connection: Connection, reseller: str, after: int, limit: int) -> Sequence[int]:
    """Return the numbers of the rows that ``part`` would return."""
    query = select(audit_log.c.number).where(
        audit_log.c.reseller == reseller, audit_log.c.number > after
    )
    return connection.execute(query.order_by(audit_log.c.number).limit(limit)).scalars().all()


def chains(connection: Connection) -> Sequence[str]:
    """Return the resellers that have a chain, also where all its rows are gone."""
    found = connection.execute(select(audit_log.c.reseller).distinct()).scalars().all()
    return sorted({*found, *heads(connection)})


def tenant(reach: Reach) -> ColumnElement[bool]:
    """The tenant predicate on audit rows: of chains that are reached, what is narrowed to."""
    chains_reached = chain_tenant(reach, audit_log.c.reseller)
    if reach.instances is None:
        return chains_reached
    return chains_reached & _member("instance").in_(sorted(reach.instances))


def _member(*path: str) -> ColumnElement[str]:
    found: Any = audit_log.c.payload
    for name in path:
        found = found[name]
    return found.as_string()  # type: ignore[no-any-return] # SQLAlchemy's JSON paths are Any


FILTERS: Mapping[str, tuple[str, ...]] = {
    "client": ("actor", "client"),
    "object": ("object",),
    "operation": ("operation",),
    "action": ("action",),
    "phase": ("phase",),
}
"""What a list may be narrowed to, and where a row has it."""


@dataclass(frozen=True)
class Wanted:
    """Which rows of those that are reached.

    Attributes:
        members: values by the names of ``FILTERS``.
        reseller: the chain; empty for all.
        since: not before.
        until: before.
    """

    members: Mapping[str, str]
    reseller: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> ColumnElement[bool]:
        """Return it as a condition."""
        found: ColumnElement[bool] = true()
        for name, value in self.members.items():
            found &= _member(*FILTERS[name]) == value
        if self.reseller:
            found &= audit_log.c.reseller == self.reseller
        if self.since is not None:
            found &= audit_log.c.create_time >= self.since
        if self.until is not None:
            found &= audit_log.c.create_time < self.until
        return found


def page(
    connection: Connection, reach: Reach, wanted: Wanted, before: str, limit: int
) -> Sequence[Entry]:
    """Return at most ``limit`` rows, the last numbered first, from before an id on.

    In each chain the numbers fall. The times need not: a row has the time of its change, and is
    numbered once the transaction of that has ended.
    """
    conditions = [wanted.condition()]
    if before:
        conditions.append(audit_log.c.id < before)
    ids = select(audit_log.c.id).where(*conditions).order_by(audit_log.c.id.desc()).limit(limit)
    theirs = owned(connection, audit_log.c.reseller, few(connection, reach), ids)
    query = select(audit_log).where(tenant(reach), theirs, *conditions)
    rows = connection.execute(query.order_by(audit_log.c.id.desc()).limit(limit))
    return [Entry(**row) for row in rows.mappings()]

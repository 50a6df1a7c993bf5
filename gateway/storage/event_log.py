"""The logs of events: one for each reseller, numbered without gaps.

An event is told in the transaction of what it tells of, and waits in the outbox; the sequencer
gives it a number in the log of its reseller and of each above it (decisions 17 and 20). Readers
see numbered events only, so that none comes late under a lower number.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select, true

from gateway.model import USAGE_EVENTS, Event, Happening, Prefix, new_id
from gateway.storage import counters, outbox
from gateway.storage.tables import events, resellers, usage_events
from gateway.storage.tables import outbox as waiting

TOPIC = "event"
SEQUENCER = "event-sequencer"
LEAP = 1_000_000
"""More than is told between a backup and its restore; the columns have room for 2,000 of them."""


def tell(connection: Connection, path: str, happening: Happening) -> str:
    """Tell that something happens, in the transaction in which it does.

    Args:
        connection: the transaction.
        path: of the reseller to which it happens; those above it are told too.
        happening: what.

    Returns:
        The id of the event.
    """
    payload = _payload(path, happening)
    outbox.put(connection, TOPIC, _line(path)[-1], payload)
    return str(payload["id"])


def tell_all(connection: Connection, told: Sequence[tuple[str, Happening]]) -> None:
    """Tell of many things that happen at once: paths, and what happens to them; see ``tell``."""
    rows = [(_line(path)[-1], _payload(path, happening)) for path, happening in told]
    outbox.put_all(connection, TOPIC, rows)


def _payload(path: str, happening: Happening) -> dict[str, Any]:
    event = new_id(Prefix.EVENT)
    return {**vars(happening), "data": dict(happening.data), "id": event, "path": path}


def is_waiting(connection: Connection) -> bool:
    """Whether an event waits for its number."""
    return bool(outbox.after(connection, TOPIC, 0, 1))


def sequence(connection: Connection, limit: int) -> int:
    """Give numbers to what has become visible in the outbox.

    One process at a time: the others wait for the sequencer's counter, and find the rows gone.

    Returns:
        How many events were moved.
    """
    counters.take(connection, SEQUENCER)
    rows = outbox.after(connection, TOPIC, 0, limit)
    _number(connection, events, rows)
    _number(connection, usage_events, [row for row in rows if row.payload["type"] in USAGE_EVENTS])
    connection.execute(delete(waiting).where(waiting.c.id.in_([row.id for row in rows])))
    return len(rows)


def _number(connection: Connection, log: Table, rows: Sequence[Row[Any]]) -> None:
    """Append events to the logs of all whom they concern."""
    heard = [(reseller, row) for row in rows for reseller in _line(row.payload["path"])]
    many = Counter(reseller for reseller, _ in heard)
    last = {each: _take(connection, log, each, many[each]) - many[each] for each in sorted(many)}
    entries = []
    for reseller, row in heard:
        last[reseller] += 1
        entries.append(_entry(reseller, last[reseller], row))
    if entries:
        connection.execute(insert(log), entries)


def _take(connection: Connection, log: Table, reseller: str, many: int) -> int:
    return counters.take(connection, f"{log.name}:{reseller}", many)


def _entry(reseller: str, number: int, row: Row[Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.payload.items() if name != "path"}
    place = {"reseller": reseller, "number": number, "origin": _line(row.payload["path"])[-1]}
    return {**place, **told, "create_time": row.create_time}


def _line(path: str) -> list[str]:
    """Return the resellers of a path, from the root on."""
    return path.strip("/").split("/")


def leap(connection: Connection) -> None:
    """Leave out the numbers that may have been given since the database was as it is now.

    For a database that goes back in time: who has read those numbers asks on from there.
    """
    for log in (events, usage_events):
        for reseller in connection.execute(select(resellers.c.id)).scalars().all():
            counters.raise_to(connection, f"{log.name}:{reseller}", 0)  # had told nothing then
        counters.advance(connection, f"{log.name}:", LEAP)


def last(connection: Connection, reseller: str, log: Table = events) -> int:
    """Return the number of the last event of a log; 0 where there was none."""
    return counters.value(connection, f"{log.name}:{reseller}")


def oldest(connection: Connection, reseller: str) -> int:
    """Return the number of the oldest event that is kept, or of the next one."""
    query = select(func.min(events.c.number)).where(events.c.reseller == reseller)
    return connection.execute(query).scalar_one_or_none() or last(connection, reseller) + 1


@dataclass(frozen=True)
class Wanted:
    """Which events of a log.

    Attributes:
        until: the last number; None for no end.
        types: only these; None for all.
        instances: only what concerns one of these; None for all.
    """

    until: int | None = None
    types: Sequence[str] | None = None
    instances: frozenset[str] | None = None

    def condition(self, log: Table) -> ColumnElement[bool]:
        """Return it as a condition on the rows of a log."""
        found: ColumnElement[bool] = true()
        if self.until is not None:
            found &= log.c.number <= self.until
        if self.types is not None:
            found &= log.c.type.in_(self.types)
        if self.instances is not None:
            found &= log.c.instance.in_(sorted(self.instances))
        return found


def part(
    connection: Connection,
    reseller: str,
    wanted: Wanted,
    after: int,
    limit: int,
    log: Table = events,
) -> Sequence[Event]:
    """Return at most ``limit`` events of a log with a number after ``after``, in their order."""
    query = select(log).where(
        log.c.reseller == reseller, log.c.number > after, wanted.condition(log)
    )
    rows = connection.execute(query.order_by(log.c.number).limit(limit))
    return [Event(**row) for row in rows.mappings()]


def advanced(connection: Connection, reseller: str, after: int, many: int) -> int | None:
    """Return the number that lies so many events after another; None where there are fewer."""
    query = select(events.c.number).where(events.c.reseller == reseller, events.c.number > after)
    row = query.order_by(events.c.number).offset(many - 1).limit(1)
    return connection.execute(row).scalar_one_or_none()


def aged(connection: Connection, before: datetime, limit: int) -> Sequence[str]:
    """Return resellers whose logs have events from before a time; not all, but those soonest.

    Args:
        connection: to look through.
        before: the time.
        limit: how many events are looked at, at most.
    """
    old = select(events.c.reseller).where(events.c.create_time < before)
    found = old.order_by(events.c.create_time).limit(limit).subquery()
    query = select(found.c.reseller).distinct().order_by(found.c.reseller)
    return connection.execute(query).scalars().all()


def trim(connection: Connection, reseller: str, before: datetime, limit: int) -> int:
    """Forget the first events of a log, up to one that is kept: no hole is ever made.

    Args:
        connection: a transaction.
        reseller: whose log.
        before: what happened earlier than this.
        limit: how many at most.

    Returns:
        How many.
    """
    first = (
        select(events.c.number, events.c.create_time)
        .where(events.c.reseller == reseller)
        .order_by(events.c.number)
        .limit(limit)
    )
    rows = connection.execute(first).all()
    old = [row.number for row in takewhile(lambda row: row.create_time < before, rows)]
    if old:
        up_to = (events.c.reseller == reseller, events.c.number <= old[-1])
        connection.execute(delete(events).where(*up_to))
    return len(old)

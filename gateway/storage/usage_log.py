"""The log of what a bill depends on, as it is read and as it grows old.

``event_log.sequence`` numbers what comes in. What is too old is not forgotten: the last old event
of an instance is replaced, under its number, by a baseline of all that came before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, or_, select, update

from gateway.model import Event, EventType
from gateway.storage import event_log
from gateway.storage.tables import usage_events


@dataclass(frozen=True)
class Place:
    """How far a search for old events has come: nothing at or before it is looked at again.

    Attributes:
        time: of the event that was found last.
        reseller: whose log has it.
        number: its place there.
    """

    time: datetime
    reseller: str
    number: int

    def is_before(self) -> ColumnElement[bool]:
        """Return the condition on what comes after it."""
        log = usage_events.c
        same_time = log.create_time == self.time
        return or_(
            log.create_time > self.time,
            and_(same_time, log.reseller > self.reseller),
            and_(same_time, log.reseller == self.reseller, log.number > self.number),
        )


@dataclass(frozen=True)
class Found:
    """Old events, by the instances that they tell of.

    Attributes:
        last: by log and instance, the number of the last old event that was found.
        place: how far the search has come.
    """

    last: dict[tuple[str, str], int]
    place: Place


def last(connection: Connection, reseller: str) -> int:
    """Return the number of the last event of a log; 0 where there was none."""
    return event_log.last(connection, reseller, usage_events)


def part(
    connection: Connection,
    reseller: str,
    instances: frozenset[str] | None,
    after: int,
    limit: int,
) -> Sequence[Event]:
    """Return at most ``limit`` events of a log with a number after ``after``, in their order.

    Args:
        connection: to read through.
        reseller: whose log.
        instances: only what tells of these; None for all.
        after: the number of the last event that is known; 0 for none.
        limit: how many at most.
    """
    wanted = event_log.Wanted(instances=instances)
    return event_log.part(connection, reseller, wanted, after, limit, usage_events)


def aged(connection: Connection, before: datetime, place: Place | None, limit: int) -> Found | None:
    """Find events from before a time that are no baselines yet; None where there are no more.

    Args:
        connection: to look through.
        before: the time.
        place: where the last search stopped; None for the first.
        limit: how many events are looked at, at most.
    """
    log = usage_events.c
    query = select(log.reseller, log.instance, log.number, log.create_time).where(
        log.create_time < before, log.type != EventType.BASELINE
    )
    if place is not None:
        query = query.where(log.create_time >= place.time, place.is_before())
    rows = connection.execute(
        query.order_by(log.create_time, log.reseller, log.number).limit(limit)
    ).all()
    if not rows:
        return None
    last: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.reseller, row.instance)
        last[key] = max(row.number, last.get(key, 0))
    return Found(last, Place(rows[-1].create_time, rows[-1].reseller, rows[-1].number))


def story(connection: Connection, reseller: str, instance: str, until: int) -> Sequence[Event]:
    """Return what a log tells of an instance, up to and with a number, in its order."""
    return _events(
        connection,
        select(usage_events)
        .where(_of(reseller, instance), usage_events.c.number <= until)
        .order_by(usage_events.c.number),
    )


def condense(connection: Connection, baseline: Event) -> int:
    """Put a baseline in the place of the event with its number, and of all before it.

    Args:
        connection: a transaction.
        baseline: of an instance; it has the number of the last event that it stands for.

    Returns:
        How many events are gone.
    """
    mine = _of(baseline.reseller, str(baseline.instance))
    earlier = delete(usage_events).where(mine, usage_events.c.number < baseline.number)
    gone = connection.execute(earlier).rowcount
    values = {name: value for name, value in vars(baseline).items() if name not in _PLACE}
    same = and_(mine, usage_events.c.number == baseline.number)
    connection.execute(update(usage_events).where(same).values(**values))
    return gone


_PLACE = frozenset({"reseller", "number", "instance"})


def _of(reseller: str, instance: str) -> ColumnElement[bool]:
    return and_(usage_events.c.reseller == reseller, usage_events.c.instance == instance)


def _events(connection: Connection, query: Select[Any]) -> Sequence[Event]:
    return [Event(**row) for row in connection.execute(query).mappings()]

"""Days that are over, added up: a row goes on as long as one day is like the other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from gateway.model import Measure, Tally
from gateway.storage.batches import batches
from gateway.storage.tables import usage_days

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Run:
    """Days of an instance and an owner that are equal.

    Attributes:
        day: the first one.
        until_day: the last one.
        tally: what each of them adds up to; its time is that of the last one.
    """

    day: date
    until_day: date
    tally: Tally

    def within(self, since: date, until: date) -> Tally | None:
        """Return what those of the days add up to that lie in [since, until); None if none does.

        Where the run goes on beyond it, the time of the latest reading is known to the day only.
        """
        first, last = max(self.day, since), min(self.until_day, until - _DAY)
        days = (last - first).days + 1
        if days < 1:
            return None
        return replace(
            self.tally,
            readings=self.tally.readings * days,
            total=self.tally.total * days,
            latest_time=self.tally.latest_time - (self.until_day - last),
        )


def write(connection: Connection, deployment: str, day: date, tallies: Sequence[Tally]) -> None:
    """Write what a day of a deployment adds up to; rows that end the day before go on if equal.

    Args:
        connection: the transaction that closes the day; days are closed in their order.
        deployment: its id.
        day: which.
        tallies: one for each instance, measure and owner that was read.
    """
    before = _ending(connection, deployment, day - _DAY)
    longer = [tally for tally in tallies if _key(tally) in before]
    fresh = [tally for tally in tallies if _key(tally) not in before]
    if longer:
        rows = [_extension(before[_key(tally)], day, tally) for tally in longer]
        connection.execute(_EXTEND, rows)
    if fresh:
        rows = [{**vars(tally), "day": day, "until_day": day} for tally in fresh]
        connection.execute(insert(usage_days), rows)


def between(
    connection: Connection,
    among: Iterable[str],
    since: date,
    until: date,
    *conditions: ColumnElement[bool],
) -> list[Run]:
    """Return the runs of some instances that have a day in [since, until).

    Args:
        connection: to look through.
        among: opaque ids of instances.
        since: the first day.
        until: the day after the last one.
        conditions: on the columns of ``usage_days``, such as the reseller's.

    Returns:
        By instance, measure and day.
    """
    within = _within(since, until)
    return [
        run
        for some in batches(among)
        for run in _found(connection, usage_days.c.instance.in_(some), *within, *conditions)
    ]


def of_deployment(connection: Connection, deployment: str, since: date, until: date) -> list[Run]:
    """Return the runs of a deployment's instances that have a day in [since, until)."""
    there = usage_days.c.deployment == deployment
    return list(_found(connection, there, *_within(since, until)))


def of_resellers(
    connection: Connection, resellers: Iterable[str], since: date, until: date
) -> list[Run]:
    """Return the runs of what resellers owned that have a day in [since, until)."""
    theirs = usage_days.c.reseller.in_(sorted(resellers))
    return list(_found(connection, theirs, *_within(since, until)))


_EXTEND = (
    update(usage_days)
    .where(
        usage_days.c.instance == bindparam("of_instance"),
        usage_days.c.measure == bindparam("of_measure"),
        usage_days.c.reseller == bindparam("of_reseller"),
        usage_days.c.day == bindparam("begun"),
    )
    .values(until_day=bindparam("to_day"), latest_time=bindparam("read"))
)


def _extension(begun: date, day: date, tally: Tally) -> dict[str, Any]:
    return {
        "of_instance": tally.instance,
        "of_measure": tally.measure,
        "of_reseller": tally.reseller,
        "begun": begun,
        "to_day": day,
        "read": tally.latest_time,
    }


def _ending(connection: Connection, deployment: str, day: date) -> dict[tuple[Any, ...], date]:
    """Return what each row that ends on a day says, and when it began."""
    ending = (usage_days.c.deployment == deployment, usage_days.c.until_day == day)
    return {_key(run.tally): run.day for run in _found(connection, *ending)}


def _key(tally: Tally) -> tuple[Any, ...]:
    """Return all that makes two days equal: the time of the latest reading does not."""
    same = (tally.instance, tally.measure, tally.reseller, tally.deployment)
    return (*same, tally.readings, tally.total, tally.peak, tally.latest)


def _within(since: date, until: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return usage_days.c.until_day >= since, usage_days.c.day < until


def _found(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[Run]:
    c = usage_days.c
    query = select(usage_days).where(*conditions).order_by(c.instance, c.measure, c.day, c.reseller)
    for row in connection.execute(query).mappings():
        fields = {**row, "measure": Measure(row["measure"])}
        yield Run(fields.pop("day"), fields.pop("until_day"), Tally(**fields))

"""How well deployments were watched in a period: what was read when, and where it is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from gateway.billing.days import DAY, start_of
from gateway.billing.gaps import HOURLY, Known, gaps, joined, longest
from gateway.billing.usage_periods import Period
from gateway.model import Gap
from gateway.storage import closed_days, reading_times

_BATCH = 100
"""Deployments whose days are looked at together."""


@dataclass
class Watch:
    """What is known of the watching of some deployments.

    Attributes:
        moment: up to when it is known; later readings do not count.
        opened: by deployment, from when on its readings are not added up yet.
        times: by deployment, when its licences were read with success since then.
        gaps: by deployment, where they were not; only those that have gaps.
        as_of: by deployment, when its licences were last read before the end of the period.
        expected: how many readings there should be, in all.
        readings: how many there are.
    """

    moment: datetime
    opened: dict[str, datetime] = field(default_factory=dict)
    times: dict[str, list[datetime]] = field(default_factory=dict)
    gaps: dict[str, list[Gap]] = field(default_factory=dict)
    as_of: dict[str, datetime] = field(default_factory=dict)
    expected: int = 0
    readings: int = 0

    def is_complete(self, among: Sequence[str], part: Period | None) -> bool:
        """Whether no gap of some deployments lies in a part of the period."""
        some = (gap for name in among for gap in self.gaps.get(name, ()))
        if part is None:
            return not any(some)
        return not any(gap.since < part.end and part.begin < gap.until for gap in some)


def of_period(
    connection: Connection,
    among: Mapping[str, datetime],
    period: Period,
    moment: datetime,
    seconds: int,
) -> Watch:
    """Look at deployments in a period.

    Args:
        connection: to read through.
        among: when each was registered, by its id.
        period: which.
        moment: the present.
        seconds: from one reading of the licences to the next, as it is set.
    """
    watch = Watch(moment)
    end = min(period.end, moment)
    lasts = closed_days.lasts(connection)
    names = iter(sorted(among))
    while some := list(islice(names, _BATCH)):
        for name in some:
            last = lasts.get(name)
            closed_until = period.begin if last is None else start_of(last + DAY)
            watch.opened[name] = max(period.begin, min(closed_until, period.end))
            watched = end - max(period.begin, among[name])
            watch.expected += max(watched, timedelta()) // timedelta(seconds=seconds or HOURLY)
        _add_closed(connection, watch, some, period)
        _add_open(connection, watch, {name: among[name] for name in some}, end, longest(seconds))
    watch.gaps = {name: joined(found) for name, found in watch.gaps.items() if found}
    watch.as_of = reading_times.last_of_deployments(connection, among, end)
    return watch


def at_present(
    connection: Connection, among: Mapping[str, datetime], moment: datetime, seconds: int
) -> Watch:
    """Look at whether deployments were read lately; arguments as of ``of_period``."""
    patience = longest(seconds)
    watch = Watch(moment, expected=len(among))
    watch.as_of = reading_times.last_of_deployments(connection, among, moment)
    stale = [name for name in among if watch.as_of.get(name, among[name]) < moment - patience]
    watch.readings = sum(name not in stale for name in watch.as_of)
    recent = reading_times.of_deployments(connection, stale, moment - patience, moment)
    for name in stale:
        known = Known(moment - patience, moment)
        found = gaps(recent.get(name, ()), known.since, moment, known, timedelta())
        since = watch.as_of.get(name, among[name])
        watch.gaps[name] = [Gap(since, moment, found[-1].problem)]
    return watch


def _add_closed(connection: Connection, watch: Watch, among: Sequence[str], period: Period) -> None:
    for closed in closed_days.between(connection, among, period.since, period.until):
        if start_of(closed.day) < watch.opened[closed.deployment]:
            watch.readings += closed.readings
            watch.gaps.setdefault(closed.deployment, []).extend(closed.gaps)


def _add_open(
    connection: Connection,
    watch: Watch,
    among: Mapping[str, datetime],
    end: datetime,
    patience: timedelta,
) -> None:
    """Look at what is not closed; a stretch is judged by the readings beyond its bounds too."""
    opened = {name: watch.opened[name] for name in among if watch.opened[name] < end}
    if not opened:
        return
    beyond = min(end + 2 * patience, watch.moment)
    earliest = min(opened.values()) - 2 * patience
    found = reading_times.of_deployments(connection, opened, earliest, beyond)
    for name, since in opened.items():
        some = [each for each in found.get(name, ()) if each.time >= since - 2 * patience]
        times = [each.time for each in some if not each.problem and since <= each.time < end]
        watch.times[name] = times
        watch.readings += len(times)
        known = Known(max(since - 2 * patience, among[name]), beyond)
        watch.gaps.setdefault(name, []).extend(gaps(some, since, end, known, patience))

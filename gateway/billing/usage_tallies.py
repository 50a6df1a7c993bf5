"""What instances used, by owner and part of a period: closed days, and readings of what is open."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from gateway.billing.days import added_up, together
from gateway.billing.usage_periods import Period
from gateway.billing.usage_watch import Watch
from gateway.model import SHOWN_BY, Figure, Measure, Tally
from gateway.storage import figures, reading_times, usage_days
from gateway.storage.usage import Held
from gateway.storage.usage_days import Run

Owned = tuple[str, str]
"""An instance and an owner."""

Parts = Mapping[int, Sequence[Tally]]
"""Tallies, one for each measure that was read, by the number of the part of the period."""


@dataclass(frozen=True)
class Chart:
    """A period as it is divided, and as it was watched.

    Attributes:
        period: the whole.
        parts: what it is divided into, in order.
        watch: of all deployments concerned.
    """

    period: Period
    parts: Sequence[Period]
    watch: Watch

    def numbers(self, since: date, until: date) -> Iterator[int]:
        """Yield the numbers of the parts that have a day in [since, until)."""
        first = bisect_right(self.parts, since, key=attrgetter("since")) - 1
        for number in range(max(first, 0), len(self.parts)):
            if self.parts[number].since >= until:
                return
            yield number

    def opened(self, deployment: str) -> datetime:
        """Return from when on the readings of a deployment are not added up yet."""
        return self.watch.opened.get(deployment, self.period.begin)

    @property
    def end(self) -> datetime:
        """The end of what can be known of the period."""
        return min(self.period.end, self.watch.moment)


def of_period(connection: Connection, chart: Chart, some: Sequence[Held]) -> Mapping[Owned, Parts]:
    """Return what some instances used while they belonged to some owners."""
    wanted = {(each.instance, each.reseller) for each in some}
    found: dict[Owned, dict[int, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for number, tally in [*_closed(connection, chart, some), *_open(connection, chart, some)]:
        if (tally.instance, tally.reseller) in wanted:
            found[tally.instance, tally.reseller][number].append(tally)
    return {
        owned: {number: together(tallies) for number, tallies in parts.items()}
        for owned, parts in found.items()
    }


def at_present(connection: Connection, watch: Watch, some: Sequence[Held]) -> Mapping[Owned, Parts]:
    """Return what the last reading of each of some instances said, as the only part."""
    owners = {each.instance: each.reseller for each in some}
    found: dict[Owned, dict[int, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for measure in Measure:
        current = figures.current(connection, owners, measure)
        times = _last_times(connection, watch, measure, current)
        for figure in current.values():
            if figure.value is not None and figure.reseller == owners[figure.instance]:
                tally = _one(figure, figure.value, times.get(figure.instance, figure.time))
                found[figure.instance, figure.reseller][0].append(tally)
    return found


def _last_times(
    connection: Connection, watch: Watch, measure: Measure, among: Mapping[str, Figure]
) -> Mapping[str, datetime]:
    if measure is Measure.LICENCES:
        times = {name: watch.as_of.get(each.deployment) for name, each in among.items()}
        return {name: time for name, time in times.items() if time is not None}
    command = SHOWN_BY[measure]
    return reading_times.last_of_instances(connection, among, command, watch.moment)


def _one(figure: Figure, value: int, time: datetime) -> Tally:
    same = (figure.instance, figure.measure, figure.reseller, figure.deployment)
    return Tally(*same, readings=1, total=value, peak=value, latest=value, latest_time=time)


def _closed(
    connection: Connection, chart: Chart, some: Sequence[Held]
) -> Iterator[tuple[int, Tally]]:
    ids = {each.instance for each in some}
    for run in usage_days.between(connection, ids, chart.period.since, chart.period.until):
        yield from _divided(chart, run)


def _divided(chart: Chart, run: Run) -> Iterator[tuple[int, Tally]]:
    until = chart.opened(run.tally.deployment).date()
    for number in chart.numbers(run.day, until):
        part = chart.parts[number]
        tally = run.within(part.since, min(part.until, until))
        if tally is not None:
            yield number, tally


def _open(
    connection: Connection, chart: Chart, some: Sequence[Held]
) -> Iterator[tuple[int, Tally]]:
    opened = {each.instance: chart.opened(each.deployment) for each in some}
    opened = {name: since for name, since in opened.items() if since < chart.end}
    if not opened:
        return
    earliest = min(opened.values())
    read = reading_times.of_instances(connection, opened, earliest, chart.end)
    for measure in Measure:
        known = figures.between(connection, opened, measure, earliest, chart.end)
        for instance, mine in groupby(known, attrgetter("instance")):
            yield from _added_up(chart, opened[instance], read, list(mine))


def _added_up(
    chart: Chart,
    since: datetime,
    read: Mapping[tuple[str, str], Sequence[datetime]],
    known: Sequence[Figure],
) -> Iterator[tuple[int, Tally]]:
    """Yield what an instance used of a measure since a time, by the part of the period."""
    one = known[0]
    if one.measure is Measure.LICENCES:
        times: Sequence[datetime] = chart.watch.times.get(one.deployment, ())
    else:
        times = read.get((one.instance, SHOWN_BY[one.measure]), ())
    for number in chart.numbers(since.date(), chart.period.until):
        part = chart.parts[number]
        begin, end = max(part.begin, since), min(part.end, chart.end)
        for tally in added_up(times, known, begin, end):
            yield number, tally

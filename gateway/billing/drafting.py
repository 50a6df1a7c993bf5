"""What a statement says, of a month that goes on as well as of one that is over."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.billing import gaps as gap_rules
from gateway.billing import reckoning, sums
from gateway.billing.days import DAY, start_of, together
from gateway.model import (
    SHOWN_BY,
    Gap,
    Instance,
    LineKind,
    Measure,
    Month,
    StatementLine,
    Tally,
    now,
)
from gateway.storage import closed_days, deployments, instances, readings, tenures, usage_days
from gateway.storage.closed_days import ClosedDay
from gateway.storage.tenures import Tenure

LICENCES = SHOWN_BY[Measure.LICENCES]


@dataclass(frozen=True)
class Draft:
    """What a statement says.

    Attributes:
        lines: one for each instance.
        figures: the totals, and how complete they are.
        deployments: on which the reseller had something.
    """

    lines: Sequence[StatementLine]
    figures: Mapping[str, Any]
    deployments: Sequence[str]


@dataclass(frozen=True)
class Place:
    """A deployment on which a reseller had something in a month.

    Attributes:
        deployment: its id.
        since: the beginning of the month, or the registration if that is later.
        begun: from when on no day is closed.
        until: the end of the month, or the present if that is earlier.
        tenures: what the reseller had there, and when.
        closed: the days of the month that are.
    """

    deployment: str
    since: datetime
    begun: datetime
    until: datetime
    tenures: Sequence[Tenure]
    closed: Sequence[ClosedDay]

    @property
    def span(self) -> timedelta:
        """How much of the month it could be read."""
        return max(self.until - self.since, timedelta())


def draft(connection: Connection, reseller: str, month: Month, seconds: int) -> Draft:
    """Add up what a reseller's instances used in a month, as far as it has gone.

    Args:
        connection: shows the database as it is at one moment.
        reseller: whose; what those below it have is theirs.
        month: which.
        seconds: from one reading of the licences to the next, as it is set.
    """
    places = list(_places(connection, reseller, month))
    tallies = _tallies(connection, reseller, month, places)
    holes = {place.deployment: _holes(connection, place, seconds) for place in places}
    unread = _unread(places)
    named = instances.among(connection, tallies)
    held = _held(places)
    lines = []
    for number, (instance, mine) in enumerate(sorted(tallies.items()), start=1):
        missing = [*_missing(held[instance], holes), *unread[instance]]
        names = _names(named[instance], reseller)
        lines.append(_line(number, mine, {**names, "gaps": missing}))
    completeness = {
        "expected": sum(_expected(place, seconds) for place in places),
        "readings": sum(_read(connection, place) for place in places),
        "gaps": [
            {"deployment": name, **gap.told()} for name, found in holes.items() for gap in found
        ],
        "unclosed": [row for place in places for row in _unclosed(place)],
    }
    figures = {"totals": sums.totals(lines), "completeness": completeness}
    return Draft(lines, figures, [place.deployment for place in places])


def _places(connection: Connection, reseller: str, month: Month) -> Iterator[Place]:
    lasts, until = closed_days.lasts(connection), min(month.until, now())
    for name, held in tenures.lying(connection, reseller, month.since, until).items():
        known = deployments.find(connection, name)
        since = max(month.since, known.create_time if known else month.since)
        begun = start_of(lasts[name]) + DAY if name in lasts else since
        closed = closed_days.between(connection, [name], since.date(), month.until.date())
        yield Place(name, since, min(max(begun, since), until), until, held, closed)


def _tallies(
    connection: Connection, reseller: str, month: Month, places: Sequence[Place]
) -> Mapping[str, Sequence[Tally]]:
    """Return what each instance used: days that are closed as they were, others as they are."""
    since, until = month.since.date(), month.until.date()
    runs = usage_days.of_resellers(connection, [reseller], since, until)
    closed = [run.within(since, until) for run in runs]
    fresh = [
        tally
        for place in places
        if place.begun < place.until
        for measure in Measure
        for tally in reckoning.tallies(
            connection, place.deployment, measure, place.begun, place.until
        )
        if tally.reseller == reseller
    ]
    found: dict[str, list[Tally]] = defaultdict(list)
    for tally in together([*(each for each in closed if each), *fresh]):
        found[tally.instance].append(tally)
    return found


def _holes(connection: Connection, place: Place, seconds: int) -> Sequence[Gap]:
    """Return where the licences of a deployment were not read."""
    known = deployments.find(connection, place.deployment)
    found = [gap for day in place.closed for gap in day.gaps]
    if known is not None:
        patience = gap_rules.longest(seconds)
        found += reckoning.licence_gaps(connection, known, place.begun, place.until, patience)
    return gap_rules.joined(found)


def _unread(places: Sequence[Place]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the closed days on which what is read of single instances was not."""
    found: dict[str, list[tuple[Measure, Gap]]] = defaultdict(list)
    for place in places:
        for closed in place.closed:
            whole = (start_of(closed.day), start_of(closed.day) + DAY)
            mine = {each.instance for each in place.tenures if each.overlaps(*whole)}
            for measure, problems in closed.unread.items():
                for problem, ids in problems.items():
                    for instance in mine.intersection(ids):
                        found[instance].append((measure, Gap(*whole, problem)))
    return defaultdict(list, {name: list(_by_measure(some)) for name, some in found.items()})


def _by_measure(some: Sequence[tuple[Measure, Gap]]) -> Iterator[Mapping[str, Any]]:
    for measure in Measure:
        for gap in gap_rules.joined(each for which, each in some if which is measure):
            yield {"measure": str(measure), **gap.told()}


def _held(places: Sequence[Place]) -> Mapping[str, Sequence[Tenure]]:
    """Return when the reseller had each instance."""
    found: dict[str, list[Tenure]] = defaultdict(list)
    for place in places:
        for tenure in place.tenures:
            found[tenure.instance].append(tenure)
    return found


def _missing(
    tenures_of: Sequence[Tenure], holes: Mapping[str, Sequence[Gap]]
) -> Iterator[Mapping[str, Any]]:
    """Yield the gaps of the licences while an instance was the reseller's."""
    for tenure in tenures_of:
        for gap in holes[tenure.deployment]:
            since = max(gap.since, tenure.since)
            until = gap.until if tenure.until is None else min(gap.until, tenure.until)
            if since < until:
                yield {"measure": str(Measure.LICENCES), **Gap(since, until, gap.problem).told()}


def _names(known: Instance, reseller: str) -> Mapping[str, Any]:
    """Return how an instance is called; what a later owner calls it is for that one alone."""
    own = known.reseller == reseller
    return {
        "instanceID": known.instance_id,
        "displayName": known.display_name if own else None,
        "externalId": known.external_id if own else None,
    }


def _line(number: int, tallies: Sequence[Tally], told: Mapping[str, Any]) -> StatementLine:
    first = tallies[0]
    measures = {str(tally.measure): sums.put_down(tally) for tally in tallies}
    figures = {**told, "measures": measures}
    return StatementLine(number, LineKind.USAGE, first.instance, first.deployment, figures, now())


def _expected(place: Place, seconds: int) -> int:
    return place.span // timedelta(seconds=seconds or gap_rules.HOURLY)


def _read(connection: Connection, place: Place) -> int:
    """Count the successful readings of the licences of a deployment."""
    found = readings.between(connection, place.deployment, LICENCES, place.begun, place.until)
    later = [each for each in found if each.problem is None]
    return sum(day.readings for day in place.closed) + len(later)


def _unclosed(place: Place) -> Iterator[Mapping[str, Any]]:
    """Yield the days that are not added up yet."""
    day = place.begun.date()
    while start_of(day) < place.until:
        yield {"deployment": place.deployment, "day": day.isoformat()}
        day += DAY

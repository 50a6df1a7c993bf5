"""What a stretch of time adds up to, from the figures and the readings themselves.

The daily close and every answer about a day that is not closed yet come from here, so that the
two agree.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.billing.days import added_up
from gateway.billing.gaps import NOT_READ, Known, gaps
from gateway.model import SHOWN_BY, Deployment, Figure, Gap, Measure, Reading, Tally, now
from gateway.storage import figures, readings


def tallies(
    connection: Connection, deployment: str, measure: Measure, since: datetime, until: datetime
) -> list[Tally]:
    """Add up the readings of a deployment's instances in [since, until).

    Returns:
        By instance and owner; none for what no reading listed.
    """
    held = figures.between_on(connection, deployment, measure, since, until)
    command = SHOWN_BY[measure]
    if measure is Measure.LICENCES:
        found = readings.between(connection, deployment, command, since, until)
        return added_up(_times(found), held, since, until)
    by_instance = _by_instance(readings.of_instances(connection, deployment, command, since, until))
    return [
        tally
        for instance, mine in _figures_of(held).items()
        for tally in added_up(_times(by_instance.get(instance, ())), mine, since, until)
    ]


def licence_gaps(
    connection: Connection,
    deployment: Deployment,
    since: datetime,
    until: datetime,
    patience: timedelta,
) -> list[Gap]:
    """Return where the licences of a deployment were not read in [since, until).

    Nothing from before its registration or after the present is a gap.

    Args:
        connection: to look through.
        deployment: which.
        since: the beginning of the period.
        until: its end.
        patience: what may lie between two readings (``gaps.longest``).
    """
    known = Known(deployment.create_time, now())
    command = SHOWN_BY[Measure.LICENCES]
    found = readings.around(connection, deployment.id, command, since, until)
    return gaps(found, since, until, known, patience)


def unread(
    connection: Connection,
    deployment: str,
    measure: Measure,
    present: Sequence[str],
    period: tuple[datetime, datetime],
) -> dict[str, list[str]]:
    """Return of which instances no reading succeeded in a period, by the code of the problem.

    Args:
        connection: to look through.
        deployment: its id.
        measure: one that is read of single instances.
        present: the instances that should have been read.
        period: [since, until).
    """
    command = SHOWN_BY[measure]
    tried = _by_instance(readings.of_instances(connection, deployment, command, *period))
    found: dict[str, list[str]] = defaultdict(list)
    for instance in sorted(present):
        mine = tried.get(instance, ())
        if all(reading.problem for reading in mine):
            found[(mine[-1].problem if mine else None) or NOT_READ].append(instance)
    return dict(found)


def _times(some: Sequence[Reading]) -> list[datetime]:
    return [reading.time for reading in some if reading.problem is None]


def _by_instance(some: Sequence[Reading]) -> Mapping[str, Sequence[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in some:
        found[str(reading.instance)].append(reading)
    return found


def _figures_of(some: Sequence[Figure]) -> Mapping[str, Sequence[Figure]]:
    found: dict[str, list[Figure]] = defaultdict(list)
    for figure in some:
        found[figure.instance].append(figure)
    return found

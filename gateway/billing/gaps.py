"""Where nothing is known of a deployment: named, and never counted as zero."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from gateway.billing.days import start_of
from gateway.model import Gap, Reading

PAUSED = "DEPLOYMENT_PAUSED"
"""The deployment failed often, and is left alone for a while."""

NOT_READ = "NOT_READ"
"""The problem of a gap in which nobody asked: the gateway was down, or reading is switched off."""

PATIENCE = 1.5
"""So many times the time from one reading to the next may pass before there is a gap."""

HOURLY = 3600


def longest(seconds: int) -> timedelta:
    """Return what may lie between two readings without a gap.

    Args:
        seconds: from one reading to the next, as it is set; 0 where nothing is read.
    """
    return timedelta(seconds=PATIENCE * (seconds or HOURLY))


@dataclass(frozen=True)
class Known:
    """From when to when a gap can be known of.

    Attributes:
        since: the registration of the deployment.
        until: the present.
    """

    since: datetime
    until: datetime


def gaps(
    readings: Sequence[Reading], since: datetime, until: datetime, known: Known, patience: timedelta
) -> list[Gap]:
    """Return the gaps of a deployment in [since, until), the oldest first.

    A stretch is judged by the readings at its ends, wherever they lie, and only then cut at the
    bounds of the period: so the gaps of two days are together those of both days at once.

    Args:
        readings: of one deployment in order, failed ones too, from the last success before the
            period to the first one after it, as far as there are any (``readings.around``).
        since: the beginning of the period.
        until: its end.
        known: nothing before or after is a gap.
        patience: what may lie between two readings.
    """
    times = (reading.time for reading in readings if reading.problem is None)
    return [
        Gap(max(begin, since), min(end, until), _problem(readings, begin, end))
        for begin, end in pairwise([known.since, *times, known.until])
        if end - begin > patience and begin < until and end > since
    ]


def joined(some: Iterable[Gap]) -> list[Gap]:
    """Make one of gaps that were cut at midnight; a reading between two keeps them apart."""
    found: list[Gap] = []
    for gap in some:
        before = found[-1] if found else None
        if before and _is_cut(before, gap):
            found[-1] = replace(before, until=gap.until)
        else:
            found.append(gap)
    return found


def _is_cut(before: Gap, gap: Gap) -> bool:
    """Whether two gaps were one before it was cut."""
    begin = gap.since
    return before == Gap(before.since, begin, gap.problem) and begin == start_of(begin.date())


def _problem(readings: Sequence[Reading], begin: datetime, end: datetime) -> str:
    """Return what most of the readings of a stretch failed for; of several, the last.

    That nothing was sent is never the reason, where another is known.
    """
    failed = [each.problem for each in readings if each.problem and begin <= each.time <= end]
    reasons = [problem for problem in failed if problem != PAUSED] or failed
    found = Counter(reversed(reasons)).most_common(1)
    return found[0][0] if found else NOT_READ

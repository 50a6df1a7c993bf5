"""What readings add up to: the one rule for days that are closed and days that are not.

A figure holds from the reading that showed it until the next one; each successful reading in
between is one more that showed the same value. So the figures, of which there are few, and the
times of the readings say all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise
from operator import attrgetter

from gateway.model import Figure, Tally

DAY = timedelta(days=1)

_PLACES = Decimal("0.0001")


def start_of(day: date) -> datetime:
    """Return the first moment of a day of UTC."""
    return datetime.combine(day, time(), UTC)


def added_up(
    times: Sequence[datetime], figures: Iterable[Figure], since: datetime, until: datetime
) -> list[Tally]:
    """Add up the readings in [since, until), for each instance and owner.

    Args:
        times: of the successful readings that cover all these instances, in order; others than
            those of the period do no harm.
        figures: of one measure that were in force in the period, by instance, the oldest first.
        since: the beginning of the period.
        until: its end.

    Returns:
        By instance, owners in the order in which they had it. Who had it while no reading listed
        it has none.
    """
    within = times[bisect_left(times, since) : bisect_left(times, until)]
    return [
        tally
        for _, some in groupby(figures, attrgetter("instance"))
        for tally in together(_spans(within, list(some)))
    ]


def together(tallies: Iterable[Tally]) -> list[Tally]:
    """Make one tally of those of the same instance, measure and owner; their times do not overlap.

    Returns:
        In the order in which each was met first.
    """
    found: dict[tuple[str, str, str], Tally] = {}
    for tally in tallies:
        key = (tally.instance, tally.measure, tally.reseller)
        found[key] = _sum(found[key], tally) if key in found else tally
    return list(found.values())


def average(total: int, readings: int) -> Decimal:
    """Return the average of readings, rounded half up to four places."""
    return (Decimal(total) / readings).quantize(_PLACES, ROUND_HALF_UP)


def _spans(times: Sequence[datetime], figures: Sequence[Figure]) -> Iterator[Tally]:
    """Yield what was read in each stretch in which one figure of an instance held."""
    begins = [bisect_left(times, figure.time) for figure in figures]
    for figure, (begin, end) in zip(figures, pairwise([*begins, len(times)]), strict=True):
        readings, value = end - begin, figure.value
        if value is None or not readings:
            continue
        yield Tally(
            instance=figure.instance,
            measure=figure.measure,
            reseller=figure.reseller,
            deployment=figure.deployment,
            readings=readings,
            total=readings * value,
            peak=value,
            latest=value,
            latest_time=times[end - 1],
        )


def _sum(one: Tally, other: Tally) -> Tally:
    last = max(one, other, key=attrgetter("latest_time"))
    return replace(
        last,
        readings=one.readings + other.readings,
        total=one.total + other.total,
        peak=max(one.peak, other.peak),
    )

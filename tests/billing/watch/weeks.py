"""Weeks of looks into an archive that is made up."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from gateway.billing.watch.judgement import KEPT, Look, Outcome, has_stopped

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
"""A Monday on which the first look is taken."""

Grows = Callable[[int], bool]


def outcome(grew: bool) -> Outcome:  # noqa: FBT001 - of a made-up day
    """Return what a look after a day shows."""
    return Outcome.GREW if grew else Outcome.SILENT


def looks(
    outcomes: Iterable[Outcome], *, ran: bool | None = False, start: datetime = MONDAY
) -> list[Look]:
    """Return daily looks; the first one has nothing to compare with."""
    first = Look(start, Outcome.UNCLEAR, ran)
    return [first, *(Look(start + n * DAY, each, ran) for n, each in enumerate(outcomes, 1))]


def silent(time: datetime, *, ran: bool | None = False) -> Look:
    """Return a look that shows nothing."""
    return Look(time, Outcome.SILENT, ran)


def alarms(history: list[Look]) -> list[int]:
    """Return the days on which a history, as it is remembered on each, would be told."""
    return [
        day
        for day in range(1, len(history))
        if has_stopped(history[max(0, day + 1 - KEPT) : day + 1], DAY)
    ]


def office(days: int, start: datetime = MONDAY, *, late: bool = False) -> list[Outcome]:
    """Return what daily looks at an office's archive show.

    Args:
        days: how many.
        start: of the first look.
        late: whether a look sees the mail of its own day rather than that of the day before.
    """
    of = [start + (n if late else n - 1) * DAY for n in range(1, days + 1)]
    return [outcome(day.weekday() < 5) for day in of]

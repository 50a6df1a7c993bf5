"""Periods of whole days of UTC, and how they are divided."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from gateway.billing.days import DAY, start_of


class Granularity(StrEnum):
    """How a period is divided."""

    TOTAL = "total"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """The days in [since, until) of UTC.

    Attributes:
        since: the first day.
        until: the day after the last one.
    """

    since: date
    until: date

    @property
    def begin(self) -> datetime:
        """Its first moment."""
        return start_of(self.since)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return start_of(self.until)

    def parts(self, granularity: Granularity) -> list["Period"]:
        """Return what it is divided into; months are cut at its bounds."""
        if granularity is Granularity.TOTAL:
            return [self]
        return list(self._divided(granularity))

    def _divided(self, granularity: Granularity) -> Iterator["Period"]:
        since = self.since
        while since < self.until:
            after = since + DAY if granularity is Granularity.DAY else _next_month(since)
            until = min(after, self.until)
            yield Period(since, until)
            since = until


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)

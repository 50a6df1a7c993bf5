"""Whether an instance has stopped archiving, judged against its own past alone.

What is told of this rule stands in docs/usage.md, "Archiving has stopped".
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import pairwise
from typing import Final

KEPT: Final = 42
"""How many looks are remembered: six weeks of daily ones."""

APART: Final = timedelta(hours=12)
"""Looks that follow sooner say nothing about a day."""

PAST: Final = timedelta(days=7)
"""What must be known of an instance before it is judged."""

LONG_PAST: Final = timedelta(days=21)
"""Before that, one more look is waited for."""

LEAST: Final = timedelta(days=2) - timedelta(hours=1)
"""Of silence; two days, since looks are not to the minute."""

PATIENT: Final = timedelta(days=10)
"""Of silence, where something speaks for an archive that has nothing to do: a week off."""

PATIENT_FACTOR: Final = 3
FACTOR: Final = 2
USUALLY: Final = 0.75
"""Of the looks on a weekday; those that grow by chance are not mistaken for a rhythm so easily."""

SEEN: Final = 2
"""How many looks on a weekday say something about it."""

WIDE: Final = 2.5
"""Looks further apart than so many usual ones do not say on which day nothing came."""


class Outcome(IntEnum):
    """What a look showed beside the one before it; the numbers lie in the database."""

    UNCLEAR = 0
    SILENT = 1
    GREW = 2
    SHRANK = 3


@dataclass(frozen=True)
class Look:
    """One look at an instance that was up.

    Attributes:
        time: when.
        outcome: what its number of messages did since the look before.
        ran: whether a profile ended well since then; None where that could not be read.
    """

    time: datetime
    outcome: Outcome
    ran: bool | None


def outcome_of(before: int | None, messages: int, archived: int | None) -> Outcome:
    """Return what a number of messages shows beside the one before.

    Args:
        before: None at the first look.
        messages: now.
        archived: how many messages profiles say that they archived; None where that is not known.
    """
    if before is None:
        return Outcome.UNCLEAR
    if messages > before or (archived and messages < before):
        return Outcome.GREW
    return Outcome.SILENT if messages == before else Outcome.SHRANK


def has_stopped(looks: Sequence[Look], period: timedelta) -> bool:
    """Whether an instance has been silent for longer than it ever was.

    Args:
        looks: the oldest first; the last one is the present.
        period: between two looks.
    """
    grown = last_growth(looks)
    if grown is None:
        return False
    past, silence = looks[: grown + 1], looks[grown + 1 :]
    known, silent = past[-1].time - past[0].time, _length(past[-1], silence)
    if known < PAST or silent < LEAST:
        return False
    rhythm = _Rhythm.of(past, max(period, APART))
    needed = FACTOR * (rhythm.longest + 1) + (known < LONG_PAST)
    if rhythm.missed([past[-1], *silence]) < needed:
        return False
    return not _is_at_ease(past, silence) or silent >= max(PATIENT, PATIENT_FACTOR * rhythm.pause)


def last_growth(looks: Sequence[Look]) -> int | None:
    """Return the place of the last look that showed growth."""
    return max(_grown(looks), default=None)


def _grown(looks: Sequence[Look]) -> list[int]:
    return [place for place, look in enumerate(looks) if look.outcome is Outcome.GREW]


def _length(last: Look, silence: Sequence[Look]) -> timedelta:
    return silence[-1].time - last.time if silence else timedelta()


def _is_at_ease(past: Sequence[Look], silence: Sequence[Look]) -> bool:
    """Whether profiles still run well, or messages go for the first time: then it may be idle."""
    ran = silence[-1].ran
    if ran is None:
        ran = any(look.ran for look in (*past, *silence))
    return ran or (_shrinks(silence) and not _shrinks(past))


def _shrinks(looks: Sequence[Look]) -> bool:
    return any(look.outcome is Outcome.SHRANK for look in looks)


@dataclass(frozen=True)
class _Rhythm:
    """What the past of an instance lets expect.

    Attributes:
        weekdays: on which a look usually shows growth.
        wide: the distance between two looks from which on silence is not counted.
        longest: how many looks in a row it failed to show growth on such days.
        pause: the longest known time from one look that showed growth to the next.
    """

    weekdays: frozenset[int]
    wide: timedelta
    longest: int = 0
    pause: timedelta = timedelta()

    @classmethod
    def of(cls, past: Sequence[Look], period: timedelta) -> "_Rhythm":
        """Learn it from a past that ends with growth."""
        rhythm = cls(_weekdays(past), WIDE * period)
        pauses = [past[one : other + 1] for one, other in pairwise(_grown(past))]
        return cls(
            rhythm.weekdays,
            rhythm.wide,
            max((rhythm.missed(looks) for looks in pauses), default=0),
            max(map(rhythm.known, pauses), default=timedelta()),
        )

    def missed(self, looks: Sequence[Look]) -> int:
        """Count the looks at which growth was to be expected and did not show."""
        return sum(
            look.outcome in {Outcome.SILENT, Outcome.SHRANK}
            and look.time.weekday() in self.weekdays
            and look.time - before.time <= self.wide
            for before, look in pairwise(looks)
        )

    def known(self, looks: Sequence[Look]) -> timedelta:
        """Return the time between looks; where nobody looked, nothing is known to have lasted."""
        apart = (look.time - before.time for before, look in pairwise(looks))
        return sum((each for each in apart if each <= self.wide), timedelta())


def _weekdays(past: Sequence[Look]) -> frozenset[int]:
    seen: dict[int, list[bool]] = defaultdict(list)
    for look in past:
        if look.outcome is not Outcome.UNCLEAR:
            seen[look.time.weekday()].append(look.outcome is Outcome.GREW)
    known = {day: grew for day, grew in seen.items() if len(grew) >= SEEN}
    return frozenset(day for day, grew in known.items() if sum(grew) >= USUALLY * len(grew))

"""Gaps, against a look at every minute."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.gaps import NOT_READ, Known, gaps, joined, longest
from gateway.model import Gap, Reading

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PATIENCE = timedelta(minutes=90)
LAST = 3 * 1440
KNOWN = Known(START, START + LAST * MINUTE)

minutes = st.lists(st.integers(0, LAST), max_size=40, unique=True).map(sorted)


def at(minute: int) -> datetime:
    return START + minute * MINUTE


def reading(minute: int, problem: str | None = None) -> Reading:
    raw = None if problem else "00"
    return Reading(f"rdg_{minute}", "dep_1", None, "CreateLicenseRequest", at(minute), raw, problem)


def around(some: Sequence[Reading], since: datetime, until: datetime) -> list[Reading]:
    """Return what the database hands out for a period."""
    good = [each.time for each in some if each.problem is None]
    first = max((time for time in good if time < since), default=since)
    last = min((time for time in good if time >= until), default=KNOWN.until)
    return [each for each in some if first <= each.time <= last]


def found(some: Sequence[Reading], since: datetime, until: datetime) -> list[Gap]:
    return gaps(around(some, since, until), since, until, KNOWN, PATIENCE)


def is_within_gap(good: Sequence[int], minute: int) -> bool:
    """Whether what follows a minute is further from reading to reading than is allowed."""
    before = max([time for time in good if time <= minute], default=0)
    after = min([time for time in good if time > minute], default=LAST)
    return after - before > PATIENCE / MINUTE


@given(minutes, st.integers(0, LAST - 1), st.integers(1, LAST))
def test_a_minute_is_in_a_gap_if_the_readings_about_it_are_too_far_apart(
    good: list[int], since: int, length: int
) -> None:
    until = min(since + length, LAST)
    some = [reading(minute) for minute in good]

    named = found(some, at(since), at(until))

    inside = {
        minute
        for minute in range(since, until)
        if any(gap.since <= at(minute) < gap.until for gap in named)
    }
    assert inside == {minute for minute in range(since, until) if is_within_gap(good, minute)}
    assert all(at(since) <= gap.since < gap.until <= at(until) for gap in named)


@given(minutes.map(lambda some: [minute for minute in some if minute % 1440]))
def test_the_gaps_of_days_are_together_those_of_all_of_them(good: list[int]) -> None:
    some = [reading(minute) for minute in good]
    days = [START + number * DAY for number in range(3)]

    each = [gap for day in days for gap in found(some, day, day + DAY)]

    assert joined(each) == found(some, START, START + 3 * DAY)


def test_a_failure_makes_no_reading_and_names_the_gap() -> None:
    some = [reading(0), reading(60, "UPSTREAM_TIMEOUT"), reading(120)]

    assert found(some, START, at(120)) == [Gap(at(0), at(120), "UPSTREAM_TIMEOUT")]


def test_of_several_problems_the_one_that_came_most_and_last_names_the_gap() -> None:
    some = [
        reading(0),
        *(reading(minute, "UPSTREAM_TIMEOUT") for minute in (60, 70)),
        *(reading(minute, "DEPLOYMENT_UNREACHABLE") for minute in (80, 90)),
        reading(100, "DEPLOYMENT_QUARANTINED"),
        reading(120),
    ]

    (gap,) = found(some, START, at(120))

    assert gap.problem == "DEPLOYMENT_UNREACHABLE"


def test_where_nobody_asked_the_gap_says_so() -> None:
    assert found([], START, START + DAY) == [Gap(START, START + DAY, NOT_READ)]


def test_a_failure_that_was_made_good_in_time_is_no_gap() -> None:
    some = [reading(0), reading(60, "UPSTREAM_TIMEOUT"), reading(70), reading(150)]

    assert found(some, START, at(150)) == []


def test_ninety_minutes_are_no_gap_and_more_are_one() -> None:
    assert found([reading(0), reading(90)], START, at(90)) == []
    assert found([reading(0), reading(91)], START, at(91)) == [Gap(at(0), at(91), NOT_READ)]


def test_gaps_of_different_problems_stay_apart() -> None:
    midnight = START + DAY
    some = [
        Gap(at(0), midnight, "A"),
        Gap(midnight, midnight + MINUTE, "B"),
        Gap(midnight + 2 * MINUTE, midnight + DAY, "B"),
    ]

    assert joined(some) == some


def test_a_deployment_that_is_never_read_is_still_expected_to_be() -> None:
    assert longest(0) == longest(3600) == PATIENCE
    assert longest(600) == timedelta(minutes=15)

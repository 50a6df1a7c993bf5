"""The rule that adds readings up, against a count of every reading one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.days import added_up, average, start_of, together
from gateway.model import Figure, Measure, Tally

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(hours=1)
Key = tuple[str, str]


@dataclass(frozen=True)
class Look:
    """A successful reading: when, and of each instance the value and the owner."""

    time: datetime
    listed: dict[str, tuple[int | None, str]]


@st.composite
def stories(draw: st.DrawFn) -> list[Look]:
    """Draw the readings of a deployment over some days."""
    hours = draw(st.lists(st.integers(0, 100), max_size=30, unique=True))
    names = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True))
    seen = st.tuples(st.none() | st.integers(0, 3), st.sampled_from(("res_1", "res_2")))
    return [
        Look(START + hour * STEP, {name: draw(seen) for name in names if draw(st.booleans())})
        for hour in sorted(hours)
    ]


def figures_of(story: Sequence[Look]) -> list[Figure]:
    """Keep what changes, as a reading does; what it does not list is null once it had a value."""
    found: dict[str, list[Figure]] = {}
    for number, look in enumerate(story):
        for name in sorted(found.keys() | look.listed.keys()):
            before = found.get(name, [])
            lost = (None, before[-1].reseller) if before else None
            value, owner = look.listed.get(name) or lost or (None, "")
            last = before[-1] if before else None
            if last is None or (last.value, last.reseller) != (value, owner):
                made = Figure(
                    name, Measure.LICENCES, look.time, value, owner, "dep_1", f"rdg_{number}"
                )
                found.setdefault(name, []).append(made)
    return [figure for name in sorted(found) for figure in found[name]]


def counted(story: Sequence[Look], since: datetime, until: datetime) -> dict[Key, list[int]]:
    """Return every value that was read in a period, by instance and owner: the oracle."""
    found: dict[Key, list[int]] = {}
    for look in story:
        for name, (value, owner) in look.listed.items():
            if value is not None and since <= look.time < until:
                found.setdefault((name, owner), []).append(value)
    return found


def shown(tallies: Sequence[Tally]) -> dict[Key, tuple[int, int, int, int]]:
    return {
        (each.instance, each.reseller): (each.readings, each.total, each.peak, each.latest)
        for each in tallies
    }


bounds = st.tuples(st.integers(-5, 105), st.integers(0, 60)).map(
    lambda pair: (START + pair[0] * STEP, START + sum(pair) * STEP)
)


@given(stories(), bounds)
def test_figures_and_times_say_what_every_reading_said(
    story: list[Look], period: tuple[datetime, datetime]
) -> None:
    times = [look.time for look in story]

    found = added_up(times, figures_of(story), *period)

    expected = {
        key: (len(values), sum(values), max(values), values[-1])
        for key, values in counted(story, *period).items()
    }
    assert shown(found) == expected
    assert len(found) == len(expected)


@given(stories(), bounds)
def test_the_time_of_the_latest_is_that_of_its_reading(
    story: list[Look], period: tuple[datetime, datetime]
) -> None:
    since, until = period
    for tally in added_up([look.time for look in story], figures_of(story), since, until):
        mine = (tally.latest, tally.reseller)
        times = [look.time for look in story if look.listed.get(tally.instance) == mine]
        assert tally.latest_time in times
        assert since <= tally.latest_time < until


@given(stories(), st.lists(st.integers(0, 100), min_size=2, max_size=6, unique=True))
def test_parts_of_a_period_make_the_whole(story: list[Look], cuts: list[int]) -> None:
    times, figures = [look.time for look in story], figures_of(story)
    bounds = [START + cut * STEP for cut in sorted(cuts)]

    parts = [
        tally
        for since, until in pairwise(bounds)
        for tally in added_up(times, figures, since, until)
    ]

    whole = added_up(times, figures, bounds[0], bounds[-1])
    assert shown(together(parts)) == shown(whole)


def test_an_instance_that_comes_and_goes_between_owners_has_one_tally_for_each() -> None:
    owners = ("res_1", "res_2", "res_1")
    story = [Look(START + hour * STEP, {"a": (hour, owner)}) for hour, owner in enumerate(owners)]

    found = added_up([look.time for look in story], figures_of(story), START, START + 9 * STEP)

    assert shown(found) == {("a", "res_1"): (2, 2, 2, 2), ("a", "res_2"): (1, 1, 1, 1)}


@pytest.mark.parametrize(
    ("total", "readings", "expected"),
    [
        (1, 3, "0.3333"),
        (2, 3, "0.6667"),
        (1, 32, "0.0313"),
        (3, 20_000, "0.0002"),
        (10**24 + 1, 2, f"{10**24 // 2}.5000"),
        (0, 7, "0.0000"),
    ],
)
def test_an_average_is_rounded_half_up_to_four_places(
    total: int, readings: int, expected: str
) -> None:
    assert str(average(total, readings)) == expected


@given(st.integers(0, 2**63 - 1), st.integers(1, 3_000_000))
def test_no_average_is_further_off_than_half_of_its_last_place(total: int, readings: int) -> None:
    found = average(total, readings)

    assert abs(Fraction(found) - Fraction(total, readings)) <= Fraction(Decimal("0.00005"))


def test_a_day_begins_at_midnight_of_utc() -> None:
    assert start_of(START.date()) == START

"""When an instance is looked into."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.watch.timetable import RETRIES, retry, slot

DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
periods = st.integers(60, 604_800).map(lambda seconds: timedelta(seconds=seconds))


@given(st.text(max_size=20), times, periods)
def test_the_next_time_lies_within_a_period(
    instance: str, after: datetime, period: timedelta
) -> None:
    found = slot(instance, after, period)

    assert period / 25 <= found - after <= period * 1.05


@given(st.text(max_size=20), times)
def test_an_instance_has_the_same_time_every_day(instance: str, after: datetime) -> None:
    first = slot(instance, after, DAY)
    second = slot(instance, first + timedelta(minutes=3), DAY)

    assert abs(second - first - DAY) < timedelta(milliseconds=1)


def test_a_look_that_began_a_moment_early_is_not_repeated() -> None:
    first = slot("ins_1", MONDAY, DAY)

    assert slot("ins_1", first - timedelta(seconds=5), DAY) - first > timedelta(hours=23)


def test_many_instances_make_an_even_load() -> None:
    hours = [0] * 24
    for number in range(24_000):
        hours[slot(f"ins_{number:032x}", MONDAY, DAY).hour] += 1

    assert 900 < min(hours) <= max(hours) < 1100


@given(st.text(max_size=20), st.integers(0, 100), times, periods)
def test_a_retry_comes_no_later_than_the_usual_look(
    instance: str, tries: int, after: datetime, period: timedelta
) -> None:
    found = retry(instance, tries, after, period)

    assert after < found <= slot(instance, after, period)
    assert tries < RETRIES or found == slot(instance, after, period)


def test_retries_come_later_and_later_and_not_together() -> None:
    year = timedelta(days=365)
    pauses = [retry("ins_1", tries, MONDAY, year) - MONDAY for tries in range(RETRIES)]
    others = {retry(f"ins_{number}", 0, MONDAY, year) for number in range(100)}

    assert pauses == sorted(pauses)
    assert pauses[0] > timedelta(minutes=11)
    assert max(others) - min(others) > timedelta(minutes=5)

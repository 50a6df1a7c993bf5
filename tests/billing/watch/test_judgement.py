"""Whether an archive has stopped: false alarms, and what must be told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.watch.judgement import Look, Outcome, has_stopped, outcome_of
from tests.billing.watch.weeks import DAY, MONDAY, alarms, looks, office, outcome, silent

outcomes = st.sampled_from(Outcome)
starts = st.integers(0, 7 * 24 - 1).map(lambda hours: MONDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("before", "messages", "archived", "expected"),
    [
        (None, 5, None, Outcome.UNCLEAR),
        (5, 6, None, Outcome.GREW),
        (5, 5, 0, Outcome.SILENT),
        (5, 5, 3, Outcome.SILENT),
        (5, 4, None, Outcome.SHRANK),
        (5, 4, 0, Outcome.SHRANK),
        (5, 4, 1, Outcome.GREW),
    ],
)
def test_growth_is_seen_by_the_count_and_behind_a_deletion_by_the_profiles(
    before: int | None, messages: int, archived: int | None, expected: Outcome
) -> None:
    assert outcome_of(before, messages, archived) is expected


@given(start=starts, late=st.booleans(), days=st.integers(1, 120))
def test_an_office_that_rests_at_weekends_never_alarms(
    *, start: datetime, late: bool, days: int
) -> None:
    assert alarms(looks(office(days, start, late=late), start=start)) == []


@given(st.integers(1, 6), starts, st.integers(1, 100))
def test_neither_does_any_other_week_that_repeats_itself(
    working: int, start: datetime, days: int
) -> None:
    week = [outcome((start + n * DAY).weekday() < working) for n in range(1, days + 1)]

    assert alarms(looks(week, start=start)) == []


@given(start=starts, late=st.booleans(), days=st.integers(25, 90))
def test_an_office_that_stops_is_told_at_the_second_look_that_should_have_shown_mail(
    *, start: datetime, late: bool, days: int
) -> None:
    history = looks(office(days, start, late=late), start=start)
    future = office(days + 14, start, late=late)[days:]
    end = [silent(history[-1].time + n * DAY) for n in range(1, 15)]
    missed = [n for n, due in enumerate(future) if due is Outcome.GREW]

    assert alarms(history + end)[0] == days + 1 + missed[1]


@given(some=st.lists(outcomes, max_size=100), start=starts, ran=st.booleans() | st.none())
def test_nothing_is_told_without_a_week_two_days_and_two_looks(
    *, some: list[Outcome], start: datetime, ran: bool | None
) -> None:
    history = looks(some, ran=ran, start=start)
    for day in alarms(history):
        grown = max(n for n in range(day) if history[n].outcome is Outcome.GREW)
        assert grown >= 7
        assert day - grown >= 2


@given(st.lists(outcomes, max_size=100), starts)
def test_growth_is_never_told_as_a_stop(some: list[Outcome], start: datetime) -> None:
    history = looks([*some, Outcome.GREW], start=start)

    assert not has_stopped(history, DAY)


@given(st.lists(outcomes, min_size=1, max_size=60), st.integers(1, 400))
def test_it_does_not_depend_on_the_date(some: list[Outcome], weeks: int) -> None:
    here, there = looks(some), looks(some, start=MONDAY + weeks * 7 * DAY)

    assert has_stopped(here, DAY) == has_stopped(there, DAY)


@given(st.lists(outcomes, min_size=1, max_size=60))
def test_profiles_that_run_well_only_ever_make_it_later(some: list[Outcome]) -> None:
    idle, running = looks(some, ran=False), looks(some, ran=True)

    assert set(alarms(running)) <= set(alarms(idle))


def test_a_holiday_of_one_day_is_not_told() -> None:
    days = office(60)
    days[36] = Outcome.SILENT

    assert alarms(looks(days)) == []


def test_a_week_off_is_not_told_while_profiles_run_well() -> None:
    days = office(42) + [Outcome.SILENT] * 5 + office(60)[47:]

    assert alarms(looks(days, ran=True)) == []
    assert alarms(looks(days, ran=False)) != []


def test_an_idle_archive_is_told_in_the_end_although_its_profiles_run_well() -> None:
    days = office(40) + [Outcome.SILENT] * 20

    told = alarms(looks(days, ran=True))
    assert told[0] == 50


def test_what_profiles_do_is_taken_from_the_past_where_it_cannot_be_read() -> None:
    past = looks(office(40), ran=True)
    unread = [silent(past[-1].time + n * DAY, ran=None) for n in range(1, 5)]
    known = [replace(look, ran=False) for look in unread]

    assert alarms(past + unread) == []
    assert alarms(past + known) != []


def test_more_patience_is_learnt_from_pauses() -> None:
    days = office(21)
    days[9] = days[10] = Outcome.SILENT  # two days of work without mail
    stopped = [Outcome.SILENT] * 14

    assert alarms(looks(office(28) + stopped))[0] < alarms(looks(days + office(7) + stopped))[0]


def test_the_first_deletion_of_old_messages_is_not_told() -> None:
    days = office(35) + [Outcome.SHRANK] * 5

    assert alarms(looks(days)) == []


def test_an_archive_that_is_known_to_delete_is_told_when_it_only_shrinks() -> None:
    days = office(35)
    days[16] = Outcome.SHRANK

    assert alarms(looks(days + [Outcome.SHRANK] * 7)) != []


def test_where_nobody_could_look_no_silence_is_counted() -> None:
    past = looks(office(40))
    after = past[-1].time + 4 * DAY
    up = [silent(after), silent(after + DAY)]

    assert not has_stopped(past + up[:1], DAY)
    assert not has_stopped(past + up, DAY)
    assert has_stopped([*past, *up, silent(after + 2 * DAY)], DAY)


def test_a_weekly_archive_is_told_after_the_second_week() -> None:
    weekly = [outcome(n % 7 == 0) for n in range(1, 36)]

    assert alarms(looks(weekly)) == []
    assert alarms(looks(weekly + [Outcome.SILENT] * 21))[0] == 35 + 14


def test_an_archive_without_a_rhythm_is_not_judged() -> None:
    rare = [outcome(n in {3, 17, 30}) for n in range(1, 42)]

    assert alarms(looks(rare)) == []


def test_looks_that_come_weekly_are_judged_as_well() -> None:
    week = 7 * DAY
    weekly = [Look(MONDAY + n * week, Outcome.GREW, ran=False) for n in range(1, 9)]
    end = [silent(MONDAY + n * week) for n in (9, 10)]

    assert not has_stopped([*weekly, end[0]], week)
    assert has_stopped([*weekly, *end], week)

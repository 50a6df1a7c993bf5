"""Usage against an oracle that adds up every single reading."""

from datetime import date, timedelta
from random import Random
from typing import Any

import time_machine
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from gateway.billing.day_close import DayClose
from gateway.billing.usage import Answer, Question, Usage
from gateway.billing.usage_items import Grouping, Item, Place
from gateway.billing.usage_periods import Granularity, Period
from gateway.storage.database import Database
from gateway.storage.tables import closed_days, usage_days
from gateway.tenancy.caller import Caller
from tests.billing.usage_story import HOUR, PLACES, START, Gap, Oracle, Story, below, caller, merged

QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DAY = timedelta(days=1)
NAMES = ("root", "a", "a1", "b")


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Draw a history of up to three days."""
    seed = Random(draw(st.integers(0, 2**32)))  # noqa: S311 # a history, not a secret
    return Story(seed, draw(st.integers(3, 70)))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Draw a period, a division and a grouping."""
    since = START.date() + timedelta(days=draw(st.integers(-1, 5)))
    until = since + timedelta(days=draw(st.integers(1, 6)))
    return Question(
        Period(since, until),
        draw(st.sampled_from(list(Granularity))),
        draw(st.sampled_from(list(Grouping))),
        deployment=draw(st.none() | st.sampled_from(PLACES)),
    )


def close_days(database: Database, hour: int) -> None:
    """Close whatever was over at an hour of the story; if it is odd, on one deployment only."""
    with time_machine.travel(START + hour * HOUR, tick=False):
        DayClose(database, 3600, 0).run()
    if hour % 2:
        with database.write() as connection:
            for table in (closed_days, usage_days):
                connection.execute(delete(table).where(table.c.deployment == PLACES[1]))


def ask(database: Database, story: Story, question: Question, who: Caller) -> Answer:
    with time_machine.travel(story.end, tick=False):
        return Usage(database, 3600).ask(who, question)


def sums_of(items: list[Item]) -> dict[Any, dict[str, Any]]:
    """Return the figures of items by part and group."""
    return {
        (item.part and item.part.since, item.key): {
            str(measure): (each.latest, each.average, each.peak, each.readings)
            for measure, each in item.sums.items()
        }
        for item in items
    }


def expected(oracle: Oracle, question: Question) -> dict[Any, dict[str, Any]]:
    assert question.period is not None
    parts = _parts(question.period.since, question.period.until, question.granularity)
    return {
        (since, key): measures
        for since, until in parts
        for key, measures in oracle.sums(since, until, question.grouping).items()
    }


def _parts(since: date, until: date, granularity: str) -> list[tuple[date, date]]:
    """Cut a period at each midnight, or at that of a first of a month."""
    days = [since + number * DAY for number in range((until - since).days)]
    cuts = {
        "total": [since],
        "day": days,
        "month": [day for day in days if day.day == 1 or day == since],
    }[granularity]
    return list(zip(cuts, [*cuts[1:], until], strict=True))


def gaps_of(answer: Answer) -> set[Gap]:
    return merged(
        (place, gap.since, gap.until) for place, gaps in answer.watch.gaps.items() for gap in gaps
    )


@QUICK
@given(
    stories(), questions(), st.sampled_from(NAMES), st.integers(0, 110), st.none() | st.just({0, 2})
)
def test_every_figure_is_what_the_readings_add_up_to(
    database: Database,
    story: Story,
    question: Question,
    name: str,
    hour: int,
    only: set[int] | None,
) -> None:
    story.play(database)
    close_days(database, min(hour, story.hours))
    few = None if only is None else frozenset(f"ins_{number}" for number in only)
    oracle = Oracle(story, below(name), few, question.deployment)
    seen = oracle.places(date(2025, 1, 1), date(2027, 1, 1)) | {None}
    assume(question.deployment in seen or (name, only) == ("root", None))  # else it is a 404

    answer = ask(database, story, question, caller(name, few))

    assert sums_of(list(answer.items.after(None, 2))) == expected(oracle, question)


@QUICK
@given(stories(), questions(), st.sampled_from(NAMES), st.integers(0, 110))
def test_gaps_are_those_of_the_deployments_concerned(
    database: Database, story: Story, question: Question, name: str, hour: int
) -> None:
    story.play(database)
    close_days(database, min(hour, story.hours))
    period = question.period
    assert period is not None
    question = Question(period, question.granularity, question.grouping)

    answer = ask(database, story, question, caller(name))

    oracle = Oracle(story, below(name))
    assert gaps_of(answer) == oracle.gaps(period.since, period.until)


@QUICK
@given(stories(), questions(), st.integers(1, 4), st.integers(1, 3))
def test_pages_are_the_whole_answer(
    database: Database, story: Story, question: Question, limit: int, chunk: int
) -> None:
    story.play(database)
    question = Question(question.period, question.granularity, question.grouping)
    answer = ask(database, story, question, caller("root"))
    whole = list(answer.items.after(None))
    read: list[Item] = []
    place: Place | None = None
    while True:
        found = list(answer.items.after(place, chunk))[:limit]
        if not found:
            break
        read += found
        last = found[-1]
        place = Place(last.key, None if last.is_last else last.number)

    assert read == whole


@QUICK
@given(stories(), st.sampled_from(NAMES), st.integers(0, 110))
def test_without_a_period_the_last_reading_of_each_counts(
    database: Database, story: Story, name: str, hour: int
) -> None:
    story.play(database)
    close_days(database, min(hour, story.hours))

    answer = ask(database, story, Question(), caller(name))

    last = {}
    for fact in sorted(story.facts, key=lambda each: each.time):
        last[fact.instance, fact.measure] = fact
    wanted = {
        (each.instance, each.owner, each.measure): (each.value, each.time)
        for each in last.values()
        for life in story.lives
        if life.id == each.instance and life.until is None
        if each.owner == life.owners[-1][1] and each.owner in below(name)
    }
    found = {
        (*item.key, str(measure)): (each.latest, each.as_of)
        for item in answer.items.after(None)
        for measure, each in item.sums.items()
    }
    assert found == wanted


def test_what_is_closed_here_and_open_there_counts_once(database: Database) -> None:
    story = Story(Random(5), 60)  # noqa: S311 # a history, not a secret
    story.play(database)
    close_days(database, 59)
    question = Question(Period(START.date(), story.end.date() + DAY))

    answer = ask(database, story, question, caller("root"))

    assert {life.deployment for life in story.lives} == set(PLACES)
    assert len(set(answer.watch.opened.values())) == 2
    found = sums_of(list(answer.items.after(None)))
    assert found == expected(Oracle(story, below("root")), question)

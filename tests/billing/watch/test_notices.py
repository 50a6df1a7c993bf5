"""What begins and ends between two looks, told once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.billing.watch.answers import Run, Store
from gateway.billing.watch.judgement import Look, Outcome
from gateway.billing.watch.memory import Memory, read
from gateway.billing.watch.notices import NAMED, Notice, compared
from gateway.billing.watch.visit import QUESTIONS, Findings, Part
from gateway.model import EventType, Measure
from tests.billing.watch.weeks import DAY, MONDAY

GOOD = Store(
    1, is_disabled=False, has_failed=False, needs_upgrade=False, needs_rebuild=False, size=1
)
RUN = Run(1, 3, "Journal", "failed", 0, MONDAY)


def findings(
    day: float = 0,
    messages: int | None = None,
    stores: Sequence[Store] | None = None,
    runs: Sequence[Run] | None = None,
    *,
    archives: bool = True,
) -> Findings:
    said = {Measure.MESSAGES: messages, Measure.BYTES: stores}
    time = MONDAY + day * DAY
    parts = [Part(question, time, None, said.get(question.measure)) for question in QUESTIONS]
    return Findings(parts, time, archives, runs)


def told(*looks: Findings, memory: Memory | None = None) -> list[Notice]:
    """Return what a row of looks tells, remembered as the database remembers it."""
    known, notices = memory or Memory(), []
    for each in looks:
        known, more = compared(known, each, DAY)
        known = read(known.document())
        notices += more
    return notices


def kinds(*looks: Findings) -> list[EventType]:
    return [kind for kind, _ in told(*looks)]


# stores and indexes


def test_a_store_that_fails_is_told_when_it_begins_and_when_it_ends() -> None:
    bad = replace(GOOD, has_failed=True, needs_upgrade=True)
    looks = [findings(n, stores=[store]) for n, store in enumerate([GOOD, bad, bad, GOOD, GOOD])]

    assert told(*looks) == [
        (
            EventType.STORE_FAILED,
            {"stores": [{"id": 1, "state": "failed", "needsUpgrade": True}], "count": 1},
        ),
        (
            EventType.STORE_RECOVERED,
            {"stores": [{"id": 1, "state": "open", "needsUpgrade": False}], "count": 1},
        ),
    ]


@pytest.mark.parametrize(
    ("stores", "state"),
    [([], "detached"), ([replace(GOOD, is_disabled=True)], "disabled")],
)
def test_a_store_that_is_out_of_use_is_no_failure_any_more(stores: list[Store], state: str) -> None:
    looks = findings(stores=[replace(GOOD, has_failed=True)]), findings(1, stores=stores)
    kind, data = told(*looks)[-1]

    assert kind is EventType.STORE_RECOVERED
    assert data["stores"][0]["state"] == state


def test_indexes_that_need_a_rebuild_are_told_once_for_each_time() -> None:
    marked = replace(GOOD, needs_rebuild=True)
    looks = [findings(n, stores=[each]) for n, each in enumerate([marked, marked, GOOD, marked])]

    assert kinds(*looks) == [EventType.INDEX_REBUILD_NEEDED] * 2


def test_an_event_names_no_more_stores_than_are_thin() -> None:
    many = [replace(GOOD, id=number, has_failed=True) for number in range(1, 1001)]
    ((_, data),) = told(findings(stores=many))

    assert (len(data["stores"]), data["count"]) == (NAMED, 1000)


# profiles


def test_each_profile_that_failed_is_told_once_a_look() -> None:
    runs = [
        replace(RUN, id=1, result="completedWithErrors"),
        replace(RUN, id=2),
        replace(RUN, id=3, result="completedWithErrors", end=MONDAY + timedelta(minutes=5)),
        replace(RUN, id=4, profile=None, name=None),
        replace(RUN, id=5, profile=9, result="succeeded"),
        replace(RUN, id=6, profile=9, result="cancelled"),
    ]

    assert told(findings(0.5, runs=runs)) == [
        (
            EventType.PROFILE_FAILED,
            {
                "profileId": 3,
                "profileName": "Journal",
                "result": "failed",
                "count": 3,
                "lastTime": "2026-03-02T10:05:00+00:00",
            },
        ),
        (
            EventType.PROFILE_FAILED,
            {"result": "failed", "count": 1, "lastTime": "2026-03-02T10:00:00+00:00"},
        ),
    ]


def test_a_run_is_heard_once_although_windows_overlap() -> None:
    second = replace(RUN, id=2)
    looks = (
        findings(0.1, runs=[RUN]),
        findings(0.2, runs=[RUN]),
        findings(0.3, runs=[RUN, second]),
        findings(0.4, runs=[RUN, second]),
    )

    assert [data["count"] for _, data in told(*looks)] == [1, 1]


def test_what_ended_long_before_the_first_look_is_not_told() -> None:
    assert told(findings(1.5, runs=[RUN]), findings(2.5, runs=[RUN])) == []


def test_a_clock_that_is_ahead_makes_it_late_and_not_double() -> None:
    ahead = replace(RUN, end=MONDAY + timedelta(minutes=5))
    looks = [findings(n, runs=[ahead]) for n in (0, 1, 2)]

    assert kinds(looks[0]) == []
    assert kinds(*looks) == [EventType.PROFILE_FAILED]


def test_a_clock_that_is_behind_hides_nothing() -> None:
    slow = [replace(RUN, id=n, end=MONDAY + (n - 0.5) * DAY) for n in (1, 2, 3)]
    looks = [findings(n, runs=slow[:n]) for n in (1, 2, 3)]

    assert kinds(*looks) == [EventType.PROFILE_FAILED] * 3


def test_a_time_in_a_far_future_silences_nothing() -> None:
    hostile = replace(RUN, id=99, end=MONDAY + timedelta(days=365_000))
    looks = findings(0, runs=[hostile]), findings(1, runs=[hostile, replace(RUN, end=MONDAY + DAY)])

    assert kinds(*looks) == [EventType.PROFILE_FAILED]


def test_a_deployment_that_invents_results_fills_neither_log_nor_state() -> None:
    many = [replace(RUN, id=number, profile=number) for number in range(5000)]
    memory, notices = compared(Memory(), findings(0.1, runs=many), DAY)

    assert len(notices) == NAMED
    assert len(str(memory.document())) < 10_000


def test_what_ended_while_nobody_could_look_is_told_in_the_end() -> None:
    looks = findings(0, runs=[]), findings(9, runs=[replace(RUN, end=MONDAY + 2 * DAY)])

    assert kinds(*looks) == [EventType.PROFILE_FAILED]


def test_what_is_asked_for_stays_short_where_no_profile_ends() -> None:
    memory = Memory()
    for day in range(40):
        memory, _ = compared(memory, findings(day, runs=[]), DAY)

    assert memory.run_end == MONDAY + 38 * DAY


# archiving


def grown(days: int) -> list[Findings]:
    return [findings(n, messages=100 + n) for n in range(days)]


def test_a_stop_is_told_once_and_so_is_its_end() -> None:
    stop = [findings(n, messages=129) for n in range(30, 40)]
    again = [findings(n, messages=90 + n) for n in range(40, 50)]

    assert told(*grown(30), *stop, *again) == [
        (
            EventType.ARCHIVING_STOPPED,
            {"lastGrowthTime": "2026-03-31T10:00:00+00:00", "messages": 129},
        ),
        (
            EventType.ARCHIVING_RESUMED,
            {"lastGrowthTime": "2026-03-31T10:00:00+00:00", "messages": 130},
        ),
    ]


def test_no_patience_is_learnt_from_a_stop() -> None:
    first = [findings(n, messages=129) for n in range(30, 40)]
    between = [findings(n, messages=90 + n) for n in range(40, 44)]
    second = [findings(n, messages=133) for n in range(44, 50)]
    half = [*grown(30), *first, *between, *second[:1]]

    assert len(told(*half)) == 2
    assert kinds(*half, second[1]) == [
        EventType.ARCHIVING_STOPPED,
        EventType.ARCHIVING_RESUMED,
        EventType.ARCHIVING_STOPPED,
    ]


def test_deletions_while_it_stands_are_no_growth_and_what_follows_is() -> None:
    counts = [129, 129, 129, 50, 50, 51]
    later = [findings(30 + n, messages=count) for n, count in enumerate(counts)]

    assert kinds(*grown(30), *later[:5]) == [EventType.ARCHIVING_STOPPED]
    assert kinds(*grown(30), *later)[1:] == [EventType.ARCHIVING_RESUMED]


@pytest.mark.parametrize(
    "blind", [findings(31, messages=None), findings(31, messages=129, archives=False)]
)
def test_a_look_that_could_not_see_it_archive_changes_nothing(blind: Findings) -> None:
    memory = Memory()
    for each in grown(30):
        memory, _ = compared(memory, each, DAY)

    assert compared(memory, blind, DAY) == (memory, [])


def test_looks_that_follow_too_soon_are_not_counted() -> None:
    hasty = [findings(29 + n / 100, messages=129) for n in range(1, 45)]

    assert told(*grown(30), *hasty) == []


def test_the_reading_of_runs_that_failed_changes_nothing_of_them() -> None:
    memory = Memory(run_end=MONDAY, run_ids=frozenset({1}))

    assert compared(memory, findings(1, stores=[GOOD]), DAY) == (memory, [])


# memory


@given(
    st.builds(
        Memory,
        tries=st.integers(0, 9),
        looks=st.lists(
            st.builds(
                Look,
                st.integers(0, 2**31).map(lambda n: MONDAY + timedelta(seconds=n)),
                st.sampled_from(Outcome),
                st.booleans() | st.none(),
            ),
            max_size=5,
        ).map(tuple),
        messages=st.none() | st.integers(0, 2**63 - 1),
        stopped=st.none() | st.just(MONDAY),
        run_end=st.none() | st.just(MONDAY),
        run_ids=st.frozensets(st.integers()),
        failed=st.frozensets(st.integers()),
        rebuild=st.frozensets(st.integers()),
    )
)
def test_what_is_remembered_is_read_again(memory: Memory) -> None:
    assert read(memory.document()) == memory


def test_what_is_kept_of_an_instance_is_little() -> None:
    memory = Memory()
    for each in grown(400):
        memory, _ = compared(memory, each, DAY)

    assert len(str(memory.document())) < 2000

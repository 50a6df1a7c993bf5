"""The short version of the drill: real processes, some hundred events, a kill of each kind."""

from collections.abc import Callable

import pytest

from deploy.servers import Absent
from tests.faults.events.plan import ANY_TIME, PROCESSES, SHORT, Plan
from tests.faults.events.points import TELLING
from tests.faults.events.report import carried_out
from tests.faults.kills.__main__ import Tally, lines
from tests.faults.kills.armed import DELAYS
from tests.faults.kills.points import POINTS, Point, place_of
from tests.faults.kills.stacks import STACKS, Stack
from tests.faults.kills.summary import LINE
from tests.services import ABSENT, leave_out


@pytest.mark.timeout(600)
@pytest.mark.parametrize("stack", SHORT, ids=str)
def test_every_event_comes_to_whom_it_concerns_and_to_nobody_else(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    plan = SHORT[stack]
    tally = Tally(len(plan.kills(stack)))
    try:
        report = carried_out(stack, plan)
    except Absent as error:
        leave_out(f"{stack} {ABSENT} ({error}): scripts/test-services installs it.")
    tally.take(report.result)
    for fault, line in zip(report.result.faults, lines(report.result), strict=False):
        assert fault.signal == "SIGKILL"
        record_property(LINE, line)

    assert report.result.findings == []
    assert tally.is_clean, tally.summary
    assert report.counts["events in the log of root"] >= plan.events


@pytest.mark.parametrize("point", TELLING, ids=str)
def test_the_function_of_a_point_is_there(point: Point) -> None:
    owner, name = place_of(point)

    assert callable(getattr(owner, name))


def test_points_have_names_of_their_own() -> None:
    names = [point.name for point in (*POINTS, *TELLING)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_a_plan_has_every_process_at_any_time_and_every_point(stack: Stack) -> None:
    kills = Plan(10_000, 2).kills(stack)

    roles = [kill.role for kill in kills if kill.point == ANY_TIME]
    there = [role for role in PROCESSES if role != "worker" or stack.workers]
    assert sorted(roles) == sorted([*there, *there])
    points = [kill.point for kill in kills if kill.point != ANY_TIME]
    assert sorted(points) == sorted([each.name for each in TELLING] * 2)


def test_the_short_version_has_every_point_and_every_process() -> None:
    kills = [kill for stack, plan in SHORT.items() for kill in plan.kills(stack)]

    assert {kill.role for kill in kills if kill.point == ANY_TIME} == set(PROCESSES)
    assert {kill.point for kill in kills} - {ANY_TIME} == {point.name for point in TELLING}


def test_the_same_seed_makes_the_same_kills() -> None:
    (stack, plan), *_ = SHORT.items()

    assert plan.kills(stack) == plan.kills(stack)
    assert Plan(300, 6, seed=2).kills(stack) != Plan(300, 6, seed=3).kills(stack)


def test_a_delivery_has_as_many_tries_as_in_production() -> None:
    assert len(DELAYS) == 10

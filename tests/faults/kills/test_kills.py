"""The short version of ``make test-faults``: real processes, killed for good at each fail point."""

from collections.abc import Callable

import pytest

from deploy.servers import Absent
from gateway.spe.command import Effect
from tests.faults.kills.__main__ import Tally, lines
from tests.faults.kills.findings import Finding
from tests.faults.kills.fleet import running
from tests.faults.kills.orders import Fault
from tests.faults.kills.plan import CHANGING, SHORT, drills
from tests.faults.kills.points import POINTS
from tests.faults.kills.results import Result, outcome
from tests.faults.kills.scenarios import scenarios
from tests.faults.kills.stacks import EMBEDDED, STACKS, Stack
from tests.faults.kills.summary import LINE
from tests.services import ABSENT, leave_out


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_a_kill_loses_nothing_and_doubles_nothing(
    stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    plan = SHORT[stack]
    tally = Tally(sum(each.planned for each in plan))
    try:
        with running(stack) as fleet:
            results = [outcome(each, fleet) for each in plan]
    except Absent as error:
        leave_out(f"{stack} {ABSENT} ({error}): scripts/test-services installs it.")
    for result in results:
        tally.take(result)
        for fault, line in zip(result.faults, lines(result), strict=False):
            assert fault.signal == "SIGKILL"
            record_property(LINE, line)

    found = {result.plan: result.findings for result in results if result.findings}
    assert found == {}
    assert tally.is_clean, tally.summary


def test_the_short_version_has_every_point_and_every_class() -> None:
    planned = [drill for plan in SHORT.values() for drill in plan]

    assert {drill.point for drill in planned} == {point.name for point in POINTS}
    assert {drill.case.effect for drill in planned} == set(CHANGING)


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_the_long_version_has_every_point_of_every_class(stack: Stack) -> None:
    planned = {(drill.point, drill.case.effect) for drill in drills(stack)}
    wanted = {(point.name, effect) for point in POINTS for effect in CHANGING}

    assert {effect for point, effect in wanted - planned if point != "K10"} == set()
    assert {effect for point, effect in planned if point == "K10"} == {
        Effect.IDEMPOTENT_WRITE,
        Effect.CREATE_NAMED,
    }


@pytest.mark.parametrize("stack", STACKS, ids=str)
def test_names_of_drills_and_scenarios_are_their_own(stack: Stack) -> None:
    names = [str(each) for each in (*drills(stack), *scenarios(stack))]

    assert len(set(names)) == len(names)


FAULT = Fault("1", "gateway 4711", "SIGKILL", "K3", "CreateStore")


def test_fewer_faults_than_planned_are_a_failure() -> None:
    tally = Tally(planned=2)
    tally.take(Result("K3-gateway-createStore", str(EMBEDDED), 1, [FAULT]))

    assert not tally.is_clean
    assert tally.summary == (
        "1 of 2 faults injected: 0 lost, 0 doubled, 0 orphans, 0 beyond the deadline"
    )


@pytest.mark.parametrize("kind", ["lost", "doubled", "orphan", "late", "quota"])
def test_whatever_is_found_is_a_failure_and_told(kind: str) -> None:
    tally = Tally(planned=1)
    result = Result("K3-gateway-createStore", str(EMBEDDED), 1, [FAULT], [Finding(kind, "why")])
    tally.take(result)

    assert not tally.is_clean
    assert f"1 {kind}" in tally.summary or "1 beyond the deadline" in tally.summary
    assert f"    {kind}: why" in list(lines(result))


def test_the_line_of_a_fault_has_process_signal_and_point() -> None:
    (line,) = lines(Result("K3-gateway-createStore", str(EMBEDDED), 1, [FAULT]))

    assert "SIGKILL gateway 4711   at K3" in line

"""A process that dies at any point: another one finds out what became of the command."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from gateway.broker.ledger import LeaseLost
from gateway.model import Instance, Operation, OperationStatus, StepStatus, now
from gateway.storage.operations import LEASE
from tests.core import Core, sent
from tests.faults.cases import CASES, Case
from tests.simulated import Control


class Crash(BaseException):
    """The end of a process, which no code of ours may catch."""


class DyingJournal:
    """A ledger whose process dies at one of its commits.

    Args:
        core: the process.
        commit: the number of the commit.
        written: whether it still gets through.
    """

    def __init__(self, core: Core, commit: int, *, written: bool) -> None:
        self._core = core
        self._left = commit
        self._written = written

    def save(self, operation: Operation) -> None:
        """Commit, or die."""
        self._left -= 1
        if self._left or self._written:
            self._core.ledger.save(operation)
        if not self._left:
            raise Crash

    def is_halted(self, operation: Operation) -> bool:
        """Whether whoever wished for it is suspended."""
        return self._core.ledger.is_halted(operation)

    def require_lease(self, operation: Operation) -> None:
        """Whether there is time enough to send."""
        self._core.ledger.require_lease(operation)


POINTS = {
    "before the intent to send": (1, False),
    "between intent and sending": (1, True),
    "between sending and outcome": (2, False),
    "after the outcome": (2, True),
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_crash_leaves_exactly_one_effect(
    core: Core, other: Core, control: Control, case: Case, point: str
) -> None:
    instance, operation = case.opened(core, control)
    commit, written = POINTS[point]
    with pytest.raises(Crash):
        core.runner.drive(operation, DyingJournal(core, commit, written=written))

    assert other.claim(operation.id) is None
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        ended = other.finished(operation.id, control)

    changed = sum(entry["changed"] for entry in sent(control, case.command.name))
    lost = point in {"between intent and sending", "between sending and outcome"}
    if not case.settles and lost:
        assert ended.status is OperationStatus.UNKNOWN
    else:
        assert ended.status is OperationStatus.SUCCEEDED, ended.problem
        assert case.done(control.state(), instance)
        assert changed == int(case.settles)
    assert core.phases(operation.id) == ["intent", "outcome"]


TOKENS = [(case, False) for case in CASES[:5]] + [(case, True) for case in CASES if case.settles]


@pytest.mark.parametrize(("case", "written"), TOKENS, ids=str)
def test_a_token_is_followed_by_another_process_or_done_without(
    core: Core, other: Core, control: Control, case: Case, *, written: bool
) -> None:
    control.asynchronous(1.0)
    instance, operation = case.opened(core, control)
    with pytest.raises(Crash):
        core.runner.drive(operation, DyingJournal(core, 2, written=written))

    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        ended = other.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED, ended.problem
    assert case.done(control.state(), instance)
    assert sum(entry["changed"] for entry in sent(control, case.command.name)) == 1


def test_a_worker_that_slept_over_its_lease_writes_nothing(
    core: Core, other: Core, control: Control
) -> None:
    case = CASES[1]
    instance, operation = case.opened(core, control)
    with time_machine.travel(now() + LEASE * 2):
        ended = other.finished(operation.id, control)
    assert ended.status is OperationStatus.SUCCEEDED

    with pytest.raises(LeaseLost):
        core.runner.drive(operation, core.ledger)

    assert len(sent(control, "DeleteInstances")) == 1
    assert core.instance(instance.id).status == "purged"
    assert core.phases(operation.id) == ["intent", "outcome"]


def test_the_outcome_of_a_worker_that_lost_its_lease_has_no_effect_of_ours(
    core: Core, other: Core, control: Control
) -> None:
    instance, operation = CASES[1].opened(core, control)
    with time_machine.travel(now() + LEASE * 2):
        assert other.claim(operation.id) is not None
    operation.steps[0].status = StepStatus.SUCCEEDED
    operation.status = OperationStatus.SUCCEEDED

    with pytest.raises(LeaseLost):
        core.ledger.save(operation)

    assert core.instance(instance.id).status == "active"
    assert core.phases(operation.id) == ["intent"]


def test_storage_that_fails_after_sending_is_no_failure_of_the_command(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[0]
    instance, operation = case.opened(core, control)
    control.fault("drop-after", "CreateInstance")

    with monkeypatch.context() as patch:
        patch.setattr(core.runner, "_instance_of", _broken_when_settling(core))
        core.drive(operation)
    assert core.broker.fetch(operation.id).status is OperationStatus.RUNNING

    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED
    assert case.done(control.state(), instance)


def _broken_when_settling(core: Core) -> Callable[[Operation], Instance]:
    def look(operation: Operation) -> Instance:
        if operation.steps[0].status is StepStatus.SETTLING:
            with core.database.read() as connection:
                connection.exec_driver_sql("SELECT * FROM gone")
        return core.instance(str(operation.instance))

    return look

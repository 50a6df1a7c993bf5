"""Suspensions that break off: refused, cancelled, with lost answers, in processes that die."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from gateway.broker.engine.suspension import RESUMPTION, SUSPENSION
from gateway.model import Instance, InstanceStatus, Operation, OperationStatus, now
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.storage import operations
from gateway.storage.operations import LEASE
from tests.broker.suspending import done, planted, resume, state, suspend, told
from tests.core import Core, sent, statuses
from tests.faults.cases import envelope, garbage
from tests.faults.test_crashes import Crash, DyingJournal
from tests.simulated import Control

WISHES = {"suspendInstance": SUSPENSION, "resumeInstance": RESUMPTION}
CHANGES = ("StopInstances", "SetInstanceConfiguration", "StartInstances")
SEND_AFTER = LEASE + timedelta(seconds=1)


# what fails


def test_one_whose_start_cannot_be_disabled_is_started_again(core: Core, control: Control) -> None:
    acme = planted(core, control)
    control.fault("failed", "SetInstanceConfiguration")
    failed = suspend(core, acme)

    assert failed.status is OperationStatus.FAILED
    assert state(control) == ("running", "automatic")
    assert core.instance(acme.id).status is InstanceStatus.ACTIVE
    assert told(core) == []


def test_the_next_suspension_knows_what_a_broken_off_one_has_found(
    core: Core, control: Control
) -> None:
    """Neither could its start be disabled, nor could it be started again."""
    acme = planted(core, control)
    for command in ("SetInstanceConfiguration", "StartInstances"):
        control.fault("failed", command)
    assert suspend(core, acme).status is OperationStatus.FAILED
    assert state(control) == ("stopped", "automatic")

    done(suspend(core, acme))
    done(resume(core, acme))
    assert state(control) == ("running", "automatic")


def test_a_broken_off_suspension_is_ended_by_resuming(core: Core, control: Control) -> None:
    acme = planted(core, control)
    for command in ("SetInstanceConfiguration", "StartInstances"):
        control.fault("failed", command)
    suspend(core, acme)
    done(resume(core, acme))
    assert state(control) == ("running", "automatic")
    assert core.instance(acme.id).kept_state == {}
    assert told(core) == []


def test_whoever_stops_it_after_a_broken_off_suspension_finds_it_stopped_later(
    core: Core, control: Control
) -> None:
    acme = planted(core, control)
    control.fault("failed", "SetInstanceConfiguration")
    suspend(core, acme)
    done(core.instances.operate(core.caller("stopInstance"), acme.id, STOP_INSTANCES, {}))

    done(suspend(core, acme))
    done(resume(core, acme))
    assert state(control) == ("stopped", "automatic")


def test_a_refused_suspension_that_changed_nothing_keeps_nothing(
    core: Core, control: Control
) -> None:
    acme = planted(core, control)
    control.fault("failed", "StopInstances")
    assert suspend(core, acme).status is OperationStatus.FAILED
    assert state(control) == ("running", "automatic")
    assert core.instance(acme.id).kept_state == {}


def test_one_that_does_not_start_stays_suspended_in_every_respect(
    core: Core, control: Control
) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    kept = core.instance(acme.id).kept_state
    control.fault("failed", "StartInstances")
    failed = resume(core, acme)

    assert failed.status is OperationStatus.FAILED
    assert state(control) == ("stopped", "disabled")
    found = core.instance(acme.id)
    assert (found.status, found.kept_state) == (InstanceStatus.SUSPENDED, kept)
    assert told(core) == ["instance.suspended"]

    done(resume(core, acme))
    assert state(control) == ("running", "automatic")


def test_success_that_spe_only_claims_resumes_nothing(core: Core, control: Control) -> None:
    """Law 7: it says that it was started, and it is stopped."""
    acme = planted(core, control)
    done(suspend(core, acme))
    control.fault(command="StartInstances", **garbage(envelope("succeeded")))
    assert resume(core, acme).status is OperationStatus.FAILED
    assert state(control) == ("stopped", "disabled")
    assert core.instance(acme.id).status is InstanceStatus.SUSPENDED


def cancelled_at(core: Core, acme: Instance, kind: str, prepare: str) -> Operation:
    """Carry an operation out whose cancellation is asked for before one of its steps."""
    operation = core.opened(core.instance(acme.id), *WISHES[kind], kind=kind)
    asked = core.runner._preparations[prepare]  # noqa: SLF001 - the moment when its turn comes

    def ask(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
        with core.database.write() as connection:
            operations.request_cancel(connection, operation.id)
        return asked(operation, instance)

    core.runner._preparations = {**core.runner._preparations, prepare: ask}  # noqa: SLF001 - likewise
    core.drive(operation)
    return core.finished(operation.id)


@pytest.mark.parametrize(
    ("kind", "prepare", "ended", "after"),
    [
        ("suspendInstance", "stop-if-running", "cancelled", ("running", "automatic")),
        ("suspendInstance", "disable-start", "succeeded", ("stopped", "disabled")),
        ("resumeInstance", "enable-start", "cancelled", ("stopped", "disabled")),
        ("resumeInstance", "start-as-it-ran", "succeeded", ("running", "automatic")),
    ],
)
def test_a_cancellation_leaves_no_half_of_it(
    core: Core, control: Control, kind: str, prepare: str, ended: str, after: tuple[str, str]
) -> None:
    acme = planted(core, control)
    if kind == "resumeInstance":
        done(suspend(core, acme))
    operation = cancelled_at(core, acme, kind, prepare)

    assert operation.status == ended, statuses(operation)
    assert state(control) == after
    is_suspended = core.instance(acme.id).status is InstanceStatus.SUSPENDED
    assert is_suspended == (after == ("stopped", "disabled"))


# lost answers and dead processes

LOST = [
    (kind, command, fault)
    for kind in WISHES
    for command in CHANGES
    for fault in ("drop-before", "drop-after")
    if (kind, command)
    not in {("suspendInstance", "StartInstances"), ("resumeInstance", "StopInstances")}
]


def begun(core: Core, control: Control, kind: str) -> tuple[Instance, Operation]:
    """Return the leased operation, and its instance in the state for it."""
    acme = planted(core, control)
    if kind == "resumeInstance":
        done(suspend(core, acme))
    control.forget_journal()
    return acme, core.opened(core.instance(acme.id), *WISHES[kind], kind=kind)


def assert_ended(core: Core, control: Control, acme: Instance, ended: Operation) -> None:
    """Assert that an operation has succeeded, with each effect exactly once."""
    done(ended)
    suspends = ended.kind == "suspendInstance"
    wanted = ("stopped", "disabled") if suspends else ("running", "automatic")
    assert state(control) == wanted
    status = InstanceStatus.SUSPENDED if suspends else InstanceStatus.ACTIVE
    assert core.instance(acme.id).status is status
    for command in CHANGES:
        assert sum(entry["changed"] for entry in sent(control, command)) <= 1
    assert told(core)[-1:] == ["instance.suspended" if suspends else "instance.resumed"]
    if suspends:
        kept = core.instance(acme.id).kept_state
        assert kept == {"startMode": "automatic", "ran": True, "legalHold": False}


@pytest.mark.parametrize(("kind", "command", "fault"), LOST)
def test_a_lost_answer_of_each_command_is_settled(
    core: Core, control: Control, kind: str, command: str, fault: str
) -> None:
    acme, operation = begun(core, control, kind)
    control.fault(fault, command)
    core.drive(operation)
    assert_ended(core, control, acme, core.finished(operation.id, control))
    assert control.faults()[0]["count"] == 0


def commits(core: Core, control: Control, kind: str) -> int:
    """Return how many commits an operation makes."""
    _, operation = begun(core, control, kind)
    made = 0

    class Counting(DyingJournal):
        def save(self, operation: Operation) -> None:
            nonlocal made
            made += 1
            super().save(operation)

    core.runner.drive(operation, Counting(core, 10_000, written=True))
    return made


@pytest.mark.parametrize("kind", WISHES)
def test_a_process_that_dies_at_any_commit_leaves_an_operation_that_ends_well(
    core: Core, other: Core, control: Control, kind: str, fresh: Callable[[], None]
) -> None:
    points = commits(core, control, kind)
    assert points >= 8
    for commit in range(1, points + 1):
        for written in (False, True):
            fresh()
            acme, operation = begun(core, control, kind)
            with pytest.raises(Crash):
                core.runner.drive(operation, DyingJournal(core, commit, written=written))
            with time_machine.travel(now() + SEND_AFTER):
                ended = other.finished(operation.id, control)
            assert_ended(other, control, acme, ended)


@pytest.fixture
def fresh(core: Core, control: Control) -> Callable[[], None]:
    """Forget the instance of the last round, so that its name is free."""

    def forget() -> None:
        control.reset()
        with core.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM instances")
            connection.exec_driver_sql("DELETE FROM names")
            connection.exec_driver_sql("DELETE FROM outbox WHERE topic = 'event'")

    return forget

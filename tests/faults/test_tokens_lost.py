"""Tokens that SPE forgets when all is done, and work that never ends: F14 and F15.

What was forgotten before it was done is in ``tests/faults/test_waiting.py``.
"""

from datetime import timedelta

import pytest
import time_machine

from gateway.broker.engine import reader
from gateway.broker.engine.plan import DEADLINES, Invocation, command_of
from gateway.broker.engine.runner import CANCELLING
from gateway.model import Operation, OperationStatus, now
from gateway.spe.command import Effect
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.storage import operations
from tests.core import Core, sent
from tests.faults.cases import CASES, Case
from tests.faults.stage import EFFECTS, Bystander, assert_ended_well, assert_settled, polled
from tests.simulated import Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
MARGIN = timedelta(seconds=5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_was_done_before_its_token_was_forgotten_is_seen_and_not_done_again(
    core: Core, control: Control, bystander: Bystander, case: Case
) -> None:
    control.asynchronous(1.0)
    instance, operation = case.opened(core, control)
    core.drive(operation)
    for running in control.operations():
        if running["statusCode"] == "running":
            control.transition(running["token"], "succeeded")
    control.restart()
    control.asynchronous(0)

    core.finished(operation.id)

    assert_settled(core, control, case, instance)
    again = case.command.effect is Effect.IDEMPOTENT_WRITE
    assert len(sent(control, case.command.name)) <= 1 + again
    bystander.assert_served("Beside")


def stuck(core: Core, control: Control, case: Case) -> Operation:
    """Have a command run that never gets on."""
    control.asynchronous(1.0)
    _, operation = case.opened(core, control)
    control.pause()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "READ_SECONDS", 0.05)  # what is looked at before is held, too
        core.drive(operation)
    control.asynchronous(0)
    found = core.broker.fetch(operation.id)
    assert found.status is OperationStatus.RUNNING
    return found


@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_what_never_gets_on_runs_up_to_the_deadline_of_its_effect_and_no_longer(
    core: Core, control: Control, case: Case
) -> None:
    found = stuck(core, control, case)
    allowed = DEADLINES[command_of(found.steps[0]).effect]
    assert found.deadline - found.create_time <= allowed + MARGIN
    with time_machine.travel(found.deadline - MARGIN, tick=False):
        assert polled(core, found.id).status is OperationStatus.RUNNING
    with time_machine.travel(found.deadline + MARGIN, tick=False):
        ended = polled(core, found.id)

    assert ended.status is OperationStatus.UNKNOWN
    assert ended.lock is None
    assert core.phases(found.id) == ["intent", "outcome"]
    assert len(sent(control, case.command.name)) == 1
    control.resume()


def test_a_wish_to_cancel_that_is_ignored_has_a_deadline_of_its_own(
    core: Core, control: Control
) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    control.pause()
    control.fault("status", "cancel-async", count=None)
    with core.database.write() as connection:
        assert operations.request_cancel(connection, operation.id)
    asked = now()
    for minutes in (0, 10, 29):
        with time_machine.travel(asked + timedelta(minutes=minutes), tick=False):
            assert polled(core, operation.id).status is OperationStatus.CANCELLING
    with time_machine.travel(asked + CANCELLING + MARGIN, tick=False):
        ended = polled(core, operation.id)
    control.clear_faults()
    control.resume()

    assert ended.status is OperationStatus.UNKNOWN
    assert len(sent(control, "cancel-async")) >= 3
    assert core.phases(operation.id) == ["intent", "outcome"]


def test_a_token_that_is_forgotten_while_it_is_cancelled_is_settled_by_reading(
    core: Core, control: Control
) -> None:
    case = next(case for case in EFFECTS if case.command.name == "StopInstances")
    control.asynchronous(1.0)
    instance, operation = case.opened(core, control)
    core.drive(operation)
    control.transition(control.operations()[-1]["token"], "succeeded")
    control.asynchronous(0)
    control.restart()
    with core.database.write() as connection:
        assert operations.request_cancel(connection, operation.id)

    ended = core.finished(operation.id)

    assert ended.status is OperationStatus.SUCCEEDED
    assert case.done(control.state(), instance)
    assert_ended_well(core, ended)

"""Reads: without a row, unless they outlast the patience of the caller."""

from datetime import timedelta

import pytest
import time_machine

from gateway.broker.engine.plan import Invocation
from gateway.errors import StorageUnavailable
from gateway.model import OperationStatus, now
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION, GET_INSTANCES
from gateway.spe.commands.stores import GET_STORES
from tests.core import Core, sent, until
from tests.simulated import Control

WISHES = (Invocation(GET_INSTANCES), Invocation(GET_STORES))


def finished(core: Core, operation: str, control: Control) -> None:
    """Carry an operation on in the threads of the broker."""

    def is_final() -> bool:
        claimed = core.claim(operation)
        if claimed is not None:
            core.broker.carry(claimed)
        control.advance(1)
        return core.broker.fetch(operation).status.is_final

    until(is_final)


def test_a_quick_read_has_no_row(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    found = core.broker.call(core.caller(), acme.id, WISHES)
    assert found.status is OperationStatus.SUCCEEDED
    assert core.rows() == 0


def test_a_read_that_turns_asynchronous_is_waited_for(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    control.asynchronous(1.0, seconds=0.1)
    found = core.broker.call(core.caller(), acme.id, WISHES)
    assert found.status is OperationStatus.SUCCEEDED
    assert core.rows() == 0


def test_a_slow_read_becomes_an_operation_whose_result_is_there_for_an_hour(
    core: Core, control: Control
) -> None:
    acme = core.planted(control, "acme")
    at_once = core.broker.call(core.caller(), acme.id, WISHES)
    control.asynchronous(1.0)
    control.pause()

    found = core.broker.call(core.caller(wait=0.3), acme.id, WISHES)
    assert not found.status.is_final
    assert core.broker.fetch(found.id).id == found.id
    control.resume()
    finished(core, found.id, control)

    done = core.broker.fetch(found.id)
    assert done.status is OperationStatus.SUCCEEDED
    assert [s.result for s in done.steps] == [s.result for s in at_once.steps]
    with time_machine.travel(now() + timedelta(minutes=59)):
        core.ledger.tidy()
    assert core.rows() == 1
    with time_machine.travel(now() + timedelta(minutes=61)):
        core.ledger.tidy()
    assert core.rows() == 0


def test_a_read_that_answers_nothing_yet_is_adopted_too(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    control.fault("delay", "GetStores", seconds=3600)
    found = core.broker.call(core.caller(wait=0.2), acme.id, [Invocation(GET_STORES)])
    assert not found.status.is_final

    def is_final() -> bool:
        control.advance(3601)
        return core.broker.fetch(found.id).status.is_final

    until(is_final)
    assert core.broker.fetch(found.id).steps[0].result[0]["name"] == "Mail"
    assert len(sent(control, "GetStores")) == 1


@pytest.mark.parametrize("attempt", range(8))
def test_a_read_that_ends_as_the_patience_does_is_answered_either_way(
    core: Core, control: Control, attempt: int
) -> None:
    acme = core.planted(control, "acme")
    wait = 0.002 * (attempt + 1)
    found = core.broker.call(core.caller(wait=wait), acme.id, WISHES)
    if not found.status.is_final or core.rows():
        finished(core, found.id, control)
        found = core.broker.fetch(found.id)
    assert found.status is OperationStatus.SUCCEEDED
    assert all(step.result for step in found.steps)


def test_a_failing_read_fails_at_once(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme", status="stopped")
    found = core.broker.call(core.caller(), acme.id, WISHES)
    assert found.problem is not None
    assert found.problem["code"] == "INSTANCE_NOT_RUNNING"


def test_a_read_without_storage_is_told_so(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")

    def unavailable(_: str) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(core.connections, "client", unavailable)
    wish = [Invocation(GET_INSTANCE_CONFIGURATION)]
    found = core.broker.call(core.caller(), acme.id, wish)
    assert found.problem is not None
    assert found.problem["code"] == "STORAGE_UNAVAILABLE"

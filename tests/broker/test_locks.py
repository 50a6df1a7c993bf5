"""Many at once: one change of an instance at a time, one instance for an id."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest

from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import Invocation
from gateway.broker.ledger import LeaseLost
from gateway.broker.placement.explanation import NoPlacement
from gateway.errors import Conflict, NameTaken, OperationInProgress
from gateway.model import InstanceStatus, OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.command import Command
from gateway.spe.commands.instances import (
    FREEZE_INSTANCES,
    RESTART_INSTANCES,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import CREATE_STORE, VERIFY_STORE
from gateway.storage import deployments, instances
from tests.core import Core, sent
from tests.simulated import Control

MANY = 30
STORE = Invocation(CREATE_STORE, {"name": "More", "databasePath": "~\\0123456789abcdef"})
LIFE = (START_INSTANCES, STOP_INSTANCES, RESTART_INSTANCES, FREEZE_INSTANCES)


def outcomes(work: Any, number: int = MANY) -> list[Any]:  # noqa: ANN401 - results and errors
    """Do something many times at once, and return the results or the errors."""
    start = Barrier(number)

    def one(index: int) -> object:
        start.wait()
        try:
            return work(index)
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def test_of_many_changes_at_once_one_is_made_and_the_others_are_told_which(
    core: Core, control: Control, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")
    everybody_was_told, real = Event(), simulator.server.invoke

    def invoke(name: str, *rest: Any) -> Any:  # noqa: ANN401 - passed on as they came
        assert name != "CreateStore" or everybody_was_told.wait(20)
        return real(name, *rest)

    monkeypatch.setattr(simulator.server, "invoke", invoke)
    found = outcomes(lambda _: core.broker.call(core.caller(wait=0), acme.id, [STORE]))
    everybody_was_told.set()

    [holder] = [one for one in found if not isinstance(one, Conflict)]
    refusals = [one for one in found if isinstance(one, OperationInProgress)]
    assert len(refusals) == MANY - 1
    assert {refusal.operation for refusal in refusals} == {holder.id}
    core.ledger.wait(holder.id, 20)
    assert core.broker.fetch(holder.id).status is OperationStatus.SUCCEEDED
    assert len(sent(control, "CreateStore")) == 1


@pytest.mark.parametrize("command", LIFE, ids=lambda command: command.name)
def test_the_life_of_an_instance_is_one_step_at_a_time(
    core: Core, control: Control, command: Command
) -> None:
    acme = core.planted(control, "acme")
    first = core.opened(acme, Invocation(RESTART_INSTANCES))
    with pytest.raises(OperationInProgress) as refusal:
        core.opened(acme, Invocation(command))
    assert refusal.value.operation == first.id


def test_work_within_an_instance_does_not_lock_it(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    core.opened(acme, Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False}))
    core.opened(acme, STORE)


def test_of_many_creates_of_one_id_one_is_made(core: Core, control: Control) -> None:
    new = NewInstance("acme", "Acme")
    found = outcomes(lambda _: core.instances.create(core.caller("createInstance"), new))
    [made] = [one for one in found if not isinstance(one, Conflict)]
    assert made.status is OperationStatus.SUCCEEDED
    assert sum(isinstance(one, NameTaken) for one in found) == MANY - 1
    assert list(control.state()["instances"]) == ["acme"]
    assert core.rows() == 1


def test_of_many_creates_no_more_fit_than_the_deployment_holds(
    core: Core, control: Control
) -> None:
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, {"capacity": 3})
    found = outcomes(
        lambda n: core.instances.create(
            core.caller("createInstance"), NewInstance(f"acme-{n}", "Acme", start=False)
        ),
        12,
    )
    assert sum(isinstance(one, NoPlacement) for one in found) == 9
    assert len(control.state()["instances"]) == 3


def test_two_runners_on_one_row_have_one_effect(core: Core, other: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    opened = core.opened(acme, STORE)
    core.ledger.release(opened)
    claims = [core.claim(opened.id), other.claim(opened.id)]
    assert [claim is None for claim in claims] == [False, True]
    with pytest.raises(LeaseLost):
        other.drive(opened)
    assert core.drive(claims[0]).status is OperationStatus.SUCCEEDED
    assert len(sent(control, "CreateStore")) == 1


def test_what_was_judged_is_judged_again_under_the_lock(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Undeleted between the look at its state and the purge: it must not be removed."""
    acme = core.planted(control, "acme", status="stopped")
    kept = {"status": InstanceStatus.DELETED, "kept_state": {"legalHold": False}}
    with core.database.write() as connection:
        instances.change(connection, acme.id, kept)
    opened = core.ledger.open

    def undeleted_first(*arguments: Any) -> None:  # noqa: ANN401 - passed on as they came
        with core.database.write() as connection:
            instances.change(connection, acme.id, {"status": InstanceStatus.ACTIVE})
        opened(*arguments)

    monkeypatch.setattr(core.ledger, "open", undeleted_first)
    with pytest.raises(Conflict, match="meanwhile"):
        core.instances.purge(core.caller("purgeInstance"), acme.id, "acme", checked=False)
    assert control.journal() == []
    assert core.rows() == 0

from typing import Any

import pytest

from gateway.model import InstanceStatus, OperationStatus
from gateway.simulator.server import Simulator
from gateway.storage import names
from tests.core import Core, sent
from tests.faults.cases import CASES, LOST, SPOILT, Case, envelope, garbage
from tests.faults.stage import assert_one_effect
from tests.simulated import Control


@pytest.mark.parametrize("executed", [True, False], ids=["carried-out", "not-carried-out"])
@pytest.mark.parametrize(("case", "spoilt"), LOST, ids=str)
def test_a_lost_answer_is_settled_by_what_can_be_read(
    core: Core, control: Control, case: Case, spoilt: str, *, executed: bool
) -> None:
    instance, operation = case.opened(core, control)
    control.fault(command=case.command.name, execute=executed, **SPOILT[spoilt])

    core.drive(operation)
    ended = core.finished(operation.id, control)

    assert control.faults()[0]["count"] == 0
    assert_one_effect(control, case, instance, ended)
    assert core.phases(operation.id) == ["intent", "outcome"]
    assert all(step.arguments == {} and step.before is None for step in ended.steps)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_deployment_that_always_loses_answers_gets_a_command_twice_at_most(
    core: Core, control: Control, case: Case
) -> None:
    instance, operation = case.opened(core, control)
    control.fault("drop-before", case.command.name, count=None)

    core.drive(operation)
    ended = core.finished(operation.id, control)

    assert len(sent(control, case.command.name)) <= 2
    assert ended.status in {OperationStatus.FAILED, OperationStatus.UNKNOWN}
    if case.settles:
        assert not case.done(control.state(), instance)


ONCE = {"CreateInstance", "DeleteInstances", "CreateStore", "CreateUser", "DeleteUser"}


@pytest.mark.parametrize("case", [case for case in CASES if case.command.name in ONCE], ids=str)
def test_a_second_try_that_is_refused_because_the_first_came_late_is_no_failure(
    core: Core,
    control: Control,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
) -> None:
    instance, operation = case.opened(core, control)
    control.fault("drop-before", case.command.name)
    real = simulator.server.invoke

    def late(name: str, *rest: Any) -> Any:  # noqa: ANN401 - passed on as they came
        if name == case.command.name:
            real(name, *rest)
        return real(name, *rest)

    monkeypatch.setattr(simulator.server, "invoke", late)

    ended = core.drive(operation)

    assert len(sent(control, case.command.name)) == 2
    assert ended.status is OperationStatus.SUCCEEDED
    assert case.done(control.state(), instance)


def test_an_instance_of_somebody_else_is_not_adopted(core: Core, control: Control) -> None:
    control.seed(instances=[{"instanceID": "acme", "baseDirectory": "D:\\Elsewhere"}])
    case = CASES[0]
    instance, operation = case.opened(core, control)
    control.fault("drop-before", "CreateInstance")

    ended = core.drive(operation)

    assert ended.status is OperationStatus.FAILED
    assert core.instance(instance.id).status is InstanceStatus.FAILED
    assert control.state()["instances"]["acme"]["base_directory"] == "D:\\Elsewhere"
    assert len(sent(control, "CreateInstance")) == 1
    with core.database.read() as connection:
        assert names.owner(connection, core.deployment, "acme") is None


def test_an_id_that_the_deployment_has_already_is_a_taken_name(
    core: Core, control: Control
) -> None:
    control.seed(instances=[{"instanceID": "acme", "baseDirectory": "D:\\Elsewhere"}])
    _, operation = CASES[0].opened(core, control)

    ended = core.drive(operation)

    assert ended.problem is not None
    assert ended.problem["code"] == "NAME_TAKEN"


def test_an_instance_that_was_made_anew_under_the_id_is_not_deleted(
    core: Core, control: Control
) -> None:
    _, operation = CASES[1].opened(core, control)
    control.fault("drop-after", "DeleteInstances")
    control.fault("drop-before", "GetInstances", count=2)  # and once more by the client itself
    core.drive(operation)
    assert "acme" not in control.state()["instances"]
    anew = {"instanceID": "acme", "baseDirectory": "D:\\Elsewhere", "status": "stopped"}
    control.seed(instances=[anew])

    ended = core.finished(operation.id)

    assert ended.status is OperationStatus.UNKNOWN
    assert len(sent(control, "DeleteInstances")) == 1
    assert "acme" in control.state()["instances"]


def test_a_user_that_was_there_before_is_not_taken_for_ours(core: Core, control: Control) -> None:
    case = next(case for case in CASES if case.command.name == "CreateUser")
    john = {"userName": "john", "fullName": "John the Elder"}
    taken = Case(case.command, case.done, case.arguments, {"users": [john]})
    _, operation = taken.opened(core, control)
    control.fault("drop-after", "CreateUser")

    ended = core.drive(operation)

    assert ended.status is OperationStatus.FAILED


@pytest.mark.parametrize("answer", [envelope("succeeded"), envelope("succeeded", ["acme"]), "[]"])
def test_a_useless_list_of_instances_proves_no_deletion(
    core: Core, control: Control, answer: str
) -> None:
    _, operation = CASES[1].opened(core, control)
    control.fault("drop-before", "DeleteInstances")
    control.fault(command="GetInstances", **garbage(answer))

    waiting = core.drive(operation)

    assert waiting.status is OperationStatus.RUNNING
    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED
    assert "acme" not in control.state()["instances"]

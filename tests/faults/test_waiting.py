"""Operations that wait: for a token, for a deployment that is down, for an end."""

from itertools import count
from typing import Any

import pytest

from gateway.broker.engine import reader
from gateway.broker.engine.connections import Connections
from gateway.broker.engine.plan import Invocation
from gateway.errors import DeploymentUnreachable
from gateway.model import OperationStatus
from gateway.spe.commands.instances import (
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    RESTART_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import RENAME_STORE, VERIFY_STORE
from gateway.spe.commands.users import CREATE_USER, GET_USER_INFO
from gateway.spe.status import Status
from gateway.storage import operations
from tests.core import Core, HastyClient, sent, statuses
from tests.faults.cases import CASES, Case
from tests.simulated import Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
JOHN = {"userName": "john", "privileges": ["login"]}
CREATION = (Invocation(CREATE_USER, JOHN), Invocation(GET_USER_INFO, {"userName": "john"}))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_turns_asynchronous_ends_like_what_does_not(
    core: Core, control: Control, case: Case
) -> None:
    control.asynchronous(1.0)
    instance, operation = case.opened(core, control)

    assert core.drive(operation).status is OperationStatus.RUNNING
    ended = core.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED, ended.problem
    assert case.done(control.state(), instance)
    assert len(sent(control, case.command.name)) == 1


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_lost_token_is_settled_by_reading(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    monkeypatch.setattr(reader, "READ_SECONDS", 0.05)  # what is looked at before is held, too
    control.asynchronous(1.0)
    control.pause()
    instance, operation = case.opened(core, control)
    core.drive(operation)
    control.restart()
    control.asynchronous(0)
    control.resume()

    ended = core.finished(operation.id)

    if case.settles and case.command is not RESTART_INSTANCES:
        assert ended.status is OperationStatus.SUCCEEDED, ended.problem
        assert case.done(control.state(), instance)
        assert sum(entry["changed"] for entry in sent(control, case.command.name)) == 1
    else:
        assert ended.status is OperationStatus.UNKNOWN
        assert len(sent(control, case.command.name)) == 1


def test_a_read_gives_the_same_result_sooner_or_later(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    wishes = (Invocation(GET_INSTANCES), Invocation(GET_INSTANCE_CONFIGURATION))
    at_once = core.drive(core.opened(acme, *wishes))
    control.asynchronous(1.0)
    operation = core.opened(acme, *wishes)
    core.drive(operation)
    later = core.finished(operation.id, control)
    assert [step.result for step in later.steps] == [step.result for step in at_once.steps]


def test_a_deployment_that_is_down_is_polled_again(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    control.fault("drop-before", "get-status", count=6)
    control.fault("status", "get-status", count=2)

    ended = core.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.log.count("Finished. No errors have been found.") == 1
    assert control.faults()[1]["count"] == 0


def test_a_change_that_is_done_waits_for_the_read_that_follows(
    core: Core, control: Control
) -> None:
    operation = core.opened(core.planted(control, "acme"), *CREATION)
    control.fault("drop-before", "GetUserInfo", count=4)

    assert core.drive(operation).status is OperationStatus.RUNNING
    ended = core.finished(operation.id)

    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.steps[1].result["userName"] == "john"
    assert len(sent(control, "CreateUser")) == 1


def test_a_read_that_follows_a_change_survives_a_lost_token(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), *CREATION)
    control.asynchronous(1.0)
    core.drive(operation)
    while core.broker.fetch(operation.id).steps[1].status != "running":
        control.advance(1)
        core.drive(core.claim(operation.id))
    control.restart()

    ended = core.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED
    assert len(sent(control, "CreateUser")) == 1


def test_a_read_alone_fails_at_once(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), Invocation(GET_INSTANCES))
    control.fault("drop-before", "GetInstances", count=2)
    assert core.drive(operation).status is OperationStatus.FAILED


def test_a_rule_that_refuses_before_sending_is_a_failure_and_nothing_else(
    core: Core, control: Control
) -> None:
    acme = core.planted(control, "acme")
    control.reset()
    wishes = (Invocation(GET_INSTANCES), Invocation(STOP_INSTANCES, prepare="stop-if-running"))

    ended = core.drive(core.opened(acme, *wishes))

    assert ended.status is OperationStatus.FAILED
    assert {entry["effect"] for entry in control.journal()} == {"read"}


def test_what_never_ends_is_unknown_after_its_deadline(core: Core, control: Control) -> None:
    control.pause()
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    with core.late():
        ended = core.finished(operation.id)
    control.resume()
    assert ended.status is OperationStatus.UNKNOWN
    assert ended.end_time is not None
    assert core.phases(operation.id) == ["intent", "outcome"]


def test_what_was_never_sent_fails_after_its_deadline(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    control.forget_journal()
    with core.late():
        ended = core.finished(operation.id)
    assert ended.status is OperationStatus.FAILED
    assert control.journal() == []


def test_what_may_have_been_carried_out_is_unknown_after_its_deadline(
    core: Core, control: Control
) -> None:
    wish = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
    operation = core.opened(core.planted(control, "acme"), wish)
    operation.steps[0].attempts = 1
    core.ledger.save(operation)
    with core.late():
        assert core.finished(operation.id).status is OperationStatus.UNKNOWN


# to cancel


def cancel(core: Core, operation: str) -> None:
    with core.database.write() as connection:
        assert operations.request_cancel(connection, operation)


def test_cancelling_ends_as_cancelled_when_spe_says_so(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    cancel(core, operation.id)
    assert core.broker.fetch(operation.id).status is OperationStatus.CANCELLING
    ended = core.finished(operation.id, control)
    assert ended.status is OperationStatus.CANCELLED
    assert statuses(ended) == ["cancelled"]


def test_cancelling_ends_as_succeeded_when_spe_was_quicker(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    control.transition(control.operations()[0]["token"], "succeeded")
    cancel(core, operation.id)
    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED


def test_a_wish_to_cancel_that_does_not_arrive_stops_no_poll(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    control.fault("status", "cancel-async", count=None)
    cancel(core, operation.id)
    control.transition(control.operations()[0]["token"], "succeeded")
    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED


def test_what_is_cancelled_before_it_is_sent_is_never_sent(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), *CREATION)
    core.ledger.release(operation)
    cancel(core, operation.id)
    control.forget_journal()
    ended = core.finished(operation.id)
    assert ended.status is OperationStatus.CANCELLED
    assert control.journal() == []


def test_a_wish_to_cancel_is_heard_between_two_steps(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = Invocation(RENAME_STORE, {"id": 1, "name": "Again"})
    wishes = (Invocation(RENAME_STORE, {"id": 1, "name": "Post"}), again)
    operation = core.opened(core.planted(control, "acme"), *wishes)
    take = core.runner._take  # noqa: SLF001 - the moment between answer and next step

    def cancelled_meanwhile(*arguments: object) -> bool:
        cancel(core, operation.id)
        monkeypatch.undo()
        return bool(take(*arguments))  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(core.runner, "_take", cancelled_meanwhile)
    ended = core.drive(operation)
    assert statuses(ended) == ["succeeded", "cancelled"]
    assert ended.status is OperationStatus.CANCELLED


def test_a_second_try_is_not_given_up_for_a_wish_to_cancel(core: Core, control: Control) -> None:
    """The first may have been carried out: only the second shows what is true."""
    wish = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
    acme = core.planted(control, "acme")
    operation = core.opened(acme, wish)
    operation.steps[0].attempts, operation.cancel_requested = 1, True
    ended = core.drive(operation)
    assert ended.status is OperationStatus.SUCCEEDED


def test_an_instance_that_was_stopped_to_be_changed_is_started_again_in_any_case(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = core.planted(control, "acme")
    wishes = (
        Invocation(GET_INSTANCES),
        Invocation(GET_INSTANCE_CONFIGURATION),
        Invocation(STOP_INSTANCES, prepare="stop-to-configure"),
        Invocation(SET_INSTANCE_CONFIGURATION, prepare="merge-configuration"),
        Invocation(START_INSTANCES, prepare="start-again", always=True),
    )
    context = {"restart": True, "changes": {"displayName": "Other"}}
    operation = core.opened(acme, *wishes, context=context)
    take = core.runner._take  # noqa: SLF001 - the moment between two steps

    def cancelled_meanwhile(*arguments: object) -> bool:
        if control.state()["instances"]["acme"]["status"] == "stopped":
            cancel(core, operation.id)
            monkeypatch.undo()
        return bool(take(*arguments))  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(core.runner, "_take", cancelled_meanwhile)
    ended = core.drive(operation)
    assert ended.status is OperationStatus.CANCELLED
    assert control.state()["instances"]["acme"]["status"] == "running"
    assert control.state()["instances"]["acme"]["display_name"] is None


@pytest.mark.parametrize("place", [Connections, HastyClient], ids=["no client", "no connection"])
def test_what_cannot_be_sent_again_after_a_lost_answer_stays_open(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch, place: type
) -> None:
    """A deployment that cannot be reached now says nothing of what it did before."""
    acme = core.planted(control, "acme")
    operation = core.opened(acme, Invocation(RENAME_STORE, {"id": 1, "name": "Post"}))
    control.fault("drop-before", "RenameStore")
    method = "client" if place is Connections else "invoke"
    real, calls = getattr(place, method), count()

    def unreachable_once(*arguments: object) -> object:
        if next(calls) == 1:
            raise DeploymentUnreachable
        return real(*arguments)

    monkeypatch.setattr(place, method, unreachable_once)

    assert core.drive(operation).status is OperationStatus.RUNNING
    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED
    assert len(sent(control, "RenameStore")) == 2


def test_a_first_try_that_is_not_sent_fails_at_once(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = core.opened(core.planted(control, "acme"), *CREATION)
    monkeypatch.setattr(Connections, "client", _unreachable)
    ended = core.drive(operation)
    assert ended.status is OperationStatus.FAILED
    assert ended.problem is not None
    assert ended.problem["code"] == "DEPLOYMENT_UNREACHABLE"


def test_what_is_half_done_is_carried_on_when_the_deployment_is_back(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = [Invocation(RENAME_STORE, {"id": 1, "name": name}) for name in ("Post", "Again")]
    operation = core.opened(core.planted(control, "acme"), *wishes)
    real, calls = HastyClient.invoke, count()

    def unreachable_once(*arguments: Any) -> Status:  # noqa: ANN401 - passed on as they came
        if next(calls) == 1:
            raise DeploymentUnreachable
        return real(*arguments)

    monkeypatch.setattr(HastyClient, "invoke", unreachable_once)

    assert statuses(core.drive(operation)) == ["succeeded", "queued"]
    assert core.finished(operation.id).status is OperationStatus.SUCCEEDED


def _unreachable(*_: object) -> None:
    raise DeploymentUnreachable

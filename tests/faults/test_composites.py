"""A composite create whose steps fail, each in each way: what stays, what counts, what is resumed.

security.md F34: no step that was not carried out is called done, and none is carried out twice.
"""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.broker.operations import Operations
from gateway.broker.resolution import Word
from gateway.errors import DeploymentUnreachable
from gateway.model import InstanceStatus, Operation, OperationStatus, now
from gateway.spe.commands.users import CREATE_USER
from gateway.storage import resellers
from tests.core import Core, sent, statuses, until
from tests.faults.composite import (
    EVERYTHING,
    NOTHING,
    STEPS,
    Portal,
    before,
    made_by,
    place_of,
    used_up_to,
)
from tests.simulated import Control

LATER = STEPS[1:]
"""The steps that follow the one which makes the instance."""


@pytest.fixture
def portal(core: Core, control: Control) -> Portal:
    return Portal(core, control, core.reseller("Owner"))


def command(step: str) -> str:
    return step if step[0].isupper() else CREATE_USER.name


def refuse(portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let SPE refuse a step, once."""
    fail = lambda _: portal.control.fault("failed", command(step), text="Disk full.")  # noqa: E731 - one line
    before(portal, monkeypatch, step, fail)


def require_left_at(portal: Portal, operation: Operation, step: str, ended: str) -> None:
    """Assert that all before a step was made, nothing after it, and that exactly this counts."""
    place = place_of(step)
    look = step == "CreateStore" and ended == "cancelled"  # the look after the start comes first
    rest = ["skipped"] * (len(STEPS) - place - 1)
    assert made_by(operation) == ["succeeded"] * place + ["skipped" if look else ended, *rest]
    assert portal.used() == used_up_to(step) == portal.counted()
    assert all(each.arguments == {} for each in operation.steps)


def require_resumed(portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str) -> Operation:
    """Assert that the call, repeated, makes what is left from a step on and nothing else."""
    monkeypatch.undo()
    former = portal.core.operations()[0].id
    portal.control.clear_faults()
    portal.control.forget_journal()
    done = portal.post()
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert portal.changes() == list(STEPS[place_of(step) :])
    assert (done.id != former, done.context["resumes"]) == (True, former)
    assert portal.used() == EVERYTHING == portal.counted()
    assert portal.post().id == done.id
    return done


def status_of(portal: Portal, operation: Operation) -> InstanceStatus:
    return portal.core.instance(str(operation.instance)).status


def test_all_of_it_is_made(portal: Portal) -> None:
    done = portal.post()
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert portal.changes() == list(STEPS)
    assert portal.used() == EVERYTHING == portal.counted()


def test_what_spe_refuses_first_leaves_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(portal, monkeypatch, "CreateInstance")
    failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    require_left_at(portal, failed, "CreateInstance", "failed")
    assert status_of(portal, failed) is InstanceStatus.FAILED
    assert portal.post().id == failed.id
    assert portal.sent() == ["CreateInstance"]


@pytest.mark.parametrize("step", LATER)
def test_what_spe_refuses_later_leaves_what_was_made_and_is_resumed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    refuse(portal, monkeypatch, step)
    failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    assert failed.problem is not None
    assert command(step) in failed.problem["detail"]
    require_left_at(portal, failed, step, "failed")
    assert status_of(portal, failed) is InstanceStatus.ACTIVE
    require_resumed(portal, monkeypatch, step)


@pytest.mark.parametrize("step", LATER)
def test_a_step_that_is_lost_and_proved_absent_is_resumed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def lose(operation: Operation) -> None:
        del operation
        portal.control.fault("drop-before", command(step), count=None)

    before(portal, monkeypatch, step, lose)
    posted = portal.post()
    ended = portal.core.finished(posted.id)
    if step == "SetArchiveAdminEnabled":  # sent again, and nothing shows what became of that
        assert made_by(ended)[place_of(step)] == "unknown"
        return
    assert ended.problem is not None
    assert ended.problem["code"] == "ANSWER_LOST"
    require_left_at(portal, ended, step, "failed")
    require_resumed(portal, monkeypatch, step)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_whose_answer_alone_is_lost_is_not_sent_again(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def lose(operation: Operation) -> None:
        del operation
        portal.control.fault("drop-after", command(step))

    before(portal, monkeypatch, step, lose)
    done = portal.core.finished(portal.post().id)
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert portal.changes() == list(STEPS)
    assert portal.used() == EVERYTHING == portal.counted()


def unsettled(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """Lose the answer for the first user where nobody could look before: it is unknown."""

    def lose(operation: Operation) -> None:
        del operation
        portal.control.fault("failed", "GetUsers")
        portal.control.fault("drop-after", CREATE_USER.name)

    before(portal, monkeypatch, "jane", lose)
    ended = portal.core.finished(portal.post().id)
    assert ended.status is OperationStatus.UNKNOWN
    assert made_by(ended) == ["succeeded"] * 4 + ["unknown", "skipped"]
    return ended


def test_what_cannot_be_settled_waits_for_a_person(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = unsettled(portal, monkeypatch)
    assert portal.used() == [1, 1, 1, 0]
    assert status_of(portal, ended) is InstanceStatus.ACTIVE
    portal.control.forget_journal()
    assert portal.post().id == ended.id
    assert portal.sent() == []


@pytest.mark.parametrize(("word", "rest"), [("failed", ["jane"]), ("succeeded", ["joe"])])
def test_after_a_persons_word_the_rest_is_made(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, word: str, rest: list[str]
) -> None:
    ended = unsettled(portal, monkeypatch)
    said, core = Word(OperationStatus(word), "looked"), portal.core
    Operations(core.broker).resolve(core.caller("resolveOperation"), ended.id, said)
    monkeypatch.undo()
    portal.control.forget_journal()
    again = portal.post()
    tried = [dict(each["arguments"])["userName"] for each in sent(portal.control, "CreateUser")]
    assert tried == rest
    if word == "succeeded":
        assert again.status is OperationStatus.SUCCEEDED, again.problem
        assert portal.used() == EVERYTHING == portal.counted()
    else:  # the person was wrong: she is there, SPE says so, and nothing is made twice
        assert again.status is OperationStatus.FAILED
        assert again.problem is not None
        assert again.problem["code"] == "NAME_TAKEN"


def down(monkeypatch: pytest.MonkeyPatch, core: Core) -> Callable[[Operation], None]:
    """Let the deployment be unreachable from a step on."""

    def unreachable(*_: object) -> None:
        raise DeploymentUnreachable

    return lambda _: monkeypatch.setattr(core.connections, "client", unreachable)


def waiting(portal: Portal) -> Operation:
    """Send the call, and carry it on until the deployment is down under it."""
    core, posted = portal.core, portal.post(wait=0.3)

    def at_the_step() -> bool:
        claimed = None if "client" in vars(core.connections) else core.claim(posted.id)
        if claimed is not None:
            core.drive(claimed)
        return "client" in vars(core.connections)

    until(at_the_step)
    return core.broker.fetch(posted.id)


@pytest.mark.parametrize("step", LATER)
def test_a_deployment_that_is_down_for_a_while_is_waited_for(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    core = portal.core
    with monkeypatch.context() as patch:
        before(portal, patch, step, down(patch, core), sending=False)
        begun = waiting(portal)
        assert begun.status is OperationStatus.RUNNING
    done = core.finished(begun.id)
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert portal.changes() == list(STEPS)


@pytest.mark.parametrize("step", LATER)
def test_what_waits_past_its_deadline_fails_and_is_resumed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    core = portal.core
    before(portal, monkeypatch, step, down(monkeypatch, core), sending=False)
    begun = waiting(portal)
    with core.late():
        ended = core.finished(begun.id)
    assert ended.problem is not None
    assert command(step) in ended.problem["detail"]
    require_left_at(portal, ended, step, "failed")
    require_resumed(portal, monkeypatch, step)


def test_a_deployment_that_is_down_from_the_start_leaves_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        before(portal, patch, "CreateInstance", down(patch, portal.core), sending=False)
        failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    assert portal.used() == NOTHING == portal.counted()
    assert portal.post().status is OperationStatus.SUCCEEDED
    assert portal.changes() == list(STEPS)


@pytest.mark.parametrize("step", LATER)
def test_cancelled_between_two_steps_nothing_more_is_sent(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """What a caller cancelled stays so: a retry that comes late does not undo that."""
    cancel = _cancel(portal)
    previous = STEPS[place_of(step) - 1]
    before(portal, monkeypatch, previous, cancel)
    ended = portal.post()
    assert ended.status is OperationStatus.CANCELLED
    require_left_at(portal, ended, step, "cancelled")
    assert status_of(portal, ended) is InstanceStatus.ACTIVE
    portal.control.forget_journal()
    assert portal.post().id == ended.id
    assert portal.sent() == []


def _cancel(portal: Portal) -> Callable[[Operation], None]:
    def cancel(operation: Operation) -> None:
        Operations(portal.core.broker).cancel(portal.caller("cancelOperation"), operation.id)

    return cancel


@pytest.mark.parametrize("made", [False, True], ids=["not made", "made all the same"])
def test_cancelled_while_the_instance_is_made_spe_has_the_last_word(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, *, made: bool
) -> None:
    """SPE says that it was cancelled; whether it was made all the same is read."""
    control = portal.control

    def hold(operation: Operation) -> None:
        del operation
        control.asynchronous(1.0)
        control.pause()

    before(portal, monkeypatch, "CreateInstance", hold)
    begun = portal.post(wait=0.5)
    assert statuses(begun)[0] == "running"
    _cancel(portal)(begun)
    assert portal.core.broker.fetch(begun.id).status is OperationStatus.CANCELLING
    token = control.operations()[0]["token"]
    control.asynchronous(0)
    if made:
        instance = portal.core.instance(str(begun.instance))
        host, directory = instance.instance_host, instance.base_directory
        seed = {"instanceID": "acme", "instanceHost": host, "baseDirectory": directory}
        control.seed(instances=[{**seed, "stores": [], "users": []}])
    control.transition(token, "cancelled")
    ended = portal.core.finished(begun.id)
    assert ended.status is OperationStatus.CANCELLED
    assert "CreateStore" not in portal.sent()
    if made:
        assert made_by(ended) == ["succeeded", "cancelled", *["skipped"] * 4]
        assert status_of(portal, ended) is InstanceStatus.ACTIVE
    else:
        assert made_by(ended) == ["cancelled", *["skipped"] * 5]
        assert status_of(portal, ended) is InstanceStatus.FAILED
    assert portal.used() == portal.counted()


@pytest.mark.parametrize("step", LATER)
def test_of_a_suspended_reseller_nothing_more_is_sent_until_it_is_resumed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def suspend(time: Any) -> None:  # noqa: ANN401 - a time or none
        with portal.core.database.write() as connection:
            resellers.change(connection, portal.owner.id, {"suspend_time": time})

    before(portal, monkeypatch, STEPS[place_of(step) - 1], lambda _: suspend(now()))
    ended = portal.post()
    assert ended.status is OperationStatus.CANCELLED
    require_left_at(portal, ended, step, "cancelled")
    suspend(None)
    require_resumed(portal, monkeypatch, step)

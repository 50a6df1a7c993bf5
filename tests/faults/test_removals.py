"""``onFailure=remove``: what a failed create takes back, and above all what it leaves alone."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.broker.engine.removal import REMOVAL
from gateway.broker.engine.settlement import RULES, Finding
from gateway.broker.operations import Operations
from gateway.broker.resolution import Word
from gateway.errors import NameTaken
from gateway.model import Instance, InstanceStatus, Operation, OperationStatus, Step
from gateway.simulator.deployment import Deployment
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.spe.commands.users import CREATE_USER
from tests.core import Core, make_home, sent
from tests.faults.composite import NOTHING, STEPS, Portal, before, made_by, place_of
from tests.faults.test_crashes import Crash, DyingJournal
from tests.simulated import JSON, Control

LATER = STEPS[1:]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A deployment whose new stores are empty, as real ones are."""
    with Simulator("alpha", scenario=Scenario(messages_per_store=0)) as running:
        yield running


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Path:
    return make_home(tmp_path_factory.mktemp("template"), simulator)


@pytest.fixture
def portal(core: Core, control: Control) -> Portal:
    return Portal(core, control, core.reseller("Owner"), {"on_failure": "remove"})


def command(step: str) -> str:
    return step if step[0].isupper() else CREATE_USER.name


def refuse(portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(operation: Operation) -> None:
        del operation
        portal.control.fault("failed", command(step), text="Disk full.")

    before(portal, monkeypatch, step, fail)


def instance_of(portal: Portal, operation: Operation) -> Instance:
    return portal.core.instance(str(operation.instance))


def removal_of(operation: Operation) -> list[str]:
    """Return the states of the steps that take back."""
    return [str(step.status) for step in operation.steps if step.always]


def require_removed(portal: Portal, operation: Operation) -> None:
    """Assert that nothing is left but the tombstone, and that one exact id was removed."""
    assert operation.status is OperationStatus.FAILED
    assert instance_of(portal, operation).status is InstanceStatus.PURGED
    assert "acme" not in portal.control.state()["instances"]
    assert portal.used() == NOTHING == portal.counted()
    filters = {
        dict(entry["arguments"])["instanceFilter"]
        for entry in sent(portal.control, "DeleteInstances")
    }
    assert filters == {"acme"}


def test_a_create_that_succeeds_takes_nothing_back(portal: Portal) -> None:
    done = portal.post()
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert removal_of(done) == ["skipped"] * len(REMOVAL)
    assert portal.changes() == list(STEPS)


@pytest.mark.parametrize("step", LATER)
def test_what_was_made_is_taken_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    refuse(portal, monkeypatch, step)
    failed = portal.post()
    require_removed(portal, failed)
    assert failed.problem is not None
    assert command(step) in failed.problem["detail"]
    assert made_by(failed)[place_of(step)] == "failed"
    stopped = [] if step == "StartInstances" else ["StopInstances"]
    assert portal.changes() == [*STEPS[: place_of(step)], *stopped, "DeleteInstances"]


def test_what_was_never_made_is_not_taken_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(portal, monkeypatch, "CreateInstance")
    failed = portal.post()
    assert instance_of(portal, failed).status is InstanceStatus.FAILED
    assert set(removal_of(failed)) == {"skipped"}
    assert portal.sent() == ["CreateInstance"]


def test_the_name_of_what_was_taken_back_is_its_resellers_alone(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(portal, monkeypatch, "CreateStore")
    failed = portal.post()
    monkeypatch.undo()
    reseller = portal.core.reseller("Foreign")
    foreign = Portal(portal.core, portal.control, reseller, key="of-another")
    with pytest.raises(NameTaken):
        foreign.post()
    again = Portal(portal.core, portal.control, portal.owner, key="once-more").post()
    assert again.status is OperationStatus.SUCCEEDED
    assert again.instance != failed.instance
    directories = {instance_of(portal, each).base_directory for each in (failed, again)}
    assert len(directories) == 2


def test_a_repeated_call_finds_what_was_taken_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(portal, monkeypatch, "CreateStore")
    failed = portal.post()
    portal.control.forget_journal()
    assert portal.post().id == failed.id
    assert portal.sent() == []


# what is left alone

Hand = Callable[[Portal, Instance, Deployment], None]


def seeded(portal: Portal, instance: Instance, **changes: Any) -> None:  # noqa: ANN401 - JSON
    """Plant the instance anew, as somebody else's hand has changed it."""
    whole: JSON = {
        "instanceID": "acme",
        "instanceHost": instance.instance_host,
        "baseDirectory": instance.base_directory,
        "archiveAdminEnabled": True,
        "stores": [],
        "users": [],
    }
    portal.control.seed(instances=[{**whole, **changes}])


def archive_something(portal: Portal, instance: Instance, deployment: Deployment) -> None:
    del portal, instance
    for files in deployment.state.disk.values():
        files.messages = 1


def hold(portal: Portal, instance: Instance, deployment: Deployment) -> None:
    found = deployment.archive(deployment.instance(instance.instance_id))
    found.configuration["compliance"] = {"legalHoldEnabled": True}
    del portal


def unreadable(name: str, count: int = 1) -> Hand:
    return lambda portal, *_: portal.control.fault("failed", name, count=count)


HANDS: dict[str, Hand] = {
    "a message": archive_something,
    "legal hold": hold,
    "a foreign user": lambda p, i, _: seeded(p, i, users=[{"userName": "stranger"}]),
    "a foreign store": lambda p, i, _: seeded(p, i, stores=[{"name": "Theirs"}]),
    "another directory": lambda p, i, _: seeded(p, i, baseDirectory="D:\\Elsewhere"),
    "frozen": lambda p, i, _: seeded(p, i, status="frozen"),
    "stopped by somebody": lambda p, i, _: seeded(p, i, status="stopped"),
    "stores not readable": unreadable("GetStores"),
    "users not readable": unreadable("GetUsers", 4),
    "directory not readable": unreadable("GetInstanceConfiguration"),
    "hold not readable": unreadable("GetComplianceConfiguration"),
    "list not readable": unreadable("GetInstances", 2),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_is_not_proved_to_be_ours_and_empty_stays(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, simulator: Simulator, hand: str
) -> None:
    deployment = simulator.server.deployment

    def meddle(operation: Operation) -> None:
        HANDS[hand](portal, instance_of(portal, operation), deployment)
        portal.control.fault("failed", CREATE_USER.name)

    before(portal, monkeypatch, "joe", meddle)
    kept = portal.post()
    assert kept.status is OperationStatus.FAILED
    assert instance_of(portal, kept).status is InstanceStatus.ACTIVE
    assert "DeleteInstances" not in portal.sent()
    assert "acme" in portal.control.state()["instances"]


def test_what_somebody_starts_in_the_meantime_is_left_alone(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody starts it between our stop and our removal: it is theirs."""
    refuse(portal, monkeypatch, "joe")
    real = portal.core.runner._prepared  # noqa: SLF001 - the moment before the last look

    def started(operation: Operation, step: Step) -> bool:
        if step.prepare == "look-before-removal":
            seeded(portal, instance_of(portal, operation))
        return real(operation, step)

    monkeypatch.setattr(portal.core.runner, "_prepared", started)
    kept = portal.post()
    assert "DeleteInstances" not in portal.sent()
    assert instance_of(portal, kept).status is InstanceStatus.ACTIVE


@pytest.mark.parametrize("failing", ["StopInstances", "DeleteInstances"])
def test_a_removal_that_fails_leaves_the_instance(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    refuse(portal, monkeypatch, "CreateStore")
    portal.control.fault("failed", failing)
    failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    assert failed.problem is not None
    assert "CreateStore" in failed.problem["detail"]
    assert instance_of(portal, failed).status is InstanceStatus.ACTIVE
    assert [s.command for s in failed.steps if s.always and s.status == "failed"] == [failing]
    assert portal.used() == [1, 0, 0, 0]


# the removal under trouble of its own


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_a_removal_whose_answer_is_lost_is_settled(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    refuse(portal, monkeypatch, "CreateStore")
    portal.control.fault(kind, "DeleteInstances")
    require_removed(portal, portal.core.finished(portal.post().id))


def test_a_cancelled_create_is_not_taken_back(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before(portal, monkeypatch, "CreateStore", cancel(portal))
    ended = portal.post()
    assert ended.status is OperationStatus.CANCELLED
    assert set(removal_of(ended)) == {"skipped"}
    assert "DeleteInstances" not in portal.sent()
    assert portal.used() == [1, 0, 1, 0]


def cancel(portal: Portal) -> Callable[[Operation], None]:
    def wish(operation: Operation) -> None:
        Operations(portal.core.broker).cancel(portal.caller("cancelOperation"), operation.id)

    return wish


@pytest.mark.parametrize("step", ["StopInstances", "DeleteInstances"])
def test_a_wish_to_cancel_does_not_stop_a_removal(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Its commands turn asynchronous: the wish is not passed on to SPE either."""
    refuse(portal, monkeypatch, "CreateStore")
    wish = cancel(portal)

    def cancelled(operation: Operation, current: Step, journal: object) -> None:
        if current.command == step:
            portal.control.asynchronous(1.0)
            wish(operation)
        begin(operation, current, journal)  # type: ignore[arg-type] # passed on as it came

    begin = portal.core.runner._intend  # noqa: SLF001 - the moment before it is sent
    monkeypatch.setattr(portal.core.runner, "_intend", cancelled)
    posted = portal.post(wait=1)
    ended = portal.core.finished(posted.id, portal.control)
    require_removed(portal, ended)
    assert "cancel-async" not in portal.control.commands()


def test_a_process_that_dies_while_it_takes_back_is_followed_by_one_that_goes_on(
    core: Core, other: Core, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each of its commits; every other one gets through."""
    monkeypatch.setattr(core.broker, "carry", lambda _: None)
    for commit in count(1):
        begun = core.ledger.claim(_released(core, portal.post(wait=0)))
        assert begun is not None
        portal.control.fault("failed", "CreateStore", count=None)
        try:
            core.runner.drive(begun, DyingJournal(core, commit, written=bool(commit % 2)))
            break
        except Crash:
            core.ledger.release(begun)
        require_removed(portal, other.finished(begun.id))
        assert len([e for e in sent(portal.control, "DeleteInstances") if e["changed"]]) == 1
        portal = Portal(core, portal.control, portal.owner, portal.values, f"key-{commit}")
        portal.control.reset()
    assert commit > len(REMOVAL)


def _released(core: Core, operation: Operation) -> str:
    core.ledger.release(operation)
    return operation.id


@pytest.mark.parametrize(
    ("word", "status"),
    [("succeeded", InstanceStatus.PURGED), ("failed", InstanceStatus.ACTIVE)],
    ids=["it is gone", "it is there"],
)
def test_a_removal_that_nobody_knows_of_is_settled_by_a_person(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, word: str, status: InstanceStatus
) -> None:
    """The create has failed in any case, and its problem is still what made it fail."""
    core = portal.core
    refuse(portal, monkeypatch, "CreateStore")
    portal.control.fault("drop-before", "DeleteInstances", count=None)
    monkeypatch.setitem(RULES, "DeleteInstances", lambda *_: Finding.UNDECIDED)
    ended = core.finished(portal.post().id)
    assert ended.status is OperationStatus.UNKNOWN
    assert portal.used() == [1, 0, 0, 0]
    said = Word(OperationStatus(word), "looked")
    Operations(core.broker).resolve(core.caller("resolveOperation"), ended.id, said)
    settled = core.broker.fetch(ended.id)
    assert settled.status is OperationStatus.FAILED
    assert settled.problem is not None
    assert "CreateStore" in settled.problem["detail"]
    assert instance_of(portal, ended).status is status
    assert portal.used() == [int(status is InstanceStatus.ACTIVE), 0, 0, 0]

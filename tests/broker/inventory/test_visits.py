"""When the deployments are asked: in turn, and soon after a change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import time_machine
from sqlalchemy import Connection

from gateway.broker.broker import Broker
from gateway.broker.endings import ENDINGS
from gateway.broker.inventory.visits import CHANGING, SOON, Visits, prompting
from gateway.errors import UpstreamTimeout
from gateway.model import Operation, OperationStatus, now
from gateway.storage import deployments
from tests.broker.inventory.scene import Scene
from tests.core import until

PERIOD = 300
NEVER: list[str] = []


@dataclass
class Watch:
    """The visits of one gateway, whose clock a test moves."""

    scene: Scene
    clock: time_machine.Traveller

    def __post_init__(self) -> None:
        self.visits = self.of_another_process()

    def of_another_process(self) -> Visits:
        """Return the visits of a process beside."""
        return Visits(self.scene.core.broker, self.scene.synchronisation, PERIOD)

    def after(self, seconds: float) -> Sequence[str]:
        """Look who is due some time later, and return who was asked."""
        self.scene.lister.asked.clear()
        self.clock.shift(seconds)
        self.visits.run()
        return list(self.scene.lister.asked)

    def settled(self) -> Sequence[str]:
        """Let the first visit, which comes at a time of its own, be over."""
        self.after(0)
        return self.after(PERIOD)

    def ended(self, kind: str) -> None:
        """Let an operation of a kind end, as the ledger does."""
        operation = self.scene.core.opened(None, kind=kind)
        operation.status = OperationStatus.SUCCEEDED
        with self.scene.core.database.write() as connection:
            prompting({kind: nothing})[kind](connection, operation)


def nothing(_connection: Connection, _operation: Operation) -> None:
    """End."""


@pytest.fixture
def watch(scene: Scene) -> Iterator[Watch]:
    with time_machine.travel(now(), tick=False) as clock:
        yield Watch(scene, clock)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits end before the look does."""
    monkeypatch.setattr(Broker, "aside", lambda _self, _deployment, task: task())


@pytest.mark.usefixtures("_at_once")
def test_a_deployment_is_asked_once_in_a_period(watch: Watch) -> None:
    due = [watch.scene.deployment]
    assert watch.after(0) == NEVER
    assert watch.after(PERIOD) == due
    assert watch.after(0) == NEVER
    assert watch.after(PERIOD - 1) == NEVER
    assert watch.after(1) == due


@pytest.mark.usefixtures("_at_once")
def test_of_several_processes_one_asks(watch: Watch) -> None:
    assert watch.settled() == [watch.scene.deployment]
    watch.visits = watch.of_another_process()
    assert watch.after(0) == NEVER
    assert watch.after(PERIOD) == [watch.scene.deployment]


@pytest.mark.usefixtures("_at_once")
def test_a_clock_that_was_set_back_keeps_nobody_waiting(watch: Watch) -> None:
    watch.settled()
    assert watch.after(-86_400) == [watch.scene.deployment]


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize("kind", sorted(CHANGING))
def test_after_a_change_of_ours_it_comes_soon_and_once_for_many(watch: Watch, kind: str) -> None:
    watch.settled()
    for _ in range(3):
        watch.ended(kind)
        assert watch.after(1) == NEVER
    assert watch.after(SOON.total_seconds() - 3) == [watch.scene.deployment]
    assert watch.after(PERIOD - 1) == NEVER


@pytest.mark.usefixtures("_at_once")
def test_a_change_of_something_else_brings_nothing_forward(watch: Watch) -> None:
    watch.settled()
    watch.ended("startInstance")
    assert watch.after(SOON.total_seconds()) == NEVER


def test_every_kind_after_which_a_list_differs_has_an_ending() -> None:
    assert ENDINGS.keys() >= CHANGING


@pytest.mark.usefixtures("_at_once")
def test_a_deployment_that_cannot_be_asked_is_asked_again_in_its_time(watch: Watch) -> None:
    watch.after(0)
    watch.scene.lister.problem = UpstreamTimeout("Too slow.")
    assert watch.after(PERIOD) == [watch.scene.deployment]
    assert watch.after(PERIOD) == [watch.scene.deployment]


@pytest.mark.usefixtures("_at_once")
def test_a_deployment_in_quarantine_is_asked_nothing(watch: Watch) -> None:
    watch.after(0)
    with watch.scene.core.database.write() as connection:
        values = {"quarantine": {"sha256": "00"}}
        deployments.change(connection, watch.scene.deployment, values)
    assert watch.after(PERIOD) == NEVER
    with watch.scene.core.database.write() as connection:
        deployments.change(connection, watch.scene.deployment, {"quarantine": None})
    assert watch.after(0) == [watch.scene.deployment]


@pytest.mark.usefixtures("_at_once")
def test_a_registration_that_was_removed_is_asked_nothing(watch: Watch) -> None:
    deployment = watch.scene.deployment
    watch.after(0)
    with watch.scene.core.database.write() as connection:
        deployments.remove(connection, deployment)
    assert watch.after(PERIOD) == NEVER


def test_a_visit_is_made_in_the_lane_and_a_slow_one_is_not_followed(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[object] = []
    monkeypatch.setattr(Broker, "aside", lambda _self, _deployment, task: tasks.append(task))
    watch.after(0)
    watch.after(PERIOD)
    watch.after(PERIOD)
    assert len(tasks) == 1


def test_who_wants_no_visits_has_no_chore(watch: Watch) -> None:
    core, synchronisation = watch.scene.core, watch.scene.synchronisation
    assert [chore.name for chore in watch.visits.chores] == ["inventories.refresh"]
    assert Visits(core.broker, synchronisation, 0).chores == ()


def test_a_visit_brings_the_list(watch: Watch) -> None:
    watch.scene.lists({"instanceID": "alien"})
    watch.settled()
    until(lambda: "alien" in watch.scene.strangers())

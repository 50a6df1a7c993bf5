"""The rounds: a deployment that was upgraded is known as what it is, although nobody asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import pytest
import time_machine

from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.rounds import RENEWAL_SECONDS, VISIT_SECONDS, Rounds
from gateway.model import Deployment, now
from gateway.storage import deployments
from tests.core import Core, until
from tests.simulated import Control

NOTHING: list[str] = []
LOOK = ["GetEnvironmentInfo"]
RENEWAL = ["GetEnvironmentInfo", "GetEnvironmentInfo", "get-metadata"]


@dataclass
class Watch:
    """The rounds of one gateway, whose clock a test moves."""

    core: Core
    control: Control
    clock: time_machine.Traveller

    def __post_init__(self) -> None:
        self.rounds = self.of_another_process()

    def of_another_process(self) -> Rounds:
        """Return the rounds of a process beside."""
        return Rounds(self.core.broker, Capabilities(self.core.broker, self.core.connections))

    def after(self, seconds: float) -> Sequence[str]:
        """Run the rounds some time later, and return what the deployment was asked."""
        self.control.forget_journal()
        self.clock.shift(seconds)
        self.rounds.run()
        return self.control.commands()

    def known(self) -> Deployment:
        """Return what we know of the deployment."""
        with self.core.database.read() as connection:
            found = deployments.find(connection, self.core.deployment)
        assert found is not None
        return found

    def believe(self, **values: object) -> None:
        """Let the gateway know something else of the deployment."""
        with self.core.database.write() as connection:
            deployments.observe(connection, self.core.deployment, values)


@pytest.fixture
def watch(core: Core, control: Control) -> Iterator[Watch]:
    with time_machine.travel(now(), tick=False) as clock:
        yield Watch(core, control, clock)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits end before the round does."""
    monkeypatch.setattr(Broker, "aside", lambda _self, _deployment, task: task())


@pytest.mark.usefixtures("_at_once")
def test_a_deployment_is_visited_once_an_hour_at_a_time_of_its_own(watch: Watch) -> None:
    offset = crc32(watch.core.deployment.encode()) % VISIT_SECONDS
    assert watch.after(0) == NOTHING
    assert watch.after(offset - 1) == NOTHING
    assert watch.after(1) == RENEWAL
    assert watch.after(0) == NOTHING
    assert watch.after(VISIT_SECONDS - 1) == NOTHING
    assert watch.after(1) == LOOK


@pytest.mark.usefixtures("_at_once")
def test_of_several_processes_one_makes_the_visit_and_a_new_one_goes_on(watch: Watch) -> None:
    watch.after(0)
    assert watch.after(VISIT_SECONDS) == RENEWAL
    watch.control.forget_journal()
    watch.of_another_process().run()
    assert watch.control.commands() == NOTHING
    watch.rounds = watch.of_another_process()
    assert watch.after(VISIT_SECONDS) == LOOK


@pytest.mark.usefixtures("_at_once")
def test_a_clock_that_was_set_back_keeps_nobody_waiting(watch: Watch) -> None:
    watch.after(0)
    watch.after(VISIT_SECONDS)
    assert watch.after(-86_400) == RENEWAL


@pytest.mark.usefixtures("_at_once")
def test_the_commands_are_asked_for_once_a_day(watch: Watch) -> None:
    watch.after(0)
    watch.after(VISIT_SECONDS)
    for _ in range(int(RENEWAL_SECONDS / VISIT_SECONDS) - 1):
        assert watch.after(VISIT_SECONDS) == LOOK
    assert watch.after(VISIT_SECONDS) == RENEWAL


@pytest.mark.usefixtures("_at_once")
def test_another_version_has_its_commands_asked_for_at_the_next_visit(watch: Watch) -> None:
    before = watch.known()
    watch.after(0)
    watch.after(VISIT_SECONDS)
    watch.believe(version="24.1.0", commands={"Ping": []})
    assert watch.after(VISIT_SECONDS) == RENEWAL
    after = watch.known()
    assert (after.version, after.commands) == (before.version, before.commands)


@pytest.mark.usefixtures("_at_once")
def test_a_deployment_that_is_down_is_visited_again(watch: Watch) -> None:
    watch.after(0)
    watch.control.fault("failed", "GetEnvironmentInfo")
    assert watch.after(VISIT_SECONDS) == LOOK
    assert watch.after(VISIT_SECONDS) == RENEWAL


def test_a_visit_is_made_in_the_lane_of_its_deployment(watch: Watch) -> None:
    watch.believe(version="24.1.0", commands={"Ping": []})
    watch.after(0)
    watch.after(VISIT_SECONDS)
    until(lambda: "GetInstances" in watch.known().commands)

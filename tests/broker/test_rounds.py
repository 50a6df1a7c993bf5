"""The rounds: a deployment that was upgraded is known as what it is, although nobody asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zlib import crc32

import pytest
import time_machine
from structlog.testing import capture_logs

from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.rounds import RENEWAL_SECONDS, VISIT_SECONDS, Rounds
from gateway.model import Deployment, now
from gateway.spe.certificate import probe
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
        connections = self.core.connections
        capabilities = Capabilities(self.core.broker, connections)
        return Rounds(self.core.broker, capabilities, connections)

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


def refreshed(core: Core) -> list[object]:
    """Return the fields of what the gateway itself has noted of upgrades."""
    return [row["fields"] for row in core.audit() if row["action"] == "upgradeDeployment"]


@pytest.mark.usefixtures("_at_once")
def test_an_upgrade_is_told_once_in_the_gateways_own_name(watch: Watch) -> None:
    watch.after(0)
    watch.after(VISIT_SECONDS)
    assert refreshed(watch.core) == []
    watch.believe(version="24.1.0")
    watch.after(VISIT_SECONDS)
    watch.after(VISIT_SECONDS)
    assert refreshed(watch.core) == [["version"]]


@pytest.mark.usefixtures("_at_once")
def test_nobody_is_visited_in_quarantine(watch: Watch) -> None:
    watch.after(0)
    watch.believe(quarantine={"sha1": "A", "sha256": "B"})
    assert watch.after(VISIT_SECONDS) == NOTHING
    watch.believe(quarantine=None)
    assert watch.after(0) == RENEWAL


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(("days", "told"), [(31, False), (29, True), (-1, True)])
def test_a_certificate_that_ends_soon_is_told_of(watch: Watch, *, days: int, told: bool) -> None:
    shown = probe("127.0.0.1", watch.known().port, 10)
    ends = replace(shown, not_after=now() + timedelta(days=days, seconds=VISIT_SECONDS))
    watch.after(0)
    watch.core.connections.client(watch.core.deployment).metadata()
    watch.core.connections.watcher(watch.known())(ends, None)
    with capture_logs() as logs:
        watch.after(VISIT_SECONDS)
    assert ("deployment.certificate_ends" in {entry["event"] for entry in logs}) is told

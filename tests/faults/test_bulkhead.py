"""A deployment that hangs holds its own connections, and nobody waits for one for ever (law 8)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gateway.broker.engine.lanes import WIDTH
from gateway.broker.engine.plan import Invocation
from gateway.model import OperationStatus
from gateway.spe.commands.environment import PING
from gateway.spe.commands.stores import RENAME_STORE
from gateway.spe.endpoint import DEFAULT_LIMITS
from gateway.spe.mapping import DeploymentBusy
from gateway.spe.status import Status
from tests.core import Core, sent, until
from tests.faults.stage import Bystander
from tests.simulated import Control

IMPATIENCE = 0.3
RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


@pytest.fixture
def patient(core: Core) -> Iterator[Core]:
    """A gateway that waits as long as commands may take."""
    made = Core(core.home, failures=1)
    yield made
    made.close()


@pytest.fixture
def held(patient: Core, control: Control) -> Iterator[None]:
    """Every connection to the deployment, held by calls that hang."""
    control.fault("hang", "GetInstances", count=None)
    client = patient.connections.client(patient.deployment)
    with ThreadPoolExecutor(WIDTH) as threads:
        for _ in range(WIDTH):
            threads.submit(client.discover)
        until(lambda: len(sent(control, "GetInstances")) == WIDTH)
        yield
        control.clear_faults()
        control.enter("up")  # ends every connection


def ping(core: Core) -> Status:
    client = core.connections.client(core.deployment)
    return client.invoke(PING, {}, seconds=IMPATIENCE)


def test_a_lane_is_as_wide_as_its_pool() -> None:
    assert DEFAULT_LIMITS.connections == WIDTH


@pytest.mark.usefixtures("held")
def test_who_finds_no_connection_is_told_so_within_its_deadline(
    patient: Core, control: Control
) -> None:
    with pytest.raises(DeploymentBusy, match="nothing was sent") as caught:
        ping(patient)

    assert (caught.value.status, caught.value.retryable) == (503, True)
    assert sent(control, "Ping") == []


@pytest.mark.usefixtures("held")
def test_a_change_that_finds_no_connection_was_not_sent(patient: Core, control: Control) -> None:
    instance = patient.planted(control, "acme")
    ended = patient.drive(patient.opened(instance, RENAME))

    assert ended.status is OperationStatus.FAILED
    assert ended.problem is not None
    assert (ended.problem["code"], ended.problem["retryable"]) == ("DEPLOYMENT_BUSY", True)
    assert sent(control, "RenameStore") == []


@pytest.mark.usefixtures("held")
def test_other_deployments_are_served_meanwhile(patient: Core, bystander: Bystander) -> None:
    replace(bystander, core=patient).assert_served("Beside")


@pytest.mark.usefixtures("held")
def test_our_own_lack_of_connections_opens_no_breaker(patient: Core) -> None:
    for _ in range(2):
        with pytest.raises(DeploymentBusy):
            ping(patient)

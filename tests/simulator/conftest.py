from collections.abc import Iterator

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client

HOST = "alpha-host1"
INSTANCE = {
    "instanceID": "acme",
    "archiveAdminEnabled": True,
    "stores": [{"name": "Mail"}],
    "users": [{"userName": "jane", "fullName": "Jane Doe"}],
}


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    """One server for all tests; its work takes minutes unless a test moves the clock."""
    with Simulator("alpha", scenario=Scenario(verify_rate=10)) as simulator:
        yield simulator


@pytest.fixture
def control(running: Simulator) -> Control:
    """The control plane of a server that is as the scenario made it."""
    control = Control(running.control_url)
    control.reset()
    return control


@pytest.fixture
def client(running: Simulator, control: Control) -> Iterator[Client]:
    """A client of an empty deployment."""
    assert control.journal() == []
    with Client(running) as client:
        yield client


@pytest.fixture
def acme(client: Client, control: Control) -> Client:
    """A client of a deployment with one instance, one store and one user."""
    control.seed(instances=[INSTANCE])
    control.forget_journal()
    return client

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.worker.cluster import Cluster, cluster


@pytest.fixture(scope="package")
def simulator() -> Iterator[Simulator]:
    with Simulator("alpha", scenario=Scenario(verify_rate=100)) as running:
        yield running


@pytest.fixture
def control(simulator: Simulator) -> Control:
    control = Control(simulator.control_url)
    control.reset()
    return control


@pytest.fixture(params=["redis", "rabbitmq"])
def queue_url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def workers(
    tmp_path: Path, simulator: Simulator, control: Control, postgresql_url: str, queue_url: str
) -> Iterator[Cluster]:
    control.clear_faults()
    with cluster(tmp_path, simulator, postgresql_url, queue_url) as made:
        yield made

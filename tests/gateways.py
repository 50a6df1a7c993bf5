"""The fixtures of what drives operations by hand: a deployment, and gateways on copies of a home.

A folder of tests has them by importing them into its ``conftest.py``, beside a fixture
``hasty``: whether its gateways wait a moment only for an answer.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.core import Core, copied, make_home
from tests.simulated import Control


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One deployment for all tests; its work takes minutes unless a test moves the clock."""
    with Simulator("alpha", scenario=Scenario(verify_rate=100)) as running:
        yield running


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, simulator: Simulator) -> Path:
    """A home that is set up, with the deployment registered; tests work on copies."""
    return make_home(tmp_path_factory.mktemp("template"), simulator)


@pytest.fixture
def control(simulator: Simulator) -> Control:
    """The control plane of an empty deployment."""
    control = Control(simulator.control_url)
    control.reset()
    return control


@pytest.fixture
def core(template: Path, control: Control, tmp_path: Path, *, hasty: bool) -> Iterator[Core]:
    """A gateway whose deployment is empty."""
    assert control.journal() == []
    made = Core(copied(template, tmp_path), hasty)
    yield made
    made.close()


@pytest.fixture
def other(core: Core) -> Iterator[Core]:
    """Another process on the same database."""
    made = Core(core.home, core.hasty)
    yield made
    made.close()

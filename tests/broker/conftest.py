from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model import Reseller
from gateway.simulator.server import Simulator
from tests.core import Core, make_home
from tests.gateways import control, core, other, simulator, template
from tests.simulated import Control

__all__ = ["control", "core", "other", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait as long as real ones."""
    return False


@pytest.fixture
def site() -> Iterator[Simulator]:
    """A deployment of the test's own, whose certificate it may spoil."""
    with Simulator("beta") as running:
        yield running


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without a deployment."""
    return make_home(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def owner(core: Core, control: Control) -> Reseller:
    """A reseller on an empty deployment."""
    assert control.journal() == []
    return core.reseller("Owner")

import pytest

from tests.broker.inventory.scene import Scene
from tests.core import Core
from tests.gateways import control, core, other, simulator, template

__all__ = ["control", "core", "other", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait as long as real ones."""
    return False


@pytest.fixture
def scene(core: Core) -> Scene:
    return Scene(core)

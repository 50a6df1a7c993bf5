import pytest

from gateway.model import Instance
from tests.broker.inventory.scene import Scene, row
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


@pytest.fixture
def acme(scene: Scene) -> Instance:
    """An instance of a deployment that was compared to no effect; a stranger is there as well."""
    made = scene.owned("acme")
    scene.lists(made, row("alien"))
    scene.refresh()
    scene.refresh()
    return scene.now(made)


@pytest.fixture
def elsewhere(scene: Scene) -> Scene:
    """Another process on the same database, which asks the same deployment."""
    return Scene(scene.core)

import pytest

from tests.billing.watch.lookout import Lookout
from tests.core import Core
from tests.gateways import control, core, other, simulator, template
from tests.simulated import Control

__all__ = ["control", "core", "other", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait a moment only."""
    return True


@pytest.fixture
def lookout(core: Core, control: Control) -> Lookout:
    """What looks into the instances of a deployment, in the thread of the test."""
    return Lookout(core, control)

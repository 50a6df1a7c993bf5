import pytest

from tests.faults.stage import beta, bystander
from tests.gateways import control, core, other, simulator, template

__all__ = ["beta", "bystander", "control", "core", "other", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait a moment only, so that tests of silence are short."""
    return True

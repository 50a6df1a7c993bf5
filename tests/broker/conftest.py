import pytest

from tests.gateways import control, core, other, simulator, template

__all__ = ["control", "core", "other", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait as long as real ones."""
    return False

from collections.abc import Iterator

import pytest
import time_machine

from gateway.storage.database import Database
from tests.billing.scene import NOON, Scene
from tests.gateways import control, core, other, simulator, template
from tests.storage.conftest import database, home, migrated, url

__all__ = [
    "control",
    "core",
    "database",
    "home",
    "migrated",
    "other",
    "simulator",
    "template",
    "url",
]


@pytest.fixture
def hasty() -> bool:
    """These gateways wait as long as real ones."""
    return False


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time, which stands still at noon until a test moves it."""
    with time_machine.travel(NOON, tick=False) as made:
        yield made


@pytest.fixture
def scene(database: Database, clock: time_machine.Traveller) -> Scene:
    """A deployment that two resellers have instances on; on each engine."""
    return Scene(database, clock)

"""How often SPE is asked how an operation gets on."""

from datetime import timedelta

import pytest

from gateway.broker.engine.pace import interval, watched_interval
from gateway.broker.engine.plan import Invocation
from gateway.model import now
from gateway.spe.commands.stores import VERIFY_STORE
from tests.core import Core
from tests.simulated import Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})


@pytest.mark.parametrize(
    ("age", "unwatched", "watched"),
    [(0, 1, 0.25), (5, 1, 0.5), (30, 3, 1), (100, 10, 1), (7200, 10, 1)],
)
def test_polls_come_less_and_less_often(age: float, unwatched: float, watched: float) -> None:
    assert interval(timedelta(seconds=age)) == timedelta(seconds=unwatched)
    assert watched_interval(timedelta(seconds=age)) == timedelta(seconds=watched)


def test_whoever_waits_has_the_next_poll_made_sooner(core: Core, control: Control) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    left = core.drive(operation)
    assert left.next_poll_time is not None
    core.ledger.wait(operation.id, 0.01)
    hurried = core.broker.fetch(operation.id).next_poll_time
    assert hurried is not None
    assert hurried < left.next_poll_time
    assert hurried <= now() + timedelta(seconds=0.5)

"""What a newer version wrote beside us is left to it: not claimed, not spoiled, no crash."""

from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.broker.broker import place_of
from gateway.broker.engine.plan import Invocation, operation_for
from gateway.errors import StorageUnavailable
from gateway.model import Operation
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.storage.tables import operations
from tests.core import Core


@pytest.fixture
def hasty() -> bool:
    return True


def unfinished(core: Core) -> Operation:
    """Leave an operation behind that anybody may carry on."""
    instance = core.new_instance("acme")
    wish = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
    made = operation_for(core.caller(), place_of(instance), [wish])
    core.broker.ledger.open(made)
    core.broker.ledger.release(made)
    return made


def row(core: Core, made: Operation) -> dict[str, Any]:
    with core.database.read() as connection:
        query = select(operations).where(operations.c.id == made.id)
        return dict(connection.execute(query).mappings().one())


@pytest.mark.parametrize(
    "step",
    [
        {"command": "VerifyStoreAnew"},
        {"prepare": "as-of-tomorrow"},
        {"check": "as-of-tomorrow"},
        {"status": "resting"},
        {"mood": "good"},
    ],
    ids=lambda step: next(iter(step)),
)
def test_an_operation_of_a_newer_version_is_left_to_it(core: Core, step: dict[str, str]) -> None:
    made = unfinished(core)
    steps = [{**each, **step} for each in row(core, made)["steps"]]
    with core.database.write() as connection:
        mine = operations.c.id == made.id
        connection.execute(update(operations).where(mine).values(steps=steps))
    before = row(core, made)

    assert core.broker.ledger.claim(made.id) is None

    assert row(core, made) == before


@pytest.mark.parametrize("word", ["status", "urgency"])
def test_a_word_of_a_newer_version_is_no_crash(core: Core, word: str) -> None:
    made = unfinished(core)
    with core.database.write() as connection:
        mine = operations.c.id == made.id
        connection.execute(update(operations).where(mine).values({word: "resting"}))

    assert core.broker.ledger.claim(made.id) is None
    with pytest.raises(StorageUnavailable):
        core.broker.fetch(made.id)


def test_our_own_is_claimed(core: Core) -> None:
    made = unfinished(core)

    assert core.broker.ledger.claim(made.id) is not None

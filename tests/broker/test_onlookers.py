"""Whoever waits for an operation is woken by what is written of it, and by nothing else."""

from threading import Thread

import pytest

from gateway.broker import ledger
from gateway.broker.engine.plan import Invocation
from gateway.broker.onlookers import Onlookers
from gateway.model import OperationStatus
from gateway.spe.commands.stores import RENAME_STORE
from tests.core import Core
from tests.simulated import Control

RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


def test_each_is_told_of_its_own() -> None:
    onlookers = Onlookers()
    with onlookers.of("op_a") as one, onlookers.of("op_a") as two, onlookers.of("op_b") as other:
        onlookers.tell("op_a", None)
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)


def test_of_a_part_those_are_told_who_wait_for_the_whole() -> None:
    onlookers = Onlookers()
    with onlookers.of("op_whole") as whole:
        onlookers.tell("op_part", "op_whole")
        assert whole.is_set()


def test_nothing_is_kept_of_those_who_have_gone() -> None:
    onlookers = Onlookers()

    def look() -> None:
        with onlookers.of("op_a"), onlookers.of("op_a"):
            raise LookupError

    with pytest.raises(LookupError):
        look()
    onlookers.tell("op_a")
    assert onlookers._waiting == {}  # noqa: SLF001 - what would grow


def test_the_end_of_an_operation_wakes_who_waits_and_the_end_of_another_does_not(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "GLANCE_SECONDS", 60.0)
    first, second = (core.opened(core.planted(control, name), RENAME) for name in ("acme", "beta"))
    looks: list[str] = []
    look = core.ledger._is_final  # noqa: SLF001 - counts the looks

    def counted(operation: str) -> bool:
        looks.append(operation)
        return look(operation)

    monkeypatch.setattr(core.ledger, "_is_final", counted)
    waiter = Thread(target=core.ledger.wait, args=(first.id, 60.0))
    waiter.start()
    core.drive(second)
    assert looks in ([], [first.id])
    assert core.drive(first).status is OperationStatus.SUCCEEDED
    waiter.join(30)
    assert not waiter.is_alive()

"""Leases are kept while work goes on, end when it stops, and who lost one does nothing more."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from time import monotonic

import pytest

from gateway.broker import leases
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.runner import Runner
from gateway.broker.leases import LeaseLost
from gateway.broker.ledger import Ledger
from gateway.errors import StorageUnavailable
from gateway.model import Operation, StepStatus
from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import operations
from tests.core import Core, sent, until
from tests.simulated import Control

RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> float:
    """Leases of less than a second."""
    monkeypatch.setattr(operations, "LEASE", timedelta(seconds=0.6))
    return 0.6


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """What the work on operations waits for."""
    opened = Event()
    real = Runner.drive

    def drive(self: Runner, operation: Operation, journal: Ledger) -> None:
        opened.wait(20)
        real(self, operation, journal)

    monkeypatch.setattr(Runner, "drive", drive)
    yield opened
    opened.set()


def wait(seconds: float) -> None:
    end = monotonic() + seconds
    until(lambda: monotonic() > end)


def test_what_is_being_carried_stays_ours_however_long_it_takes(
    core: Core, other: Core, control: Control, brief: float, gate: Event
) -> None:
    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.broker.carry(operation)
    wait(brief * 2)
    assert other.claim(operation.id) is None
    gate.set()
    until(lambda: core.broker.fetch(operation.id).status.is_final)
    until(lambda: not core.ledger.leases.count())


def test_what_waits_in_a_lane_is_being_carried(
    core: Core, other: Core, control: Control, brief: float, gate: Event
) -> None:
    assert not gate.is_set()
    many = [core.opened(core.planted(control, f"many{each}"), RENAME) for each in range(20)]
    for each in many:
        core.broker.carry(each)
    wait(brief * 2)
    assert [other.claim(each.id) for each in many] == [None] * len(many)


@pytest.mark.usefixtures("brief")
def test_what_crashed_in_a_lane_is_renewed_no_more(
    core: Core, other: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Runner, "drive", crash)
    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.broker.carry(operation)
    until(lambda: not core.ledger.leases.count())
    assert until(lambda: other.claim(operation.id)) is not None


def test_a_clean_stop_leaves_what_has_not_begun_to_others_at_once(
    core: Core, other: Core, control: Control, gate: Event
) -> None:
    many = [core.opened(core.planted(control, f"many{each}"), RENAME) for each in range(12)]
    for each in many:
        core.broker.carry(each)
    gate.set()
    core.broker.close()
    for each in many:
        found = other.broker.fetch(each.id)
        assert found.status.is_final or other.claim(each.id) is not None


class Slow:
    """A ledger whose process sleeps between the intent to send and the sending."""

    def __init__(self, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ledger = core.ledger
        self._monkeypatch = monkeypatch
        self.is_halted = core.ledger.is_halted
        self.require_lease = core.ledger.require_lease

    def save(self, operation: Operation) -> None:
        self._ledger.save(operation)
        if operation.steps[0].status is StepStatus.SENDING:
            asleep = operations.LEASE.total_seconds()
            self._monkeypatch.setattr(leases, "monotonic", lambda: monotonic() + asleep)


def test_who_wakes_after_the_lease_sends_nothing(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = core.opened(core.planted(control, "acme"), RENAME)
    with pytest.raises(LeaseLost):
        core.runner.drive(operation, Slow(core, monkeypatch))
    assert sent(control, "RenameStore") == []
    assert core.broker.fetch(operation.id).steps[0].status is StepStatus.SENDING


def test_who_wakes_after_the_lease_keeps_what_nobody_took(
    core: Core, other: Core, control: Control, brief: float, gate: Event
) -> None:
    assert not gate.is_set()
    kept, taken = (core.opened(core.planted(control, name), RENAME) for name in ("acme", "globex"))
    wait(brief * 1.5)
    assert other.claim(taken.id) is not None
    for operation in (kept, taken):
        core.broker.carry(operation)
        with pytest.raises(LeaseLost):
            core.ledger.require_lease(operation)
    core.ledger.leases.renew()
    core.ledger.require_lease(kept)
    with pytest.raises(LeaseLost):
        core.ledger.require_lease(taken)


def test_a_lease_that_cannot_be_renewed_ends(
    core: Core, control: Control, gate: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not gate.is_set()

    def refuse(*_: object) -> None:
        raise StorageUnavailable

    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.broker.carry(operation)
    monkeypatch.setattr(operations, "renew", refuse)
    with pytest.raises(StorageUnavailable):
        core.ledger.leases.renew()
    core.ledger.require_lease(operation)
    late = operations.LEASE.total_seconds()
    monkeypatch.setattr(leases, "monotonic", lambda: monotonic() + late)
    with pytest.raises(LeaseLost):
        core.ledger.require_lease(operation)


def test_an_operation_is_not_taken_twice_by_a_process_whose_clock_jumps(
    core: Core, control: Control, gate: Event
) -> None:
    assert not gate.is_set()
    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.broker.carry(operation)
    with core.late():
        assert core.claim(operation.id) is None

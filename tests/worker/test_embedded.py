"""The tracker of one process: what it finds in the database it carries to its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import time_machine
from cryptography.fernet import Fernet

from gateway.broker.engine.plan import Invocation
from gateway.broker.ledger import READS_KEPT
from gateway.errors import StorageUnavailable
from gateway.model import Chore, Operation, OperationStatus, now
from gateway.simulator.server import Simulator
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.commands.stores import RENAME_STORE, VERIFY_STORE
from gateway.storage import operations, queues
from gateway.storage.operations import LEASE
from gateway.storage.vault import Vault
from gateway.worker import tracking
from gateway.worker.tracker import Tracker
from tests.core import Core, make_home, sent, until
from tests.simulated import Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


@pytest.fixture
def core(tmp_path: Path, simulator: Simulator) -> Iterator[Core]:
    made = Core(make_home(tmp_path, simulator))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "GLANCE_SECONDS", 0.02)


@contextmanager
def tracked(core: Core, *chores: Chore) -> Iterator[Tracker]:
    tracker = Tracker(core.broker, chores)
    tracker.start()
    yield tracker
    tracker.stop()


def ended(core: Core, operation: str) -> Operation:
    def final() -> Operation | None:
        found = core.broker.fetch(operation)
        return found if found.status.is_final else None

    found = until(final)
    assert found is not None
    return found


def test_a_verification_ends_with_its_whole_log_although_the_process_was_restarted(
    core: Core, control: Control
) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    control.advance(6)
    core.drive(core.claim(operation.id))  # type: ignore[arg-type] # nobody else has it
    half = core.broker.fetch(operation.id).log
    assert "500 messages verified" in half
    core.close()

    reborn = Core(core.home)
    with tracked(reborn):
        control.advance(10)
        done = ended(reborn, operation.id)
    whole = control.operations()[0]["logOutput"]
    reborn.close()

    assert done.status is OperationStatus.SUCCEEDED
    assert done.percent_progress == 100
    assert done.log == whole
    assert len(sent(control, "VerifyStore")) == 1


def test_what_a_dead_process_left_is_found_when_its_lease_is_over(
    core: Core, control: Control
) -> None:
    operation = core.opened(core.planted(control, "acme"), RENAME)
    reborn = Core(core.home)
    with time_machine.travel(now() + LEASE * 2), tracked(reborn):
        assert ended(reborn, operation.id).status is OperationStatus.SUCCEEDED
    reborn.close()
    assert len(sent(control, "RenameStore")) == 1


def test_what_somebody_has_is_left_alone(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    held = core.opened(acme, RENAME)
    free = core.opened(acme, VERIFY)
    core.ledger.release(free)
    with tracked(core):
        control.advance(0)
        until(lambda: sent(control, "VerifyStore"))
    assert sent(control, "RenameStore") == []
    assert core.broker.fetch(held.id).status is OperationStatus.QUEUED


@pytest.mark.parametrize("error", [StorageUnavailable, RuntimeError])
def test_the_tracker_survives_what_goes_wrong(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.ledger.release(operation)
    real, glances = core.ledger.due, count()

    def due(limit: int) -> list[str]:
        if next(glances) < 3:
            raise error
        return real(limit)

    monkeypatch.setattr(core.ledger, "due", due)
    with tracked(core):
        assert ended(core, operation.id).status is OperationStatus.SUCCEEDED


def test_an_operation_that_cannot_be_read_holds_up_no_other(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    poison, healthy = core.opened(acme, VERIFY), core.opened(acme, RENAME)
    stranger = Vault([Fernet.generate_key().decode()])
    with core.database.write() as connection:
        operations.save(connection, poison, stranger)
        operations.release(connection, poison)
        operations.release(connection, healthy)
    with core.database.read() as connection:
        assert set(queues.due(connection, now(), 9)) == {poison.id, healthy.id}
    with tracked(core):
        assert ended(core, healthy.id).status is OperationStatus.SUCCEEDED
    assert sent(control, "VerifyStore") == []


def test_old_reads_are_forgotten(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "TIDY_SECONDS", 0.02)
    operation = core.opened(core.planted(control, "acme"), Invocation(GET_INSTANCES))
    core.drive(operation)
    with time_machine.travel(now() + READS_KEPT * 2), tracked(core):
        until(lambda: core.rows() == 0)


def test_a_stopped_tracker_takes_nothing_more(core: Core, control: Control) -> None:
    with tracked(core):
        pass
    operation = core.opened(core.planted(control, "acme"), RENAME)
    core.ledger.release(operation)
    assert core.ledger.due(10) == [operation.id]
    assert sent(control, "RenameStore") == []

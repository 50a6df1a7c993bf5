"""Many polls make one turn, and many answers one transaction; what is evidence waits for none."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from threading import Event

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from gateway.broker import polls
from gateway.broker.engine.lanes import STOCK, WIDTH
from gateway.broker.engine.plan import Invocation, Place, operation_for
from gateway.broker.engine.runner import Runner
from gateway.broker.ledger import UNREADABLE, Ledger
from gateway.errors import StorageUnavailable
from gateway.model import Instance, Operation, OperationStatus, Share, now
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.storage import operations
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.core import Core, sent, until
from tests.simulated import Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
NEVER = 600.0


@pytest.fixture(autouse=True)
def _unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are written when a test says so."""
    monkeypatch.setattr(polls, "GATHER_SECONDS", NEVER)


@pytest.fixture
def acme(core: Core, control: Control) -> Instance:
    """An instance whose stores are verified for long."""
    return core.planted(control, "acme")


def begun(core: Core, acme: Instance, number: int = 1) -> list[str]:
    """Begin operations that run on, and that nobody holds."""
    place = Place(core.deployment, core.root.id, core.root.path, acme)
    made = []
    for _ in range(number):
        operation = operation_for(core.caller("verifyStore"), place, [VERIFY])
        operation.lock = None
        core.ledger.open(operation)
        assert core.drive(operation).status is OperationStatus.RUNNING
        made.append(operation.id)
    return made


def taken(core: Core, ids: Sequence[str]) -> list[Operation]:
    """Take operations as if their polls were due."""
    with core.database.write() as connection:
        for each in ids:
            operations.hurry(connection, each, now())
    return core.ledger.take(ids)


def polled(core: Core, ids: Sequence[str]) -> list[Operation]:
    """Poll operations, and write nothing of what was answered."""
    found = taken(core, ids)
    core.broker.polls.add(found)
    until(lambda: not core.ledger.leases.count())
    return found


def row(core: Core, operation: str) -> tuple[str | None, Operation]:
    """Return who holds an operation, and what stands in its row."""
    with core.database.read() as connection:
        query = "SELECT lease_owner FROM operations WHERE id = ?"
        owner = connection.exec_driver_sql(query, (operation,)).scalar_one()
    return owner, core.broker.fetch(operation)


def test_many_are_taken_and_written_by_one_transaction_each(
    core: Core, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = begun(core, acme, 12)
    taken(core, [])
    began: list[str] = []
    real = Database.write
    monkeypatch.setattr(Database, "write", lambda self: began.append("write") or real(self))

    with core.database.write() as connection:
        for each in ids:
            operations.hurry(connection, each, now())
    core.broker.polls.add(core.ledger.take(ids))
    until(lambda: not core.ledger.leases.count())
    core.broker.polls.flush()

    assert len(began) == 3  # the test's own, the claim, the answers
    assert {row(core, each)[0] for each in ids} == {None}


def test_an_answer_that_says_nothing_new_only_puts_the_next_poll_off(
    core: Core, control: Control, acme: Instance
) -> None:
    control.pause()
    [operation] = begun(core, acme)
    polled(core, [operation])
    core.broker.polls.flush()
    _, before = row(core, operation)
    polled(core, [operation])
    core.broker.polls.flush()

    owner, after = row(core, operation)
    assert owner is None
    assert after.next_poll_time is not None
    assert before.next_poll_time is not None
    assert after.next_poll_time > before.next_poll_time
    assert (after.update_time, after.steps) == (before.update_time, before.steps)


def test_how_far_a_command_is_comes_into_the_row(
    core: Core, control: Control, acme: Instance
) -> None:
    [operation] = begun(core, acme)
    _, before = row(core, operation)
    control.advance(3)
    polled(core, [operation])
    assert row(core, operation)[1].steps == before.steps
    core.broker.polls.flush()

    owner, after = row(core, operation)
    assert owner is None
    assert after.steps[0].version > before.steps[0].version
    assert after.log.startswith(before.log)
    assert len(after.log) > len(before.log)
    assert after.update_time > before.update_time
    assert after.steps[0].arguments == before.steps[0].arguments


def test_a_crash_before_answers_are_written_loses_only_time(
    core: Core, other: Core, control: Control, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "LEASE", timedelta(seconds=0.6))
    [operation] = begun(core, acme)
    control.advance(3)
    polled(core, [operation])  # and the process is gone
    monkeypatch.setattr(Ledger, "put_back", lambda *_: frozenset({operation}))

    found = until(lambda: other.claim(operation))
    control.advance(600)
    ended = other.drive(found)
    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.log.count("Finished") == 1
    assert ended.log.count("Creating a list") <= 1
    assert len(sent(control, "VerifyStore")) == 1


def test_an_end_waits_for_no_other_answer(core: Core, control: Control, acme: Instance) -> None:
    [operation] = begun(core, acme)
    control.advance(600)
    polled(core, [operation])
    assert core.broker.fetch(operation).status is OperationStatus.SUCCEEDED
    assert core.phases(operation) == ["intent", "outcome"]


def test_a_wish_to_cancel_that_comes_meanwhile_is_passed_on_at_once(
    core: Core, control: Control, acme: Instance
) -> None:
    control.pause()
    [operation] = begun(core, acme)
    polled(core, [operation])
    with core.database.write() as connection:
        operations.request_cancel(connection, operation)
    core.broker.polls.flush()

    owner, found = row(core, operation)
    assert owner is None
    assert found.status is OperationStatus.CANCELLING
    assert core.ledger.due(9) == [operation]


def test_whoever_lost_the_lease_writes_nothing(
    core: Core, other: Core, control: Control, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(operations, "LEASE", timedelta(seconds=0.3))
        [operation] = begun(core, acme)
        control.advance(3)
        polled(core, [operation])
        until(lambda: other.claim(operation))
    _, before = row(core, operation)
    core.broker.polls.flush()
    owner, after = row(core, operation)
    assert owner == other.ledger.leases.owner
    assert after == before


def test_what_cannot_be_written_now_is_polled_again_after_its_lease(
    core: Core, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageUnavailable

    [operation] = begun(core, acme)
    polled(core, [operation])
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(Ledger, "put_back", refuse)
        core.broker.polls.flush()
    assert [each["event"] for each in logs] == ["polls.not_written"]
    with core.late(0.1):
        assert core.ledger.due(9) == [operation]


def test_an_operation_that_cannot_be_read_holds_up_none_that_is_taken_with_it(
    core: Core, acme: Instance
) -> None:
    poison, healthy = begun(core, acme, 2)
    stranger = Vault([Fernet.generate_key().decode()])
    [held] = taken(core, [poison])
    with core.database.write() as connection:
        operations.save(connection, held, stranger)
        operations.release(connection, held)

    assert [each.id for each in taken(core, [poison, healthy])] == [healthy]
    with core.late(UNREADABLE / timedelta(hours=1) / 2):
        assert poison not in core.ledger.due(9)
    with core.late(UNREADABLE / timedelta(hours=1) * 2):
        assert poison in core.ledger.due(9)


def test_what_a_newer_version_began_is_left_to_it(
    core: Core, other: Core, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = begun(core, acme, 2)
    with monkeypatch.context() as patch:
        patch.setattr(core.ledger, "knows", lambda operation: operation.id != theirs)
        assert [each.id for each in taken(core, [theirs, ours])] == [ours]
    assert other.claim(theirs) is not None


@pytest.mark.parametrize(("seconds", "turns"), [(-1.0, [5, 2, 2, 1, 1]), (NEVER, [5])])
def test_polls_that_take_long_go_on_beside_each_other(
    core: Core,
    acme: Instance,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    turns: list[int],
) -> None:
    ids = begun(core, acme, 5)
    monkeypatch.setattr(polls, "TURN_SECONDS", seconds)
    lengths: list[int] = []
    real = polls.Polls._turn  # noqa: SLF001 - is counted, not called

    def turn(self: polls.Polls, share: Share, group: Sequence[Operation]) -> None:
        lengths.append(len(group))
        real(self, share, group)

    monkeypatch.setattr(polls.Polls, "_turn", turn)
    polled(core, ids)
    core.broker.polls.flush()
    assert sorted(lengths, reverse=True) == turns
    assert {row(core, each)[0] for each in ids} == {None}


@pytest.mark.parametrize(("cores", "glances"), [(0, 1), (1, polls.GLANCES)])
def test_turns_wait_for_others_only_where_the_processor_is_what_all_wait_for(
    monkeypatch: pytest.MonkeyPatch, cores: int, glances: int
) -> None:
    pace, times = polls.Pace(), count(step=cores)
    assert [pace.enter() for _ in range(polls.AT_ONCE)] == [True] * polls.AT_ONCE
    asked: list[float] = []
    monkeypatch.setattr(polls, "process_time", lambda: asked.append(0) or next(times))
    assert not pace.enter()
    assert len(asked) == 2 * glances
    pace.leave()
    assert pace.enter()


def test_what_is_due_at_one_deployment_comes_together(core: Core, acme: Instance) -> None:
    ids = begun(core, acme, 4)
    with core.database.write() as connection:
        for number, each in enumerate(ids):
            operations.hurry(connection, each, now() - timedelta(seconds=9 - number))
            move = "UPDATE operations SET deployment = ? WHERE id = ?"
            connection.exec_driver_sql(move, (f"dep_{number % 2}", each))
    assert core.ledger.due(9) == [ids[0], ids[2], ids[1], ids[3]]


def test_of_one_share_only_so_many_are_taken_on(core: Core, acme: Instance) -> None:
    share = Share(acme.deployment, operation_share(core, acme).urgency, acme.reseller, begun=True)
    found = core.broker.polls.with_room({f"op_{each}": share for each in range(500)})
    assert found == [f"op_{each}" for each in range(WIDTH * STOCK)]


def operation_share(core: Core, acme: Instance) -> Share:
    """Return the share of what ``begun`` begins."""
    [operation] = begun(core, acme)
    return core.ledger.shares([operation])[operation]


def test_a_clean_stop_leaves_the_rest_of_a_turn_to_others_at_once(
    core: Core, other: Core, acme: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = begun(core, acme, 6)
    entered, opened = Event(), Event()
    polled_ids: list[str] = []
    real = Runner.drive

    def drive(self: Runner, operation: Operation, journal: Ledger) -> None:
        polled_ids.append(operation.id)
        entered.set()
        opened.wait(20)
        real(self, operation, journal)

    monkeypatch.setattr(Runner, "drive", drive)
    core.broker.polls.add(taken(core, ids))
    entered.wait(20)
    closing = core.broker.polls.close
    monkeypatch.setattr(core.broker.polls, "close", lambda: (closing(), opened.set()))
    core.broker.close()
    assert len(polled_ids) == 1
    assert all(other.claim(each) is not None for each in ids)

"""What is remembered of an operation counts only while its row says the same, and not for long."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.broker import polls, recollection
from gateway.broker.recollection import Recollection
from gateway.model import Instance, Operation, OperationStatus, StepStatus, now
from gateway.storage import operations
from gateway.storage.polls import Taken
from tests.broker.test_polls import NEVER, begun, taken
from tests.core import Core, until
from tests.simulated import Control

Opened = list[str]
WRITTEN = now()


@pytest.fixture(autouse=True)
def _unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are written when a test says so."""
    monkeypatch.setattr(polls, "GATHER_SECONDS", NEVER)


@pytest.fixture
def acme(core: Core, control: Control) -> Instance:
    """An instance whose stores are verified for long."""
    return core.planted(control, "acme")


@pytest.fixture
def opened(core: Core, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """What is decrypted from now on."""
    found: Opened = []
    real = core.ledger.vault.open
    monkeypatch.setattr(core.ledger.vault, "open", lambda it: found.append(it) or real(it))
    return found


def again(core: Core, ids: Sequence[str]) -> list[Operation]:
    """Put back what was taken, as polls that heard nothing new do, and take it again."""
    with core.database.write() as connection:
        operations.give_back(connection, core.ledger.leases.owner, ids)
    return taken(core, ids)


def test_a_row_that_says_the_same_is_decrypted_once(
    core: Core, acme: Instance, opened: Opened
) -> None:
    ids = begun(core, acme, 3)
    first = {each.id: each for each in taken(core, ids)}
    opened.clear()
    second = again(core, ids)
    assert opened == []
    for each in second:
        before = first[each.id]
        assert each.fence == before.fence + 1
        before.fence, before.next_poll_time = each.fence, each.next_poll_time
        assert each == before == core.broker.fetch(each.id)


def test_what_a_turn_does_to_its_operation_is_not_remembered(core: Core, acme: Instance) -> None:
    [operation] = begun(core, acme)
    for [held] in (taken(core, [operation]), again(core, [operation])):
        held.steps[0].status = StepStatus.SETTLING
        held.steps[0].arguments = {}
        held.context["verified"] = True
        held.log += "unwritten"
    [held] = again(core, [operation])
    assert held == core.broker.fetch(operation)


@pytest.fixture
def advanced(core: Core, control: Control, acme: Instance, opened: Opened) -> str:
    """An operation that is further than it was, as this process has written itself."""
    [operation] = begun(core, acme)
    control.advance(3)
    core.broker.polls.add(taken(core, [operation]))
    until(lambda: not core.ledger.leases.count())
    core.broker.polls.flush()
    opened.clear()
    return operation


def test_what_this_process_has_written_itself_is_not_read_again(
    core: Core, opened: Opened, advanced: str
) -> None:
    [held] = taken(core, [advanced])
    assert opened == []
    assert held.steps[0].version > 1
    assert "verified" in held.log
    assert held == core.broker.fetch(advanced)


def test_a_wish_to_cancel_that_came_while_progress_was_written_is_seen(
    core: Core, control: Control, advanced: str
) -> None:
    control.advance(3)
    core.broker.polls.add(taken(core, [advanced]))
    until(lambda: not core.ledger.leases.count())
    with core.database.write() as connection:
        operations.request_cancel(connection, advanced)
    core.broker.polls.flush()
    [held] = taken(core, [advanced])
    assert held.cancel_requested
    assert held == core.broker.fetch(advanced)


def test_progress_that_was_not_written_is_not_remembered(
    core: Core, other: Core, control: Control, advanced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.advance(3)
    with monkeypatch.context() as patch:
        patch.setattr(operations, "LEASE", timedelta(seconds=0.3))
        core.broker.polls.add(taken(core, [advanced]))
        until(lambda: not core.ledger.leases.count())
        theirs = until(lambda: other.claim(advanced))
    core.broker.polls.flush()  # to no effect: the lease is lost
    with core.database.write() as connection:
        operations.release(connection, theirs)
    [held] = taken(core, [advanced])
    assert held == core.broker.fetch(advanced)


def _wished(core: Core, _other: Core, operation: str) -> None:
    with core.database.write() as connection:
        operations.request_cancel(connection, operation)


def _carried_on(core: Core, other: Core, operation: str) -> None:
    [held] = taken(other, [operation])
    held.log, held.steps[0].version = held.log + "more", held.steps[0].version + 1
    other.ledger.save(held)
    with core.database.write() as connection:
        operations.release(connection, held)


@pytest.mark.parametrize("change", [_wished, _carried_on])
def test_what_somebody_has_written_is_seen_by_the_next_poll(
    core: Core, other: Core, acme: Instance, change: Callable[[Core, Core, str], None]
) -> None:
    [operation] = begun(core, acme)
    [before] = taken(core, [operation])
    with core.database.write() as connection:
        operations.release(connection, before)
    change(core, other, operation)
    [held] = taken(core, [operation])
    assert held == core.broker.fetch(operation)
    assert held.update_time > before.update_time or held.cancel_requested


def test_what_another_process_has_ended_is_not_taken(
    core: Core, other: Core, acme: Instance
) -> None:
    [operation] = begun(core, acme)
    [held] = taken(core, [operation])
    with core.database.write() as connection:
        operations.release(connection, held)
    [theirs] = taken(other, [operation])
    theirs.status = OperationStatus.FAILED
    other.ledger.save(theirs)
    assert core.ledger.shares([operation])  # it is remembered
    assert core.ledger.take([operation]) == []


def test_what_has_ended_here_is_forgotten_at_once(core: Core, acme: Instance) -> None:
    [operation] = begun(core, acme)
    [held] = taken(core, [operation])
    assert core.ledger.recollection.count() == 1
    held.status = OperationStatus.FAILED
    core.ledger.save(held)
    assert core.ledger.recollection.count() == 0


@pytest.fixture
def some(core: Core, acme: Instance) -> Operation:
    """An operation that runs."""
    return replace(core.broker.fetch(begun(core, acme)[0]), update_time=WRITTEN)


def mark(number: int = 0, size: int = 1) -> Taken:
    """Make what was taken of a row that was written last at no time in particular."""
    return Taken(f"op_{number}", 1, now(), WRITTEN, b"m", size)


def test_of_what_a_poll_did_only_progress_is_remembered(some: Operation) -> None:
    remembered = Recollection()
    remembered.keep(mark(), some)
    polled = replace(some, id="op_0", percent_progress=7, cancel_requested=True, context={"a": 1})
    remembered.advance(polled)
    taken = mark()
    expected = replace(some, percent_progress=7)
    expected.fence, expected.next_poll_time = taken.fence, taken.next_poll_time
    assert remembered.recall(taken) == expected


def test_what_is_not_known_is_not_remembered_for_its_progress(some: Operation) -> None:
    remembered = Recollection()
    remembered.advance(some)
    assert remembered.count() == 0


def test_what_is_not_polled_any_more_is_forgotten(
    some: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recollection, "SECONDS", 0)
    remembered = Recollection()
    remembered.keep(mark(1), some)
    remembered.keep(mark(2), some)
    remembered.fade()
    assert remembered.recall(mark(1)) is not None
    remembered.fade()
    assert remembered.recall(mark(2)) is None
    assert remembered.recall(mark(1)) is not None
    assert remembered.count() == 1


def test_what_is_polled_is_remembered_for_a_while(some: Operation) -> None:
    remembered = Recollection()
    remembered.keep(mark(), some)
    for _ in range(3):
        remembered.fade()
    assert remembered.recall(mark()) is not None


def test_looking_for_what_is_due_forgets(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    faded: list[str] = []
    monkeypatch.setattr(Recollection, "fade", lambda _: faded.append("faded"))
    core.ledger.due(1)
    assert faded == ["faded"]


def test_only_so_many_are_remembered_and_they_stay(
    some: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recollection, "MOST", 2)
    remembered = Recollection()
    for number in range(5):
        remembered.keep(mark(number), some)
    assert [remembered.recall(mark(each)) is not None for each in range(5)] == [True] * 2 + [
        False
    ] * 3


def test_only_so_much_is_remembered_and_what_is_forgotten_makes_room(
    some: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    some.log = "x" * 10
    monkeypatch.setattr(recollection, "CHARACTERS", 100)
    monkeypatch.setattr(recollection, "SECONDS", 0)
    remembered = Recollection()
    remembered.keep(mark(1, 70), some)
    remembered.keep(mark(2, 30), some)  # 80 and 40
    assert remembered.recall(mark(2, 30)) is None
    remembered.keep(mark(1, 50), some)  # 60 in place of 80
    remembered.keep(mark(2, 30), some)
    assert remembered.count() == 2
    remembered.fade()
    remembered.forget("op_2")
    remembered.keep(mark(3, 30), some)
    assert remembered.count() == 2
    for _ in range(2):
        remembered.fade()
    remembered.keep(mark(4, 90), some)
    assert remembered.recall(mark(4, 90)) is not None

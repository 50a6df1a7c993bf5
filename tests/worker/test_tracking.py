"""What the tasks do, with a queue that behaves as it likes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from gateway.broker.engine.lanes import Lanes
from gateway.broker.engine.plan import Invocation
from gateway.broker.turns import Turns
from gateway.errors import StorageUnavailable
from gateway.model import Chore, Operation, OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import RENAME_STORE
from gateway.worker import tracking
from gateway.worker.tracking import Tracking
from tests.core import Core, make_home, sent, until
from tests.simulated import Control

RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


@pytest.fixture
def core(tmp_path: Path, simulator: Simulator, postgresql_url: str) -> Iterator[Core]:
    made = Core(make_home(tmp_path, simulator, postgresql_url), url=postgresql_url)
    yield made
    made.close()


def duties(core: Core, *chores: Chore) -> Tracking:
    return Tracking(core.broker, chores, Turns(core.database))


def left(core: Core, control: Control, name: str = "acme") -> Operation:
    operation = core.opened(core.planted(control, name), RENAME)
    core.ledger.release(operation)
    return operation


def ended(core: Core, operation: Operation) -> bool:
    return until(lambda: core.broker.fetch(operation.id).status.is_final)


class Swallow:
    """A queue that takes everything and brings nothing."""

    def __init__(self) -> None:
        self.sent: list[Sequence[str]] = []

    def __call__(self, operations: Sequence[str]) -> bool:
        self.sent.append(operations)
        return True


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps have their turn however soon they come."""
    monkeypatch.setattr(tracking, "GLANCE_SECONDS", 0)


@pytest.mark.usefixtures("_at_once")
def test_what_is_due_is_sent_once(core: Core, control: Control) -> None:
    operation = left(core, control)
    queue, sweeper = Swallow(), duties(core)
    for _ in range(3):
        sweeper.sweep(queue)
    assert queue.sent == [[operation.id]]


def test_a_message_names_only_so_many(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "MESSAGE", 2)
    made = [left(core, control, f"many{each}").id for each in range(3)]
    queue = Swallow()
    duties(core).sweep(queue)
    assert [len(each) for each in queue.sent] == [2, 1]
    assert sorted(one for each in queue.sent for one in each) == sorted(made)


@pytest.mark.usefixtures("_at_once")
def test_what_was_sent_in_vain_is_done_by_the_sweep(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = left(core, control)
    queue, sweeper = Swallow(), duties(core)
    sweeper.sweep(queue)
    monkeypatch.setattr(tracking, "LATE_SECONDS", -1.0)
    sweeper.sweep(queue)
    assert ended(core, operation)
    assert len(sent(control, "RenameStore")) == 1


def test_what_cannot_be_sent_is_done_by_the_sweep(core: Core, control: Control) -> None:
    operation = left(core, control)
    duties(core).sweep(lambda _operation: False)
    assert ended(core, operation)


def test_of_several_processes_one_sweeps_at_a_time(core: Core, control: Control) -> None:
    left(core, control)
    first, second = Swallow(), Swallow()
    duties(core).sweep(first)
    duties(core).sweep(second)
    assert (len(first.sent), len(second.sent)) == (1, 0)


def test_late_messages_and_messages_that_came_before_do_nothing(
    core: Core, control: Control
) -> None:
    operation = left(core, control)
    tracker = duties(core)
    for _ in range(5):
        tracker.track([operation.id])
    assert ended(core, operation)
    tracker.track([operation.id])
    assert len(sent(control, "RenameStore")) == 1
    assert core.broker.fetch(operation.id).status is OperationStatus.SUCCEEDED


@pytest.mark.parametrize(
    "junk",
    [
        *("*", "", None, 7, {"id": "*"}, "op_1", "op_" + "0" * 32, "op_" + "A" * 32),
        *([], ["op"], [7], [["op_" + "0" * 32]], ["op_" + "0" * 32, "*"]),
        *(["op_" + "0" * 32], ["op_" + "0" * 32] * 1000),
    ],
)
def test_junk_does_nothing(core: Core, control: Control, junk: object) -> None:
    left(core, control)
    control.forget_journal()
    duties(core).track(junk)
    duties(core).do(junk)
    assert control.journal() == []
    assert not core.ledger.leases.count()


def test_what_a_full_lane_has_no_room_for_is_left_to_others(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = left(core, control)
    with monkeypatch.context() as patch:
        patch.setattr(Lanes, "has_room", lambda _self, _lane: False)
        duties(core).track([operation.id])
    assert core.ledger.claim(operation.id) is not None


def test_a_chore_is_done_once_for_all_and_what_is_everywhere_by_each(core: Core) -> None:
    done: list[str] = []
    chores = (
        Chore("once", 60, lambda: done.append("once")),
        Chore("each", 60, lambda: done.append("each"), everywhere=True),
    )
    for process in (duties(core, *chores), duties(core, *chores)):
        process.do("once")
        process.do("each")
    assert done == ["once", "each", "each"]


@pytest.mark.parametrize("error", [StorageUnavailable, RuntimeError])
def test_a_chore_that_fails_is_done_the_next_time(core: Core, error: type[Exception]) -> None:
    fails, done = Event(), Event()

    def run() -> None:
        if not fails.is_set():
            fails.set()
            raise error
        done.set()

    process = duties(core, Chore("tried", 0, run))
    process.do("tried")
    process.do("tried")
    assert done.is_set()

"""A caller that runs its task itself: it takes one of the lane's places, and only in its turn."""

from collections.abc import Iterator
from functools import partial
from random import Random
from threading import Event, Lock, Thread, current_thread
from time import sleep

import pytest

from gateway.broker.engine import lanes as engine
from gateway.broker.engine.lanes import Lanes, Waiting
from gateway.broker.engine.rota import SPARE
from gateway.model import Share, Urgency
from gateway.spe.deadline import Outlasted
from tests.core import until

WIDTH = 3
CLICK = Share("dep_1", Urgency.INTERACTIVE, "res_a")
ELSEWHERE = Share("dep_2", Urgency.INTERACTIVE, "res_a")
OTHER = Share("dep_1", Urgency.INTERACTIVE, "res_b")
BULK = Share("dep_1", Urgency.BULK, "res_a")
LONG = 30.0


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes(2 * WIDTH, WIDTH)
    yield made
    made.close()


class Hall:
    """Fills a lane until its gate is opened; notes what runs after, and in whose thread."""

    def __init__(self, lanes: Lanes) -> None:
        self.ran: list[tuple[str, str]] = []
        self._lanes = lanes
        self._gate = Event()
        self._threads: list[Thread] = []
        for _ in range(WIDTH):
            lanes.submit(CLICK, self._wait)
        until(lambda: lanes.load() == (WIDTH, 0))

    def _wait(self) -> None:
        assert self._gate.wait(LONG)

    def open(self) -> None:
        """Open the gate, and see all callers through."""
        self._gate.set()
        for thread in self._threads:
            thread.join()

    def note(self, name: str) -> None:
        """Run, under a name."""
        self.ran.append((name, current_thread().name))

    def call(self, name: str, patience: float = LONG) -> None:
        """Have a caller of this name run something, and see it wait."""
        task = partial(self.note, name)
        thread = Thread(target=self._lanes.run_here, args=(CLICK, task, patience), name=name)
        self._threads.append(thread)
        thread.start()
        until(lambda: self._lanes.load()[1] == len(self._threads))


def test_a_task_that_need_not_wait_takes_a_place(lanes: Lanes) -> None:
    seen: list[tuple[int, int]] = []
    assert lanes.run_here(CLICK, lambda: seen.append(lanes.load()), 0)
    assert seen == [(1, 0)]
    assert lanes.load() == (0, 0)


def test_bulk_leaves_the_places_that_are_kept_for_clicks(lanes: Lanes) -> None:
    gate, done = Event(), Event()
    for _ in range(WIDTH - SPARE):
        lanes.submit(BULK, partial(gate.wait, LONG))  # type: ignore[arg-type] # what it returns is nobody's
    until(lambda: lanes.load() == (WIDTH - SPARE, 0))
    assert not lanes.run_here(BULK, done.set, 0.1)
    assert lanes.run_here(CLICK, lambda: None, 0)
    gate.set()
    assert done.wait(LONG)


def test_callers_run_their_own(lanes: Lanes) -> None:
    hall = Hall(lanes)
    for name in ("one", "two", "three", "four", "five"):
        hall.call(name)
    hall.open()
    assert {name: thread for name, thread in hall.ran if name != thread} == {}
    assert len(hall.ran) == 5
    assert lanes.load() == (0, 0)


@pytest.fixture
def full() -> Iterator[tuple[Lanes, Event]]:
    """Lanes of one place, which is taken until the gate is opened."""
    made, gate = Lanes(1, 1), Event()

    def wait() -> None:
        assert gate.wait(LONG)

    made.submit(CLICK, wait)
    until(lambda: made.load() == (1, 0))
    yield made, gate
    gate.set()
    made.close()


@pytest.fixture
def busy() -> Iterator[tuple[Lanes, Event]]:
    """Lanes whose only thread is at work elsewhere until the gate is opened."""
    made, begun, gate = Lanes(1, WIDTH), Event(), Event()

    def work() -> None:
        begun.set()
        assert gate.wait(LONG)

    made.submit(ELSEWHERE, work)
    assert begun.wait(LONG)
    yield made, gate
    gate.set()
    made.close()


def test_a_turn_that_is_handed_on_needs_no_thread_of_the_lanes(busy: tuple[Lanes, Event]) -> None:
    lanes, _ = busy
    gate, ran = Event(), list[str]()

    def run() -> None:
        assert gate.wait(LONG)
        ran.append(current_thread().name)

    callers = [
        Thread(target=lanes.run_here, args=(CLICK, run, LONG), name=f"caller {number}")
        for number in range(2 * WIDTH)
    ]
    for each in callers:
        each.start()
    until(lambda: lanes.load() == (1 + WIDTH, WIDTH))
    gate.set()
    for each in callers:
        each.join()
    assert sorted(ran) == [each.name for each in callers]


def test_a_caller_whose_turn_a_thread_of_the_lane_finds_is_called(
    busy: tuple[Lanes, Event],
) -> None:
    lanes, gate = busy
    ran: list[str] = []
    lanes.submit(BULK, lambda: None)

    def task() -> None:
        ran.append(current_thread().name)

    caller = Thread(target=lanes.run_here, args=(CLICK, task, LONG), name="caller")
    caller.start()
    until(lambda: lanes.load() == (1, 2))
    gate.set()
    caller.join()
    assert ran == ["caller"]


def test_nobody_who_waits_is_passed_over(full: tuple[Lanes, Event]) -> None:
    lanes, gate = full
    order: list[str] = []
    lanes.submit(CLICK, partial(order.append, "lane"))
    caller = Thread(target=lanes.run_here, args=(CLICK, partial(order.append, "caller"), LONG))
    caller.start()
    until(lambda: lanes.load() == (1, 2))
    lanes.submit(CLICK, partial(order.append, "last"))
    gate.set()
    until(lambda: len(order) == 3)
    caller.join()
    assert order == ["lane", "caller", "last"]


def test_who_leaves_keeps_the_place_in_the_queue(full: tuple[Lanes, Event]) -> None:
    lanes, gate = full
    order: list[tuple[str, str]] = []

    def note(name: str) -> None:
        order.append((name, current_thread().name[:4]))

    assert not lanes.run_here(CLICK, partial(note, "left"), 0.05)
    lanes.submit(CLICK, partial(note, "last"))
    gate.set()
    until(lambda: len(order) == 2)
    assert order == [("left", "lane"), ("last", "lane")]


def test_a_turn_that_comes_as_the_patience_ends_is_taken(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, has_come = Hall(lanes), Waiting.has_come
    late = Event()

    def too_late(waiting: Waiting, seconds: float) -> bool:
        if seconds:
            assert late.wait(LONG)
            return False
        return has_come(waiting, seconds)

    monkeypatch.setattr(engine.Waiting, "has_come", too_late)
    hall.call("caller")
    opener = Thread(target=hall.open)
    opener.start()
    until(lambda: lanes.load() == (1, 0))  # the place is the caller's, who does not know it yet
    late.set()
    opener.join()
    assert hall.ran == [("caller", "caller")]
    assert lanes.load() == (0, 0)


def test_a_caller_has_the_turn_of_its_share(full: tuple[Lanes, Event]) -> None:
    lanes, gate = full
    order: list[str] = []
    for _ in range(20):
        lanes.submit(CLICK, partial(order.append, "another's"))
    caller = Thread(target=lanes.run_here, args=(OTHER, partial(order.append, "caller"), LONG))
    caller.start()
    until(lambda: lanes.load() == (1, 21))
    gate.set()
    until(lambda: len(order) == 21)
    caller.join()
    assert order.index("caller") <= 1


def test_what_came_meanwhile_is_carried_on_when_the_caller_leaves_its_place() -> None:
    narrow = Lanes(1, 1)
    done = Event()
    assert narrow.run_here(CLICK, lambda: narrow.submit(CLICK, done.set), 0)
    assert done.wait(LONG)
    narrow.close()


def test_lanes_that_are_closed_run_nothing(lanes: Lanes) -> None:
    lanes.close()
    with pytest.raises(RuntimeError):
        lanes.run_here(CLICK, lambda: None, 0)


def test_who_waits_while_the_lanes_are_closed_is_not_called(lanes: Lanes) -> None:
    hall = Hall(lanes)
    hall.call("caller", patience=0.5)
    closing = Thread(target=lanes.close)
    closing.start()
    hall.open()
    closing.join()
    assert len(hall.ran) <= 1  # it may have been called before


def test_a_place_is_given_back_whatever_becomes_of_the_task(lanes: Lanes) -> None:
    def outlast() -> None:
        raise Outlasted

    with pytest.raises(Outlasted):
        lanes.run_here(CLICK, outlast, 0)
    assert lanes.load() == (0, 0)


def test_each_task_runs_once_and_never_more_at_once_than_there_are_places(lanes: Lanes) -> None:
    lock, under_way, most, ran = Lock(), [0], [0], list[int]()

    def task(number: int) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            ran.append(number)
        sleep(0.0005)
        with lock:
            under_way[0] -= 1

    def client(seed: int) -> None:
        chance = Random(seed)  # noqa: S311 - the same each time
        for number in range(seed * 100, seed * 100 + 100):
            share = chance.choice([CLICK, OTHER, BULK])
            if chance.random() < 0.7:
                lanes.run_here(share, partial(task, number), chance.choice([0, 0.0005, 0.01, 1]))
            else:
                lanes.submit(share, partial(task, number))

    clients = [Thread(target=client, args=(seed,)) for seed in range(12)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    until(lambda: len(ran) == 1200)
    until(lambda: lanes.load() == (0, 0))
    assert sorted(ran) == list(range(1200))
    assert most[0] <= WIDTH
    assert lanes._lanes == {}  # noqa: SLF001 - no lane is left behind

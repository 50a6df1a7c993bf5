"""Threads in lanes: what is under way at once, and that nothing takes more than its own."""

from collections.abc import Iterator
from functools import partial
from threading import Event, Lock, Thread

import pytest

from gateway.broker.engine.lanes import STOCK, WIDTH, Lanes
from gateway.broker.engine.rota import SPARE
from gateway.model import Share, Urgency
from tests.core import until

BULK = Share("dep_1", Urgency.BULK, "res_a")
SCRIPT = Share("dep_1", Urgency.INTERACTIVE, "res_a")
CLICK = Share("dep_1", Urgency.INTERACTIVE, "res_b")
ELSEWHERE = Share("dep_2", Urgency.BULK, "res_a")


class Works:
    """Notes what is begun, and lets nothing end before it is told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.gate = Event()
        self._lock = Lock()

    def task(self, name: str) -> None:
        """Begin, and wait."""
        with self._lock:
            self.begun.append(name)
        assert self.gate.wait(30)


def is_closed(lanes: Lanes) -> bool:
    try:
        lanes.submit(ELSEWHERE, lambda: None)
    except RuntimeError:
        return True
    return False


def crash() -> None:
    raise ValueError


@pytest.fixture
def works() -> Works:
    return Works()


@pytest.fixture
def lanes(works: Works) -> Iterator[Lanes]:
    made = Lanes(3 * WIDTH, WIDTH)
    yield made
    works.gate.set()
    made.close()


def submit(lanes: Lanes, works: Works, share: Share, number: int = 1, name: str = "") -> None:
    for _ in range(number):
        lanes.submit(share, partial(works.task, name or share.urgency))


def test_five_hundred_parts_never_take_the_last_places(lanes: Lanes, works: Works) -> None:
    submit(lanes, works, BULK, 500)
    until(lambda: len(works.begun) == WIDTH - SPARE)
    submit(lanes, works, CLICK, name="click")
    until(lambda: "click" in works.begun)
    assert works.begun == [Urgency.BULK] * (WIDTH - SPARE) + ["click"]


def test_a_click_waits_for_what_is_under_way_and_one_turn(lanes: Lanes, works: Works) -> None:
    submit(lanes, works, SCRIPT, 500)
    until(lambda: len(works.begun) == WIDTH)
    submit(lanes, works, CLICK, name="click")
    works.gate.set()
    until(lambda: len(works.begun) == 501)
    assert works.begun.index("click") <= 2 * WIDTH


def test_a_lane_that_hangs_holds_up_no_other(lanes: Lanes, works: Works) -> None:
    submit(lanes, works, SCRIPT, 500)
    done = Event()
    lanes.submit(ELSEWHERE, done.set)
    assert done.wait(30)


def test_lanes_give_each_other_their_threads() -> None:
    one_thread, works, done = Lanes(1, WIDTH), Works(), Event()
    submit(one_thread, works, SCRIPT, 500)
    one_thread.submit(ELSEWHERE, done.set)
    one_thread.submit(ELSEWHERE, partial(works.task, "last"))
    works.gate.set()
    assert done.wait(30)
    until(lambda: len(works.begun) == 501)
    assert works.begun.index("last") < 3 * WIDTH
    one_thread.close()


def test_a_task_that_crashes_stops_nothing(lanes: Lanes) -> None:
    done = Event()
    for _ in range(2 * WIDTH):
        lanes.submit(SCRIPT, crash)
    lanes.submit(CLICK, done.set)
    assert done.wait(30)


def test_only_the_share_that_waits_too_long_has_no_room(lanes: Lanes, works: Works) -> None:
    submit(lanes, works, SCRIPT, WIDTH)
    until(lambda: len(works.begun) == WIDTH)
    submit(lanes, works, SCRIPT, WIDTH * STOCK)
    polls = Share(SCRIPT.deployment, SCRIPT.urgency, SCRIPT.reseller, begun=True)
    assert not lanes.has_room(SCRIPT)
    assert lanes.has_room(polls)
    assert lanes.has_room(CLICK)
    assert lanes.has_room(BULK)


def test_after_the_end_nothing_begins_that_waited(works: Works) -> None:
    lanes = Lanes(2, 2)
    submit(lanes, works, SCRIPT, 9)
    until(lambda: len(works.begun) == 2)
    closing = Thread(target=lanes.close)
    closing.start()
    until(lambda: is_closed(lanes))
    works.gate.set()
    closing.join()
    assert len(works.begun) == 2

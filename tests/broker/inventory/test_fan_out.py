"""The fan-out: one thread for each deployment, and nobody waits behind one that hangs."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock, active_count

import pytest

from gateway.broker.inventory.fan_out import FanOut
from gateway.errors import DeploymentUnreachable
from gateway.model import now
from gateway.storage.inventories import Inventory
from tests.core import until

LONG = 60.0


class Estate:
    """Deployments that answer at once, unless a test holds them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: dict[str, Event] = {}
        self.answers: dict[str, Callable[[], Inventory]] = {}
        self._lock = Lock()

    def hold(self, deployment: str) -> Event:
        """Let a deployment hang until the event is set."""
        self.held[deployment] = Event()
        return self.held[deployment]

    def refresh(self, deployment: str) -> Inventory:
        """Ask a deployment."""
        with self._lock:
            self.asked.append(deployment)
        if deployment in self.held:
            assert self.held[deployment].wait(LONG)
        return self.answers.get(deployment, lambda: Inventory(deployment, now(), now()))()

    def release(self) -> None:
        """Let nobody hang any more."""
        for event in self.held.values():
            event.set()


@contextmanager
def fan_out(estate: Estate, threads: int = 4, seconds: float = LONG) -> Iterator[FanOut]:
    """Run a fan-out; at the end nothing hangs."""
    made = FanOut(estate.refresh, threads, seconds)
    try:
        yield made
    finally:
        estate.release()
        made.close()


@pytest.fixture
def estate() -> Estate:
    return Estate()


def test_all_are_asked_once_and_side_by_side(estate: Estate) -> None:
    first, second = estate.hold("dep_a"), estate.hold("dep_b")
    with fan_out(estate) as made, ThreadPoolExecutor(1) as pool:
        listing = pool.submit(made.ask, ["dep_a", "dep_b", "dep_c"], LONG)
        until(lambda: len(estate.asked) == 3)
        first.set()
        second.set()

        assert listing.result(LONG) == []
    assert sorted(estate.asked) == ["dep_a", "dep_b", "dep_c"]


def test_who_is_late_is_named_and_the_others_have_answered(estate: Estate) -> None:
    estate.hold("dep_b")
    with fan_out(estate) as made:
        assert made.ask(["dep_a"], LONG) == []
        assert made.ask(["dep_b"], 0) == ["dep_b"]
        assert made.ask(["dep_a"], LONG) == []


def test_a_refusal_a_doubt_and_a_crash_are_no_answers(estate: Estate) -> None:
    def refuse() -> Inventory:
        raise DeploymentUnreachable

    def crash() -> Inventory:
        raise ZeroDivisionError

    estate.answers = {
        "dep_a": refuse,
        "dep_b": lambda: Inventory("dep_b", None, now(), doubt={"missing": 7}),
        "dep_c": crash,
    }
    with fan_out(estate) as made:
        assert made.ask(["dep_a", "dep_b", "dep_c", "dep_d"], LONG) == ["dep_a", "dep_b", "dep_c"]


def test_who_comes_while_one_is_asked_waits_for_a_look_that_begins_later(estate: Estate) -> None:
    held = estate.hold("dep_a")
    with fan_out(estate) as made, ThreadPoolExecutor(9) as pool:
        first = pool.submit(made.ask, ["dep_a"], LONG)
        until(lambda: estate.asked == ["dep_a"])
        others = [pool.submit(made.ask, ["dep_a"], LONG) for _ in range(8)]
        until(lambda: _waiting(made) == 8)
        held.set()

        assert first.result(LONG) == []
        assert [each.result(LONG) for each in others] == [[]] * 8
    assert estate.asked == ["dep_a", "dep_a"]


def _waiting(made: FanOut) -> int:
    """Return how many wait for the visit after the one under way."""
    asking = made._asked.get("dep_a")  # noqa: SLF001 # nothing outside tells
    following = asking and asking.following
    return len(following._waiters) if following else 0  # noqa: SLF001 # the standard library's


def test_one_that_hangs_takes_one_thread_however_many_ask(estate: Estate) -> None:
    estate.hold("dep_a")
    with fan_out(estate, threads=2) as made:
        before = active_count()
        for _ in range(20):
            assert made.ask(["dep_a"], 0) == ["dep_a"]

        assert made.ask(["dep_b", "dep_c", "dep_d"], LONG) == []
        assert active_count() - before <= 2
    assert estate.asked.count("dep_a") <= 2


def test_nobody_waits_for_one_that_hangs_longer_than_a_list_may(estate: Estate) -> None:
    estate.hold("dep_a")
    with fan_out(estate, seconds=0) as made:
        assert made.ask(["dep_a"], 0) == ["dep_a"]

        assert made.ask(["dep_a", "dep_b"], LONG) == ["dep_a"]  # not after a minute
        estate.release()
        until(lambda: made.ask(["dep_a"], LONG) == [])


def test_a_closed_one_asks_nobody(estate: Estate) -> None:
    with fan_out(estate) as made:
        made.close()

        assert made.ask(["dep_a"], LONG) == ["dep_a"]
    assert estate.asked == []

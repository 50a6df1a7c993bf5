"""Work that several ask for at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from gateway.broker.inventory.flights import Flights
from tests.core import until

LATE = 4


class Work:
    """Work that waits to be let go, and counts."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()
        self.number = 0

    def __call__(self) -> int:
        """Return the how manieth it is."""
        self.number += 1
        number = self.number
        self.begun.set()
        assert self.go.wait(30)
        return number


def shared_behind(flights: Flights[int], work: Work, keys: Sequence[str]) -> list[int]:
    """Ask for work under some keys while it is under way for ``a``; return all answers."""
    with ThreadPoolExecutor(len(keys) + 1) as threads:
        first = threads.submit(flights.share, "a", work)
        assert work.begun.wait(30)
        others = [threads.submit(flights.share, key, work) for key in keys]
        until(lambda: flights.waiting("a") == keys.count("a"))
        work.go.set()
        return [first.result(), *(other.result() for other in others)]


def test_who_comes_while_it_is_under_way_shares_the_next() -> None:
    assert shared_behind(Flights(), Work(), ["a"] * LATE) == [1, 2, 2, 2, 2]


def test_one_key_does_not_wait_for_another() -> None:
    work = Work()
    with ThreadPoolExecutor(2) as threads:
        flights: Flights[int] = Flights()
        held = threads.submit(flights.share, "a", work)
        assert work.begun.wait(30)
        assert threads.submit(flights.share, "b", lambda: 7).result(30) == 7
        work.go.set()
        assert held.result(30) == 1


def test_everybody_who_waits_hears_of_a_failure_and_the_next_is_a_new_one() -> None:
    flights: Flights[int] = Flights()
    with pytest.raises(ValueError, match="no"):
        flights.share("a", fail)
    assert flights.share("a", lambda: 3) == 3


def fail() -> int:
    """Fail."""
    raise ValueError("no")


def test_work_that_is_shared_with_nobody_waits_its_turn() -> None:
    flights: Flights[int] = Flights()
    work = Work()
    with ThreadPoolExecutor(2) as threads:
        held = threads.submit(flights.share, "a", work)
        assert work.begun.wait(30)
        alone = threads.submit(flights.alone, "a", lambda: work.number)
        work.go.set()
        assert (held.result(30), alone.result(30)) == (1, 1)

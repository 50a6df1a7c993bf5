"""Work that several ask for at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from gateway.broker.inventory.flights import Ferry, Flights
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


class Crossings:
    """Crossings of which the first waits to be let go, and what each has carried."""

    def __init__(self) -> None:
        self.begun, self.go = Event(), Event()
        self.carried: list[list[int]] = []
        self.gathered = 0
        self.ferry: Ferry[int, str] = Ferry(self.cross, self.gather)

    def cross(self, items: Sequence[int]) -> list[str]:
        """Return what becomes of the items; 13 sinks it."""
        self.carried.append(list(items))
        self.begun.set()
        assert self.go.wait(30)
        if 13 in items:
            raise ValueError
        return [f"took {item}" for item in items]

    def gather(self) -> None:
        """Let somebody who comes late go along."""
        self.gathered += 1

    def waiting(self) -> int:
        """Return how many will cross next."""
        items, _ = self.ferry._next  # noqa: SLF001 # nothing outside tells
        return len(items)


def crossed(crossings: Crossings, late: Sequence[int]) -> list[str | None]:
    """Cross alone, and let others come meanwhile; return what each got, None where it sank."""
    with ThreadPoolExecutor(len(late) + 1) as threads:
        first = threads.submit(crossings.ferry.take, 1)
        assert crossings.begun.wait(30)
        others = [threads.submit(crossings.ferry.take, item) for item in late]
        until(lambda: crossings.waiting() == len(late))
        crossings.go.set()
        return [None if each.exception() else each.result() for each in (first, *others)]


def test_who_comes_while_a_ferry_is_under_way_goes_with_the_next_and_gets_its_own() -> None:
    crossings = Crossings()
    late = [2, 3, 3, 4]
    assert crossed(crossings, late) == ["took 1", *(f"took {item}" for item in late)]
    assert [sorted(each) for each in crossings.carried] == [[1], late]
    assert crossings.gathered == len(crossings.carried)


def test_a_ferry_that_sinks_takes_its_own_passengers_and_no_others() -> None:
    crossings = Crossings()
    assert crossed(crossings, [13, 2]) == ["took 1", None, None]
    assert crossings.ferry.take(5) == "took 5"

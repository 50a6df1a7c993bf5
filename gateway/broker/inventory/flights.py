"""Work that several ask for at once is done once, but never by a look that began before."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


class Flight(Generic[T]):
    """Work that is about to begin, and how many wait for it."""

    def __init__(self) -> None:
        self.passengers = 0
        self._future: Future[T] = Future()

    def fly(self, work: Callable[[], T]) -> None:
        """Do the work, for everybody who waits."""
        try:
            self._future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            self._future.set_exception(error)

    def result(self) -> T:
        """Return what the work brought, or raise what it raised."""
        return self._future.result()


class Flights(Generic[T]):
    """One after the other for each key; whoever comes before one begins, shares it.

    Who comes while one is under way waits for the next: what that sees is no older than the call.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)
        self._next: dict[str, Flight[T]] = {}

    def share(self, key: str, work: Callable[[], T]) -> T:
        """Return what the next flight brings, or raise what it raises."""
        with self._lock:
            flight = self._next.setdefault(key, Flight())
            flight.passengers += 1
            is_first = flight.passengers == 1
            turn = self._turns[key]
        if is_first:
            with turn:
                self._begin(key)
                flight.fly(work)
        return flight.result()

    def alone(self, key: str, work: Callable[[], T]) -> T:
        """Do work that is shared with nobody, while no flight of the key is under way."""
        with self._lock:
            turn = self._turns[key]
        with turn:
            return work()

    def waiting(self, key: str) -> int:
        """Return how many wait for a flight that has not begun."""
        with self._lock:
            return self._next[key].passengers if key in self._next else 0

    def _begin(self, key: str) -> None:
        with self._lock:
            del self._next[key]


class Ferry(Generic[Item, T]):
    """Work on one thing that is hardly slower on many: one crossing after the other.

    Whoever comes while one is under way, goes with the next.

    Args:
        work: on many things; what it brings is in their order.
        gather: is called before each crossing; who comes meanwhile, goes along.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Sequence[T]], gather: Callable[[], None]
    ) -> None:
        self._work = work
        self._gather = gather
        self._lock, self._turn = Lock(), Lock()
        self._next: tuple[list[Item], Flight[Sequence[T]]] = [], Flight()

    def take(self, item: Item) -> T:
        """Return what the next crossing brings of an item, or raise what it raises."""
        with self._lock:
            items, flight = self._next
            place = len(items)
            items.append(item)
        if not place:
            with self._turn:
                self._gather()
                self._cast_off()
                flight.fly(partial(self._work, items))
        return flight.result()[place]

    def _cast_off(self) -> None:
        """Have whoever comes from now on wait for the next crossing."""
        with self._lock:
            self._next = [], Flight()

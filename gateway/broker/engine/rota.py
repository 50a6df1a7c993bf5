"""Whose turn it is in a lane: urgencies by a fixed round, within one the resellers by turns.

What waits is kept in rings within rings. A ring gives each of its names one turn in a round, so
that five hundred things of one name delay another's by one. What has the same names comes in the
order in which it came.
"""

from collections import Counter, defaultdict, deque
from typing import Final, Generic, TypeVar

from gateway.model import Share, Urgency

T = TypeVar("T")

ROUND: Final = (Urgency.INTERACTIVE, Urgency.BILLING, Urgency.INTERACTIVE, Urgency.BULK)
"""Who is asked in which order; whoever has nothing waiting is passed over."""

SPARE: Final = 2
"""Places that only interactive work takes: two, so that one slow click holds up no other."""


class Ring(Generic[T]):
    """Things that wait under names, and those names under others."""

    def __init__(self) -> None:
        self._rings: dict[str, Ring[T]] = {}
        self._things: deque[T] = deque()

    def __len__(self) -> int:
        """Count the things."""
        return len(self._things) + sum(map(len, self._rings.values()))

    def put(self, thing: T, *names: str) -> None:
        """Add a thing under its names, the outermost first."""
        if not names:
            self._things.append(thing)
            return
        self._rings.setdefault(names[0], Ring()).put(thing, *names[1:])

    def take(self) -> T:
        """Remove the thing whose turn it is; its names come last in the next round.

        Raises:
            IndexError: nothing waits.
        """
        if not self._rings:
            return self._things.popleft()
        name = next(iter(self._rings))
        ring = self._rings.pop(name)
        thing = ring.take()
        if not ring.is_empty:
            self._rings[name] = ring
        return thing

    @property
    def head(self) -> T:
        """The thing whose turn it is."""
        return next(iter(self._rings.values())).head if self._rings else self._things[0]

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._things and not self._rings

    def count(self, *names: str) -> int:
        """Return how many things wait under some names."""
        if not names:
            return len(self)
        ring = self._rings.get(names[0])
        return ring.count(*names[1:]) if ring else 0


class Rota(Generic[T]):
    """What waits in one lane, and what is under way in it.

    Args:
        width: how many places the lane has.
    """

    def __init__(self, width: int) -> None:
        self._shared = max(width - SPARE, 1)
        self._waiting: defaultdict[Urgency, Ring[T]] = defaultdict(Ring)
        self._under_way: Counter[Urgency] = Counter()
        self._waits = 0
        self._next = 0

    def put(self, share: Share, thing: T) -> None:
        """Have a thing wait for its turn."""
        self._waiting[share.urgency].put(thing, *_names(share))
        self._waits += 1

    def take(self) -> tuple[Urgency, T] | None:
        """Give a place to the thing whose turn it is; ``leave`` gives the place back.

        Returns:
            The thing, with its urgency; None where nothing waits that may have a place now.
        """
        found = self._turn()
        if found is None:
            return None
        step, urgency = found
        self._next = (self._next + step + 1) % len(ROUND)
        self._under_way[urgency] += 1
        self._waits -= 1
        return urgency, self._waiting[urgency].take()

    @property
    def head(self) -> T | None:
        """The thing that ``take`` would give a place to."""
        found = self._turn()
        return None if found is None else self._waiting[found[1]].head

    def begin(self, urgency: Urgency) -> bool:
        """Give a place to what has not waited, if nothing waits that may have one.

        ``leave`` gives it back.
        """
        if (self.is_wanted and self._turn() is not None) or not self._has_place(urgency):
            return False
        self._under_way[urgency] += 1
        return True

    def leave(self, urgency: Urgency) -> None:
        """Note that a thing has ended."""
        self._under_way[urgency] -= 1

    def count(self, share: Share) -> int:
        """Return how many things of a share wait."""
        return self._waiting[share.urgency].count(*_names(share))

    @property
    def busy(self) -> int:
        """How many things are under way."""
        return self._under_way.total()

    @property
    def waiting(self) -> int:
        """How many things wait."""
        return self._waits

    @property
    def is_wanted(self) -> bool:
        """Whether anything waits."""
        return self._waits > 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self.busy and not self.is_wanted

    def _turn(self) -> tuple[int, Urgency] | None:
        """Return whose turn it is, and how many turns are passed over for it."""
        for step in range(len(ROUND)):
            urgency = ROUND[(self._next + step) % len(ROUND)]
            if self._may_begin(urgency):
                return step, urgency
        return None

    def _may_begin(self, urgency: Urgency) -> bool:
        return not self._waiting[urgency].is_empty and self._has_place(urgency)

    def _has_place(self, urgency: Urgency) -> bool:
        if urgency is Urgency.INTERACTIVE:
            return True
        return self.busy - self._under_way[Urgency.INTERACTIVE] < self._shared


def _names(share: Share) -> tuple[str, str]:
    return share.reseller, "begun" if share.begun else "new"

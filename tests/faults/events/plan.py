"""Which kills there are, in an order by lot: each process at any time, and each point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.events.points import OF_A_CHANGE, TELLING
from tests.faults.kills.stacks import EMBEDDED, RABBITMQ, Stack

ANY_TIME = "any"
PROCESSES = ("gateway", "worker", "receiver")


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        role: who dies.
        point: where it is then; ``any`` for any time.
        moment: when, after so many seconds, if it is any time.
        number: which of several processes, or how often the point is passed before.
    """

    role: str
    point: str = ANY_TIME
    moment: float = 0.0
    number: int = 0


@dataclass(frozen=True)
class Plan:
    """A drill.

    Attributes:
        events: at least so many.
        rounds: how often each process dies at any time, and each point is died at.
        seed: of everything that is by lot.
        points: the points, by name.
    """

    events: int
    rounds: int
    seed: int = 1
    points: tuple[str, ...] = tuple(point.name for point in TELLING)

    def __str__(self) -> str:
        return f"events-{self.events}-seed-{self.seed}"

    def kills(self, stack: Stack) -> Sequence[Kill]:
        """Return the kills on a stack."""
        random = Random(self.seed)  # noqa: S311 - the same seed, the same kills
        found = [*self._at_any_time(stack, random), *self._at_points(stack)]
        random.shuffle(found)
        return found

    def _at_any_time(self, stack: Stack, random: Random) -> Iterator[Kill]:
        for role in PROCESSES:
            if role != "worker" or stack.workers:
                for number in range(self.rounds):
                    yield Kill(role, moment=random.uniform(0, 1.5), number=number)

    def _at_points(self, stack: Stack) -> Iterator[Kill]:
        chores = "worker" if stack.workers else "gateway"
        for point in self.points:
            role = "gateway" if point == OF_A_CHANGE else chores
            yield from (Kill(role, point, number=number) for number in range(self.rounds))


SHORT = {
    EMBEDDED: Plan(300, 1),
    RABBITMQ: Plan(300, 1, points=("K9b", "K9c", "K9e")),
}
"""What ``make test`` takes: every point and every process at least once."""

"""Deployments that list what they did before: nothing is to be compared or written but when.

It takes that the same answer was compared with all our rows, that nothing was to be written then,
and that every row is as it was (ADR 0056). What our rows are like is read for all deployments
that are asked at once, and when they answered is written for all that do at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import sleep
from typing import Final

from gateway.broker.inventory.flights import Ferry
from gateway.broker.inventory.judgement import Answer
from gateway.storage import inventories, likenesses
from gateway.storage.database import Database
from gateway.storage.inventories import Inventory, Renewal
from gateway.storage.likenesses import Likeness

GATHER_SECONDS: Final = 0.005
"""How long a look or an answer waits for others, to be read or written with them."""


@dataclass(frozen=True)
class Pair:
    """An answer, and rows of ours that it changes nothing of.

    Attributes:
        rows: their digest.
        answer: the version of the checked lists.
    """

    rows: bytes
    answer: str


class Settled:
    """What this process has compared to no effect.

    Args:
        database: our rows.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looks = Ferry(self._look, self._gather)
        self._renewals = Ferry(self._renew, self._gather)
        self._pairs: dict[str, Pair] = {}
        self._visits = 0
        self._lock = Lock()

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Count who looks and renews within the block, so that others can wait for it."""
        with self._lock:
            self._visits += 1
        try:
            yield
        finally:
            with self._lock:
                self._visits -= 1

    def look(self, deployment: str) -> Likeness:
        """Return what our rows are like, before a deployment is asked."""
        return self._looks.take(deployment)

    def renewed(self, answer: Answer, before: Likeness) -> Inventory | None:
        """Write that an answer is as it was; None where it has to be compared.

        Args:
            answer: of a deployment.
            before: what our rows were like when it was asked.
        """
        if self._pairs.get(answer.deployment) != _pair(answer, before):
            return None
        number = len(answer.rows)
        renewal = Renewal(answer.deployment, answer.time, number, before.try_time)
        return self._renewals.take(renewal)

    def note(self, answer: Answer, before: Likeness) -> None:
        """Remember that an answer was compared, wholly, and changes nothing."""
        self._pairs[answer.deployment] = _pair(answer, before)

    def forget(self, deployment: str) -> None:
        """Have the next answer compared."""
        self._pairs.pop(deployment, None)

    def _gather(self) -> None:
        """Let others come, if any are under way."""
        if self._visits > 1:
            sleep(GATHER_SECONDS)

    def _look(self, deployments: Sequence[str]) -> Sequence[Likeness]:
        with self._database.read() as connection:
            found = likenesses.of(connection, deployments)
        return [found[each] for each in deployments]

    def _renew(self, renewals: Sequence[Renewal]) -> Sequence[Inventory | None]:
        with self._database.write() as connection:
            written = inventories.renew(connection, renewals)
        return [written.get(each.deployment) for each in renewals]


def _pair(answer: Answer, before: Likeness) -> Pair:
    return Pair(before.digest, answer.listed.version)

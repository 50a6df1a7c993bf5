"""Tells events straight into the outbox, in transactions of its own: ``teller '{"database": …}'``.

It stands for a gateway whose changes are too many to be called for one by one: the events are told
with ``event_log.tell``, as every change does, but there is no change beside them. Some transactions
are rolled back; the last one may be cut off by SIGKILL before its commit. On a database where
several write at once some are held open for a moment, so that events become visible in another
order than they were told in.

The diary has a line before each commit and one after it. A line without its end is of a transaction
of which nobody knows whether it was committed.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from random import Random
from time import sleep

from gateway.errors import StorageUnavailable
from gateway.events.types import TYPES
from gateway.model import EventType, Happening, Prefix, new_id
from gateway.storage import event_log
from gateway.storage.database import Database

SIZES = (1, 1, 2, 3, 5, 10, 20)
"""Events of a transaction."""

ROLLED_BACK = 0.06
HELD = 0.1
"""Shares of the transactions."""

SUBJECTS = 10
"""Of each reseller."""

OPERATORS = ("deployment.", "gateway.")
"""What is told to the root only."""


class End(StrEnum):
    """What became of a transaction."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"
    KILLED = "killed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Order:
    """What a teller is to do.

    Attributes:
        database: its URL.
        diary: path of the file.
        paths: of the resellers to whom it tells, with their weights.
        root: path of the root, to whom everything may be told.
        seed: of what it chooses.
        events: how many are to be committed.
        hold: seconds for which some transactions are held open.
        is_killed: whether it ends by SIGKILL, in a transaction more.
    """

    database: str
    diary: str
    paths: Mapping[str, int]
    root: str
    seed: int
    events: int
    hold: float = 0.0
    is_killed: bool = False


class RolledBack(Exception):
    """Ends a transaction without a commit."""


class Teller:
    """Carries an order out.

    Args:
        order: what is to be done.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._random = Random(order.seed)  # noqa: S311 - the same seed, the same events
        self._database = Database(order.database)
        self._diary = Path(order.diary)
        self._subjects = {
            path: [new_id(Prefix.INSTANCE) for _ in range(SUBJECTS)] for path in order.paths
        }
        self._serials = count()

    def run(self) -> None:
        """Tell everything."""
        left = self._order.events
        while left:
            size = min(left, self._random.choice(SIZES))
            if self._tell(size, self._fate()) is End.COMMITTED:
                left -= size
        if self._order.is_killed:
            self._tell(self._random.choice(SIZES), End.KILLED)

    def _fate(self) -> End:
        return End.ROLLED_BACK if self._random.random() < ROLLED_BACK else End.COMMITTED

    def _tell(self, size: int, end: End) -> End:
        """Make a transaction, and return what became of it."""
        try:
            with suppress(RolledBack):
                self._transaction(size, end)
        except StorageUnavailable:
            end = End.UNKNOWN  # busy: most likely not
        self._note({"end": end})
        return end

    def _transaction(self, size: int, end: End) -> None:
        with self._database.write() as connection:
            events = []
            for path, happening in self._happenings(size):
                event = event_log.tell(connection, path, happening)
                events.append({"id": event, "path": path, **asdict(happening)})
            if self._random.random() < HELD:
                sleep(self._order.hold)
            self._note({"events": events})
            if end is End.ROLLED_BACK:
                raise RolledBack
            if end is End.KILLED:
                self._note({"end": end})
                os.kill(os.getpid(), signal.SIGKILL)

    def _happenings(self, size: int) -> Iterator[tuple[str, Happening]]:
        paths, weights = list(self._order.paths), list(self._order.paths.values())
        for path in self._random.choices(paths, weights, k=size):
            subject = self._random.choice(self._subjects[path])
            yield path, Happening(self._type(path), subject, subject, data={"serial": self._next()})

    def _type(self, path: str) -> EventType:
        every = [each for each in TYPES if path == self._order.root or not _is_operators(each)]
        return EventType(self._random.choice(every))

    def _next(self) -> int:
        return next(self._serials)

    def _note(self, line: Mapping[str, object]) -> None:
        with self._diary.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _is_operators(kind: str) -> bool:
    return kind.startswith(OPERATORS)


if __name__ == "__main__":
    Teller(Order(**json.loads(sys.argv[1]))).run()

"""What a process remembers of the operations that it polls, for as long as their rows say the same.

A row is decrypted and decoded when it is polled first and when somebody has written it since; what
all other polls need is here. Nothing is decided by it alone: each poll takes the row, and compares.
"""

from copy import copy
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final

from gateway.model import Operation, Share
from gateway.storage.polls import Taken

MOST: Final = 10_000
"""Operations that are remembered at most; further ones are decoded at each poll."""

LONGEST: Final = 16_384
"""Characters of a row that is remembered, its log included; of what is longer there are few."""

SECONDS: Final = 60.0
"""After twice as long at most, what this process does not poll any more is forgotten."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a row said, its mark, and whose place it takes; nobody changes it."""

    mark: bytes
    operation: Operation
    share: Share


class Recollection:
    """Operations by their ids, in two shares by when they were polled last; for many threads."""

    def __init__(self) -> None:
        self._recent: dict[str, _Remembered] = {}
        self._older: dict[str, _Remembered] = {}
        self._began = monotonic()
        self._lock = Lock()

    def recall(self, taken: Taken) -> Operation | None:
        """Return what a row says that was taken, if it is known; the caller's own to change."""
        with self._lock:
            known = self._known(taken.id)
            if known is None:
                return None
            if known.mark != taken.mark:
                self._drop(taken.id)
                return None
            self._note(taken.id, known)
        operation = _copied(known.operation)
        operation.fence, operation.next_poll_time = taken.fence, taken.next_poll_time
        return operation

    def keep(self, taken: Taken, operation: Operation) -> None:
        """Remember what was read of a row that was taken."""
        if taken.size + len(operation.log) > LONGEST:
            return
        known = _Remembered(taken.mark, _copied(operation), operation.share)
        with self._lock:
            self._note(taken.id, known)

    def share(self, operation: str) -> Share | None:
        """Return whose place an operation takes, if it is known; that never changes once begun."""
        with self._lock:
            known = self._known(operation)
        return None if known is None else known.share

    def forget(self, operation: str) -> None:
        """Remember an operation no more."""
        with self._lock:
            self._drop(operation)

    def fade(self) -> None:
        """Forget what was not polled for long; to be called now and then."""
        if monotonic() - self._began < SECONDS:
            return
        with self._lock:
            self._older, self._recent = self._recent, {}
            self._began = monotonic()

    def count(self) -> int:
        """Return how many operations are remembered."""
        with self._lock:
            return len(self._recent) + len(self._older)

    def _known(self, operation: str) -> _Remembered | None:
        return self._recent.get(operation) or self._older.get(operation)

    def _drop(self, operation: str) -> None:
        self._recent.pop(operation, None)
        self._older.pop(operation, None)

    def _note(self, operation: str, known: _Remembered) -> None:
        """Note it as of now; where there is no room, what is there stays: all come again."""
        if operation in self._recent:
            self._recent[operation] = known
            return
        self._older.pop(operation, None)
        if len(self._recent) + len(self._older) < MOST:
            self._recent[operation] = known


def _copied(operation: Operation) -> Operation:
    """Return one with a context and steps of its own; what steps hold is replaced, not changed."""
    made = copy(operation)
    made.context = dict(operation.context)
    made.steps = [copy(step) for step in operation.steps]
    return made

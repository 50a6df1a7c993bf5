"""What a process remembers of the operations that it polls, for as long as their rows say the same.

A row is decrypted and decoded when it is polled first and when somebody else has written it since;
what all other polls need is here, and how far the command was when this process wrote that.
Nothing is decided by it alone: each poll takes the row, and compares.
"""

from copy import copy
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic
from typing import Final

from gateway.model import Operation, Share
from gateway.storage.polls import Taken, advanced

MOST: Final = 10_000
"""Operations that are remembered at most; further ones are decoded at each poll."""

CHARACTERS: Final = 64_000_000
"""What their rows may have at most in all, their logs included: of some, a million each."""

SECONDS: Final = 60.0
"""After twice as long at most, what this process does not poll any more is forgotten."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a row said, its mark, its size but for the log, and whose place it takes."""

    mark: bytes
    size: int
    operation: Operation
    share: Share

    @property
    def characters(self) -> int:
        """Return what it counts for."""
        return self.size + len(self.operation.log)

    def is_of(self, taken: Taken) -> bool:
        """Whether the row that was taken says the same."""
        return (self.mark, self.operation.update_time) == (taken.mark, taken.update_time)


class Recollection:
    """Operations by their ids, in two shares by when they were polled last; for many threads."""

    def __init__(self) -> None:
        self._recent: dict[str, _Remembered] = {}
        self._older: dict[str, _Remembered] = {}
        self._characters = 0
        self._began = monotonic()
        self._lock = Lock()

    def recall(self, taken: Taken) -> Operation | None:
        """Return what a row says that was taken, if it is known; the caller's own to change."""
        with self._lock:
            known = self._known(taken.id)
            if known is None:
                return None
            if not known.is_of(taken):
                self._drop(taken.id)
                return None
            self._note(taken.id, known)
        operation = _copied(known.operation)
        operation.fence, operation.next_poll_time = taken.fence, taken.next_poll_time
        return operation

    def keep(self, taken: Taken, operation: Operation) -> None:
        """Remember what was read of a row that was taken."""
        known = _Remembered(taken.mark, taken.size, _copied(operation), operation.share)
        with self._lock:
            self._note(taken.id, known)

    def advance(self, polled: Operation) -> None:
        """Remember how far a known operation is, as ``put_forward`` has written it.

        What somebody else has written at the same time is not in it: the mark is that of before.
        """
        with self._lock:
            if known := self._known(polled.id):
                further = replace(known, operation=advanced(known.operation, polled))
                self._note(polled.id, further)

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
            self._characters -= sum(each.characters for each in self._older.values())
            self._older, self._recent = self._recent, {}
            self._began = monotonic()

    def count(self) -> int:
        """Return how many operations are remembered."""
        with self._lock:
            return len(self._recent) + len(self._older)

    def _known(self, operation: str) -> _Remembered | None:
        return self._recent.get(operation) or self._older.get(operation)

    def _drop(self, operation: str) -> None:
        for some in (self._recent, self._older):
            if known := some.pop(operation, None):
                self._characters -= known.characters

    def _note(self, operation: str, known: _Remembered) -> None:
        """Note it as of now; where there is no room, what is there stays: all come again."""
        self._drop(operation)
        full = len(self._recent) + len(self._older) >= MOST
        if not full and self._characters + known.characters <= CHARACTERS:
            self._recent[operation] = known
            self._characters += known.characters


def _copied(operation: Operation) -> Operation:
    """Return one with a context and steps of its own; what steps hold is replaced, not changed."""
    made = copy(operation)
    made.context = dict(operation.context)
    made.steps = [copy(step) for step in operation.steps]
    return made

"""A call that goes on after its answer: a handle to follow it by."""

import time
from collections.abc import Callable
from typing import Any, Final, Generic, Protocol, TypeVar

from .errors import OperationCancelled, OperationFailed, OperationUnknown, StillRunning
from .generated import models

T = TypeVar("T")
Progress = Callable[[models.Operation], None]

_LONG_SECONDS: Final = 20
_SHORT_SECONDS: Final = 1
_FINAL: Final = frozenset({"succeeded", "failed", "cancelled", "unknown"})


class Follower(Protocol):
    """What a handle needs of the gateway."""

    def look(self, operation: str, wait_seconds: int) -> models.Operation:
        """Return an operation, at its end or after so many seconds."""

    def cancel(self, operation: str) -> None:
        """Ask for the end of an operation."""


class Operation(Generic[T]):
    """What a call began, or has done already.

    Args:
        follower: the gateway.
        read: makes the result out of its JSON.
        snapshot: the operation as it was last seen; None if the call was answered at once.
        answered: that answer.

    Attributes:
        snapshot: as above; status, progress and steps are in it.
    """

    def __init__(
        self,
        follower: Follower,
        read: Callable[[Any], T],
        *,
        snapshot: models.Operation | None = None,
        answered: Any = None,  # noqa: ANN401 # any JSON value
    ) -> None:
        self._follower = follower
        self._read = read
        self._answered = answered
        self.snapshot = snapshot

    def __repr__(self) -> str:
        seen = self.snapshot
        return f"<Operation {seen.id}: {seen.status}>" if seen else "<Operation: answered at once>"

    @property
    def id(self) -> str | None:
        """Its id; None if the call was answered at once and there is no operation to look at."""
        return self.snapshot.id if self.snapshot else None

    @property
    def done(self) -> bool:
        """Whether it has ended, as far as was last seen. A status that is new is no end."""
        return self.snapshot is None or self.snapshot.status in _FINAL

    def refresh(self, wait_seconds: int = 0) -> bool:
        """Look at it again.

        Args:
            wait_seconds: wait so long for its end, 30 at most.

        Returns:
            Whether it has ended.
        """
        if self.snapshot and not self.done:
            self.snapshot = self._follower.look(self.snapshot.id, wait_seconds)
        return self.done

    def wait(self, progress: Progress | None = None, timeout: float | None = None) -> T:
        """Wait for its end and return its result.

        Args:
            progress: is called with the operation each time something of it has changed.
            timeout: seconds after which it is not waited for any longer; it goes on.

        Raises:
            OperationFailed: it failed; code and detail say why.
            OperationCancelled: it was cancelled.
            OperationUnknown: nobody knows whether it was carried out.
            StillRunning: the timeout is over.
        """
        end = None if timeout is None else time.monotonic() + timeout
        told = self._tell(progress, None)
        while not self.done:
            left = _LONG_SECONDS if end is None else end - time.monotonic()
            if left <= 0:
                raise StillRunning(
                    f"The operation {self.id} goes on; it was waited for {timeout} s.",
                    self.snapshot.id if self.snapshot else "",
                )
            self.refresh(int(min(left, _SHORT_SECONDS if progress else _LONG_SECONDS)))
            told = self._tell(progress, told)
        return self.result()

    def result(self) -> T:
        """Return the result of an operation that has ended; raises what ``wait`` raises."""
        seen = self.snapshot
        if seen is None:
            return self._read(self._answered)
        if seen.status == "succeeded":
            return self._read(seen.result)
        raise _ending(seen)

    def cancel(self) -> None:
        """Ask for its end. What comes of it is for SPE to decide; ``wait`` tells."""
        if self.snapshot and not self.done:
            self._follower.cancel(self.snapshot.id)

    def _tell(
        self, progress: Progress | None, told: models.Operation | None
    ) -> models.Operation | None:
        if progress and self.snapshot and self.snapshot != told:
            progress(self.snapshot)
        return self.snapshot


def _ending(seen: models.Operation) -> Exception:
    """Return the exception for an operation that did not succeed."""
    if seen.status == "failed":
        told = seen.problem.to_dict() if seen.problem else {}
        return OperationFailed(told, seen.id)
    if seen.status == "cancelled":
        return OperationCancelled(f"The operation {seen.id} was cancelled.", seen.id)
    if seen.status == "unknown":
        words = f"Whether the operation {seen.id} was carried out is not known."
        return OperationUnknown(words, seen.id)
    return StillRunning(f"The operation {seen.id} is {seen.status}.", seen.id)

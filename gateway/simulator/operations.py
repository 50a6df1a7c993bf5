"""Long-running commands: tokens, growing status, incremental log, long poll."""

import heapq
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .failures import Failure
from .wire import Envelope, error

CANCEL_AFTER = 0.2
EVERY = "*"
FINAL = {"succeeded", "failed", "cancelled"}


@dataclass(frozen=True)
class Step:
    """A sign of progress: seconds after the start, lines of log, per cent done."""

    after: float
    log: str = ""
    percent: int | None = None


@dataclass(frozen=True)
class LongRun:
    """Work that takes time.

    Attributes:
        steps: in the order of their times.
        seconds: when the work is done.
        finish: does it, at the end; its return value is the result.
        ended: is told the final status code, however the work has ended.
        key: what nobody else may do at the same time; empty where that is no matter.
    """

    steps: tuple[Step, ...]
    seconds: float
    finish: Callable[[], Any]
    ended: Callable[[str], Any] = lambda _code: None
    key: str = ""


@dataclass
class Operation:
    """A long run and how far it has come."""

    token: str
    command: str
    run: LongRun
    started: float
    held_since: float | None = None
    cancel_asked: float | None = None
    ended: float | None = None
    shown: int = 0
    log: list[tuple[int, str]] = field(default_factory=list)
    envelope: Envelope = field(default_factory=Envelope)

    def due(self, after: float, now: float) -> bool:
        """Return whether work has reached a time; on hold or cancelled it gets no further."""
        reached = now if self.held_since is None else self.held_since
        if self.cancel_asked is not None:
            reached = min(reached, self.cancel_asked)
        return self.started + after <= reached

    def next_change(self) -> float:
        """Return the moment at which something becomes visible, if nobody interferes."""
        if self.held_since is not None or self.ended is not None:
            return float("inf")
        pending = self.run.steps[self.shown : self.shown + 1]
        moment = self.started + (pending[0].after if pending else self.run.seconds)
        return moment if self.cancel_asked is None else min(moment, self.cancel_asked)

    def status(self, known: int) -> Envelope:
        """Return the envelope with the log since a known version."""
        news = "".join(text for version, text in self.log if version > known)
        return Envelope(**{**vars(self.envelope), "logOutput": news or None})


class Operations:
    """Every operation whose token is valid. Callers hold the clock's monitor."""

    def __init__(self, clock: Clock, lifetime: float) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._agenda: list[tuple[float, str]] = []
        self._running: dict[str, Operation] = {}
        self._ended: dict[str, Operation] = {}
        self._hold_new = False

    def begin(self, command: str, run: LongRun) -> Envelope:
        """Start a run and return its first status."""
        now = self._clock.seconds()
        token = "sa" + secrets.token_hex(16)
        operation = Operation(token, command, run, now)
        operation.envelope = Envelope(token=token, statusVersion=1, statusCode="running")
        operation.held_since = now if self._hold_new else None
        self._running[token] = operation
        self._advance(operation, now)
        return operation.status(0)

    def settle(self) -> None:
        """Bring every operation to the present and forget those that have expired."""
        now = self._clock.seconds()
        while self._agenda and self._agenda[0][0] <= now:
            _, token = heapq.heappop(self._agenda)
            operation = self._running.get(token)
            if operation is not None and operation.next_change() <= now:
                self._advance(operation, now)
        while self._ended:
            oldest = next(iter(self._ended.values()))
            if now - (oldest.ended or now) < self._lifetime:
                break
            del self._ended[oldest.token]

    def wait(self, token: str, known: int, seconds: float) -> Envelope | None:
        """Return the status once it is newer than known, or after a time as it is.

        Returns:
            None if the token is unknown or has expired.
        """
        deadline = self._clock.seconds() + seconds
        while (operation := self.find(token)) is not None:
            version, ended = operation.envelope.statusVersion, operation.ended
            late = self._clock.seconds() >= deadline or self._clock.stopped
            if version > known or ended is not None or late:
                return operation.status(known)
            self._clock.wait(min(deadline, operation.next_change()))
        return None

    def find(self, token: str) -> Operation | None:
        """Return an operation as it stands now."""
        self.settle()
        return self._running.get(token) or self._ended.get(token)

    def running(self, key: str) -> Operation | None:
        """Return what is at work under a key."""
        return next((one for one in self._running.values() if one.run.key == key), None)

    def cancel(self, token: str) -> bool:
        """Ask for the end of an operation; return whether the token is known."""
        operation = self.find(token)
        if operation is not None and operation.cancel_asked is None:
            operation.cancel_asked = self._clock.seconds() + CANCEL_AFTER
            self._plan(operation)
            self._clock.monitor.notify_all()
        return operation is not None

    def transition(self, token: str, code: str, message: str | None) -> bool:
        """End an operation as a test wants it; "succeeded" does its work first."""
        operation = self.find(token)
        if operation is None or operation.ended is not None or code not in FINAL:
            return False
        if code == "succeeded":
            self._show(operation, operation.run.steps[operation.shown :])
            self._finish(operation)
        else:
            failure = Failure(message or "The operation failed.") if code == "failed" else None
            self._end(operation, code, failure)
        self._clock.monitor.notify_all()
        return True

    def hold(self, token: str) -> bool:
        """Stop the progress of one operation, or with `*` of all, later ones included."""
        self.settle()
        self._hold_new = self._hold_new or token == EVERY
        for operation in (chosen := self._chosen(token)):
            if operation.held_since is None:
                operation.held_since = self._clock.seconds()
        return token == EVERY or bool(chosen)

    def resume(self, token: str) -> bool:
        """Let held operations go on from where they stood."""
        self._hold_new = self._hold_new and token != EVERY
        for operation in (chosen := self._chosen(token)):
            now = self._clock.seconds()
            operation.started += now - (operation.held_since or now)
            operation.held_since = None
            self._plan(operation)
        self._clock.monitor.notify_all()
        return token == EVERY or bool(chosen)

    def forget(self) -> None:
        """Lose every token, as a restart of the service does."""
        self._agenda.clear()
        self._running.clear()
        self._ended.clear()
        self._clock.monitor.notify_all()

    def document(self) -> list[dict[str, Any]]:
        """Return all operations for a test to look at."""
        return [
            {
                "command": operation.command,
                "held": operation.held_since is not None,
                "cancelAsked": operation.cancel_asked is not None,
                **operation.status(0).document(),
            }
            for operation in (*self._running.values(), *self._ended.values())
        ]

    def _chosen(self, token: str) -> list[Operation]:
        return [one for one in self._running.values() if token in {EVERY, one.token}]

    def _advance(self, operation: Operation, now: float) -> None:
        pending = operation.run.steps[operation.shown :]
        self._show(operation, tuple(step for step in pending if operation.due(step.after, now)))
        if operation.held_since is not None:
            return
        if operation.due(operation.run.seconds, now):
            self._finish(operation)
        elif operation.cancel_asked is not None and now >= operation.cancel_asked:
            self._end(operation, "cancelled", None)
        else:
            self._plan(operation)

    def _plan(self, operation: Operation) -> None:
        """Note when to look at an operation again; looking too often does no harm."""
        heapq.heappush(self._agenda, (operation.next_change(), operation.token))

    def _show(self, operation: Operation, steps: tuple[Step, ...]) -> None:
        for step in steps:
            operation.shown += 1
            operation.envelope.statusVersion += 1
            operation.envelope.percentProgress = step.percent
            operation.log.append((operation.envelope.statusVersion, step.log))

    def _finish(self, operation: Operation) -> None:
        try:
            operation.envelope.result = operation.run.finish()
        except Failure as failure:
            self._end(operation, "failed", failure)
        else:
            operation.envelope.percentProgress = 100
            self._end(operation, "succeeded", None)

    def _end(self, operation: Operation, code: str, failure: Failure | None) -> None:
        operation.envelope.statusVersion += 1
        operation.envelope.statusCode = code
        operation.envelope.error = error(failure, operation.command) if failure else None
        operation.ended = self._clock.seconds()
        self._running.pop(operation.token, None)
        self._ended[operation.token] = operation
        operation.run.ended(code)

"""Polls: many operations to a turn in a lane, and many answers to a transaction.

What tells how an operation goes on is committed before anything else happens, as ever. That a
command is still running tells nothing: a crash may lose it, and the next poll hears it again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from threading import Event, Lock, Semaphore, Thread
from time import monotonic, process_time
from typing import Final

import structlog

from gateway.broker.engine.lanes import STOCK, WIDTH, Lanes
from gateway.broker.ledger import Ledger
from gateway.errors import StorageUnavailable
from gateway.model import Operation, Share, StepStatus

TURN_SECONDS: Final = 0.25
"""How long a turn may be before the rest of its polls wait for another."""

AT_ONCE: Final = 2
"""Turns of polls that are under way at once where deployments answer at once: Python has one core
for all of them, and threads that want it wake one another for nothing."""

GLANCE_SECONDS: Final = 0.005
"""How long a turn waits for one of them to end, where the processor has time meanwhile."""

GLANCES: Final = 10
"""How many times as long it waits at most, where it has none."""

BUSY: Final = 0.5
"""Which part of a core tells that there is no time."""

GATHER_SECONDS: Final = 0.05
"""How long an answer waits for others, to be written with them."""

log = structlog.get_logger()

Turn = Callable[[Share, Sequence[Operation]], None]


class Poll:
    """The journal of one poll: how far a running command is, it leaves to be written later.

    Args:
        ledger: where everything else is written at once.
        operation: as its row has it.
        done: is told that the operation waits for its next poll.
    """

    def __init__(
        self, ledger: Ledger, operation: Operation, done: Callable[["Poll"], None]
    ) -> None:
        self.operation = operation
        self.is_halted = ledger.is_halted
        self.require_lease = ledger.require_lease
        self.stays = ledger.stays
        self._ledger = ledger
        self._done = done
        self._note()

    def save(self, operation: Operation) -> None:
        """Commit what a crash must not lose.

        Raises:
            LeaseLost: another worker has the operation now; nothing is written.
        """
        if _is_running(operation) and _standing(operation) == self._standing:
            return
        self._ledger.save(operation)
        self._note()

    def release(self, operation: Operation) -> None:
        """Let anybody make the next poll, as soon as this one is written."""
        del operation
        self._done(self)

    @property
    def got_further(self) -> bool:
        """Whether the row does not say yet how far the operation is."""
        return _distance(self.operation) != self._distance

    def _note(self) -> None:
        self._standing = _standing(self.operation)
        self._distance = _distance(self.operation)


class Pace:
    """Has few turns under way where deployments answer at once, and many where they take long."""

    def __init__(self) -> None:
        self._places = Semaphore(AT_ONCE)

    def enter(self) -> bool:
        """Wait for a place; false where none comes: a deployment that hangs holds up no other."""
        for _ in range(GLANCES):
            before = process_time()
            if self._places.acquire(timeout=GLANCE_SECONDS):
                return True
            if process_time() - before < BUSY * GLANCE_SECONDS:
                return False  # they wait for deployments, not for the processor
        return False

    def leave(self) -> None:
        """Give a place back."""
        self._places.release()


class Polls:
    """The polls of one process.

    Args:
        ledger: the operations.
        lanes: where calls are made.
        carry: carries an operation on in a thread of its lane.
    """

    def __init__(
        self, ledger: Ledger, lanes: Lanes, carry: Callable[[Operation, Poll], None]
    ) -> None:
        self._ledger = ledger
        self._lanes = lanes
        self._carry = carry
        self._waiting: Counter[Share] = Counter()
        self._answered: list[Poll] = []
        self._lock = Lock()
        self._pace = Pace()
        self._some = Event()
        self._closed = Event()
        self._writer: Thread | None = None

    def with_room(self, due: Mapping[str, Share]) -> list[str]:
        """Return what this process can well poll; the rest had better be done by others."""
        room, found = dict[Share, int](), []
        for operation, share in due.items():
            if share not in room:
                room[share] = self._room(share)
            if room[share] > 0:
                room[share] -= 1
                found.append(operation)
        return found

    def _room(self, share: Share) -> int:
        with self._lock:
            waiting = self._waiting[share]
        return WIDTH * STOCK - waiting if self._lanes.has_room(share) else 0

    def add(self, taken: Iterable[Operation]) -> None:
        """Poll leased operations in the background."""
        groups = defaultdict[Share, list[Operation]](list)
        for operation in taken:
            self._ledger.leases.carry(operation)
            groups[operation.share].append(operation)
        for share, group in groups.items():
            turn = self._paced_turn if self._pace.enter() else self._turn
            self._submit(turn, share, group)

    def _submit(self, turn: Turn, share: Share, *groups: Sequence[Operation]) -> None:
        with self._lock:
            if self._closed.is_set():
                return  # the leases are given back
            for group in filter(None, groups):
                self._waiting[share] += len(group)
                self._lanes.submit(share, partial(turn, share, group))

    def _paced_turn(self, share: Share, group: Sequence[Operation]) -> None:
        try:
            self._turn(share, group)
        finally:
            self._pace.leave()

    def _turn(self, share: Share, group: Sequence[Operation]) -> None:
        """Make polls one after the other, and let others of the lane have a turn if it is slow."""
        with self._lock:
            self._waiting[share] -= len(group)
            if not self._waiting[share]:
                del self._waiting[share]
        end, made = monotonic() + TURN_SECONDS, 0
        while made < len(group) and not self._closed.is_set():
            operation, made = group[made], made + 1
            copy_context().run(self._poll, operation)
            if monotonic() > end:
                break
        rest = group[made:]
        middle = len(rest) // 2 if made == 1 else 0  # one alone was slow, others may be beside it
        self._submit(self._turn, share, rest[:middle], rest[middle:])

    def _poll(self, operation: Operation) -> None:
        self._carry(operation, Poll(self._ledger, operation, self._done))

    # write

    def _done(self, poll: Poll) -> None:
        with self._lock:
            self._answered.append(poll)
            if self._writer is None:  # not before the fork, which no thread survives
                self._writer = Thread(target=self._write, name="polls", daemon=True)
                self._writer.start()
        self._some.set()
        if self._closed.is_set():
            self.flush()

    def _write(self) -> None:
        while not self._closed.is_set():
            self._some.wait()
            self._closed.wait(GATHER_SECONDS)
            self._some.clear()
            self.flush()

    def flush(self) -> None:
        """Write what was answered; what cannot be written is polled again after its lease."""
        with self._lock:
            answered, self._answered = self._answered, []
        try:
            self._put_back(answered)
        except StorageUnavailable:
            log.warning("polls.not_written", operations=len(answered))
        except Exception:  # the thread's last resort: leases end, and what they held is polled
            log.exception("polls.crashed")

    def _put_back(self, answered: Sequence[Poll]) -> None:
        if not answered:
            return
        same = [each.operation for each in answered if not each.got_further]
        further = [each.operation for each in answered if each.got_further]
        written = self._ledger.put_back(same, further)
        for operation in (*same, *further):
            if operation.id not in written:  # somebody writes it at this moment
                self._ledger.release(operation)

    def close(self) -> None:
        """Begin no more polls, and write what was answered."""
        with self._lock:
            self._closed.set()
        self._some.set()
        if self._writer is not None:
            self._writer.join()
        self.flush()


def _is_running(operation: Operation) -> bool:
    """Whether a poll was all that was to be done, and is to be done again."""
    step = operation.current
    running = step is not None and step.status is StepStatus.RUNNING
    return running and not operation.cancel_requested


def _standing(operation: Operation) -> object:
    """Return what a crash must not lose."""
    steps = [(each.status, each.attempts, each.token, each.cancel_sent) for each in operation.steps]
    return operation.status, operation.deadline, operation.problem, steps


def _distance(operation: Operation) -> object:
    """Return how far an operation is."""
    versions = [each.version for each in operation.steps]
    told = operation.percent_progress, operation.status_text, len(operation.log)
    return told, operation.log_start, versions

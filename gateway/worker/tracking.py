"""What the tasks do. Every one of them may be run too often, too late, or not at all.

An operation is carried on by whoever claims its row; a message only says where to look. What no
message says, or says too late, the sweep finds.
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final

import structlog

from gateway.broker.broker import Broker
from gateway.broker.turns import Turns
from gateway.errors import StorageUnavailable
from gateway.measures.meters import meters
from gateway.model import Chore, Prefix

GLANCE_SECONDS = 0.25
"""Between two sweeps of a process."""

LATE_SECONDS = 5.0
"""After which the sweep does itself what it has sent, and nobody has done."""

TIDY_SECONDS = 60.0
SWEEP: Final = "operations.sweep"
BATCH = 32
"""Operations of one deployment and urgency that a sweep sends."""

_ID: Final = re.compile(rf"{Prefix.OPERATION}_[0-9a-f]{{32}}")
_SHOWN: Final = 100

log = structlog.get_logger()

Send = Callable[[str], bool]
"""Puts an operation's id into the queue; false when the queue is not to be had."""


class Tracking:
    """Tracks operations, and does the chores.

    Args:
        broker: has the ledger and the lanes.
        chores: what else is to be done, each in its own time.
        turns: decides who does for all what one process has to do.
    """

    def __init__(self, broker: Broker, chores: Sequence[Chore], turns: Turns) -> None:
        self._broker = broker
        self._turns = turns
        tidy = Chore("operations.tidy", TIDY_SECONDS, broker.ledger.tidy)
        self.chores = {chore.name: chore for chore in (tidy, *chores)}
        self._sent: dict[str, float] = {}

    def track(self, operation: object) -> None:
        """Carry an operation on, if it is free and its poll is due.

        It only claims; the call itself is made in the lane of the deployment, under the lease.

        Args:
            operation: what a message says, which may be anything.
        """
        if not isinstance(operation, str) or not _ID.fullmatch(operation):
            log.warning("tracker.message_refused", operation=repr(operation)[:_SHOWN])
            return
        try:
            self._take(operation)
        except StorageUnavailable as error:
            log.warning("tracker.not_claimed", operation=operation, detail=error.detail)

    def _take(self, operation: str) -> None:
        share = self._broker.ledger.share(operation)
        if share is None:
            log.info("tracker.nothing_to_track", operation=operation)
            return
        if not self._broker.has_room(share):
            self._sent.pop(operation, None)  # others may have; else the next sweep sends it again
            return
        claimed = self._broker.ledger.claim(operation)
        if claimed is not None:
            self._broker.carry(claimed)

    def sweep(self, send: Send) -> None:
        """Send what is due and free; do what was sent in vain, or cannot be sent.

        Args:
            send: to the queue.
        """
        began = monotonic()
        try:
            self._sweep(send)
        except StorageUnavailable:
            log.warning("tracker.storage_unavailable")
            meters().chore_failed(SWEEP, monotonic() - began)
        except Exception:  # the next sweep tries again
            log.exception("tracker.crashed")
            meters().chore_failed(SWEEP, monotonic() - began)
        else:
            meters().chore_done(SWEEP, monotonic() - began)

    def _sweep(self, send: Send) -> None:
        due = self._broker.ledger.due(BATCH)
        self._sent = {each: self._sent[each] for each in due if each in self._sent}
        new = [each for each in due if each not in self._sent]
        if new and self._turns.take(SWEEP, timedelta(seconds=GLANCE_SECONDS / 2)):
            self._send(new, send)
        for operation, time in list(self._sent.items()):
            if monotonic() - time > LATE_SECONDS:
                self._sent[operation] = monotonic()
                self.track(operation)

    def _send(self, operations: Sequence[str], send: Send) -> None:
        for operation in operations:
            if send(operation):
                self._sent[operation] = monotonic()
            else:
                self.track(operation)

    def do(self, name: object) -> None:
        """Do a chore if it is its turn; one that fails is tried in its time again.

        Args:
            name: what a message says, which may be anything.
        """
        chore = self.chores.get(name) if isinstance(name, str) else None
        if chore is None:
            log.warning("chore.message_refused", chore=repr(name)[:_SHOWN])
            return
        with structlog.contextvars.bound_contextvars(chore=chore.name):
            self._do(chore)

    def _do(self, chore: Chore) -> None:
        began = monotonic()
        try:
            if not chore.everywhere and not self._turns.take(chore.name, _nearly(chore.seconds)):
                return
            chore.run()
        except StorageUnavailable as error:
            log.warning("chore.storage_unavailable", detail=error.detail)
            meters().chore_failed(chore.name, monotonic() - began)
        except Exception:  # the next time may be better
            log.exception("chore.crashed")
            meters().chore_failed(chore.name, monotonic() - began)
        else:
            meters().chore_done(chore.name, monotonic() - began)


def _nearly(seconds: float) -> timedelta:
    """Return a period that is over when the same process comes by the next time."""
    return timedelta(seconds=seconds * 0.9)

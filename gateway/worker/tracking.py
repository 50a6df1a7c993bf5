"""What the tasks do. Every one of them may be run too often, too late, or not at all.

An operation is carried on by whoever claims its row; a message only says where to look. What no
message says, or says too late, the sweep finds.
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final, TypeGuard

import structlog

from gateway.broker.broker import Broker
from gateway.broker.turns import Turns
from gateway.errors import StorageUnavailable
from gateway.measures.meters import meters
from gateway.model import Chore, Prefix, Share
from gateway.storage.batches import parts

GLANCE_SECONDS = 0.25
"""Between two sweeps of a process."""

LATE_SECONDS = 5.0
"""After which the sweep does itself what it has sent, and nobody has done."""

TIDY_SECONDS = 60.0
SWEEP: Final = "operations.sweep"
BATCH = 32
"""Operations of one deployment and urgency that a sweep sends."""

MESSAGE: Final = 50
"""Operations that one message names at most: whoever takes it takes them by one transaction."""

_ID: Final = re.compile(rf"{Prefix.OPERATION}_[0-9a-f]{{32}}")
_SHOWN: Final = 100

log = structlog.get_logger()

Send = Callable[[Sequence[str]], bool]
"""Puts ids of operations into the queue; false when the queue is not to be had."""


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

    def track(self, message: object) -> None:
        """Carry operations on that are free and whose polls are due.

        It only claims; the calls themselves are made in the lanes of the deployments, under the
        leases.

        Args:
            message: the ids, or one id as older versions send it; it may be anything.
        """
        wanted = [message] if isinstance(message, str) else message
        if not _are_ids(wanted):
            log.warning("tracker.message_refused", message=repr(message)[:_SHOWN])
            return
        try:
            self._take(wanted)
        except StorageUnavailable as error:
            log.warning("tracker.not_claimed", operations=wanted, detail=error.detail)

    def _take(self, wanted: Sequence[str]) -> None:
        ledger, polls = self._broker.ledger, self._broker.polls
        shares = ledger.shares(wanted)
        if len(shares) < len(wanted):
            log.info("tracker.nothing_to_track", operations=sorted(set(wanted) - shares.keys()))
        roomy = polls.with_room({each: share for each, share in shares.items() if share.begun})
        if roomy:
            polls.add(ledger.take(roomy))
        new = [each for each, share in shares.items() if not share.begun]
        begun = [each for each in new if self._begin(each, shares[each])]
        for operation in shares.keys() - {*roomy, *begun}:
            self._sent.pop(operation, None)  # others may have; else the next sweep sends it again

    def _begin(self, operation: str, share: Share) -> bool:
        """Claim what waits for its first call, if there is room for it."""
        if not self._broker.has_room(share):
            return False
        claimed = self._broker.ledger.claim(operation)
        if claimed is not None:
            self._broker.carry(claimed)
        return True

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
        late = [each for each, time in self._sent.items() if monotonic() - time > LATE_SECONDS]
        for operations in parts(late, MESSAGE):
            self._sent |= dict.fromkeys(operations, monotonic())
            self.track(operations)

    def _send(self, due: Sequence[str], send: Send) -> None:
        for operations in parts(due, MESSAGE):
            if send(operations):
                self._sent |= dict.fromkeys(operations, monotonic())
            else:
                self.track(operations)

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


def _are_ids(found: object) -> TypeGuard[list[str]]:
    return (
        isinstance(found, list)
        and len(found) <= MESSAGE
        and all(isinstance(each, str) and _ID.fullmatch(each) for each in found)
    )


def _nearly(seconds: float) -> timedelta:
    """Return a period that is over when the same process comes by the next time."""
    return timedelta(seconds=seconds * 0.9)

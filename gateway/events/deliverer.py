"""Delivery: each process takes what is due, sends it, and writes down what became of it.

At least once: a delivery is leased while it is sent, and what a dead process held is taken by
another when the lease is over. The database is the truth; nothing waits in memory.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from random import SystemRandom
from threading import Event, Lock
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from gateway.errors import StorageUnavailable
from gateway.events import signing
from gateway.events.heard import heard
from gateway.events.outcome import Outcome
from gateway.events.switching import disable
from gateway.events.told import trace_of
from gateway.measures import tracing
from gateway.measures.meters import meters
from gateway.model import (
    Attempt,
    Cause,
    Chore,
    Delivery,
    DeliveryStatus,
    DisableReason,
    Webhook,
    now,
)
from gateway.storage import deliveries, webhooks
from gateway.storage.database import Database
from gateway.storage.deliveries import Due, Leased
from gateway.storage.vault import Vault

LOOK_SECONDS: Final = 0.5
WIDTH: Final = 4
"""Deliveries under way for one webhook at once, in all processes together."""
FAILING_WIDTH: Final = 1
"""While nothing comes through to it: a receiver that hangs costs one thread."""
CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
"""Structured mode of the HTTP protocol binding of CloudEvents 1.0.2."""
DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Before each try, from the end of the one before: the schedule of Standard Webhooks 1.0.0."""
JITTER: Final = 0.1

log = structlog.get_logger()
_random = SystemRandom()


class Sends(Protocol):
    """Posts a body once; nothing that a receiver does is raised."""

    def send(self, target_url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Return how it ended, within a part of a lease."""
        ...


@dataclass(frozen=True)
class Parcel:
    """A delivery that is ours to send, with where to."""

    leased: Leased
    webhook: Webhook

    @property
    def delivery(self) -> Delivery:
        """The delivery as it was taken."""
        return self.leased.delivery

    @property
    def facts(self) -> dict[str, str]:
        """The ids that logs and traces have of it."""
        return {
            "delivery": self.delivery.id,
            "event_id": self.delivery.event,
            "webhook": self.webhook.id,
            "reseller": self.webhook.reseller,
        }


class Deliverer:
    """Sends what is due, with a few threads.

    Args:
        database: has the queues.
        vault: opens the secrets that sign.
        sender: posts.
        threads: that send at once.
    """

    def __init__(self, database: Database, vault: Vault, sender: Sends, threads: int) -> None:
        self._database = database
        self._vault = vault
        self._sender = sender
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="webhook")
        self._looking = Lock()
        self._is_wanted = Event()
        self._lock = Lock()
        self._sending = 0
        self._failing = 0
        self._is_closed = False

    @property
    def chore(self) -> Chore:
        """What every process does again and again."""
        return Chore("webhooks.deliver", LOOK_SECONDS, self.look, everywhere=True)

    def close(self) -> None:
        """Take nothing more, and let what is being sent end."""
        self._is_closed = True
        self._executor.shutdown()

    @property
    def sending(self) -> int:
        """How many deliveries are under way here."""
        with self._lock:
            return self._sending

    @property
    def is_busy(self) -> bool:
        """Whether something is being taken or sent here."""
        return self._looking.locked() or self.sending > 0

    def look(self) -> None:
        """Take what is due, as far as there are threads for it, and let them send it.

        One thread looks at a time; whoever comes meanwhile lets it look once more.
        """
        self._is_wanted.set()
        while self._is_wanted.is_set() and self._looking.acquire(blocking=False):
            try:
                self._is_wanted.clear()
                self._look()
            finally:
                self._looking.release()

    def _look(self) -> None:
        for due in self._due():
            for parcel in self._taken(due):
                self._submit(parcel, is_failing=due.is_failing)

    def _due(self) -> Sequence[Due]:
        """Return who has something due: those to whom things come through first, else by lot."""
        if self._is_closed or self.sending >= self._threads:
            return ()
        with self._database.read() as connection:
            found = heard(connection, deliveries.due(connection))
        _random.shuffle(found)
        return sorted(found, key=lambda due: due.is_failing)

    def _taken(self, due: Due) -> Sequence[Parcel]:
        """Take what is due of a webhook; one that cannot be read holds up no other."""
        try:
            return self._take(due)
        except StorageUnavailable as error:  # also of secrets that no key of ours opens
            log.warning("webhook.not_taken", webhook=due.webhook, detail=error.detail)
            return ()

    def _take(self, due: Due) -> Sequence[Parcel]:
        """Lease what may be sent to a webhook now, some for each that has something due."""
        room = min(self._room(is_failing=due.is_failing), WIDTH)
        if room <= 0:
            return ()
        width = FAILING_WIDTH if due.is_failing else WIDTH
        with self._database.write() as connection:
            taken = deliveries.take(connection, due.webhook, width, room)
            webhook = webhooks.tracked(connection, due.webhook, self._vault) if taken else None
        return [] if webhook is None else [Parcel(leased, webhook) for leased in taken]

    def _room(self, *, is_failing: bool) -> int:
        """Return how many more may be sent at once; half of the threads are for the living."""
        with self._lock:
            free = self._threads - self._sending
            if not is_failing:
                return free
            return min(free, max(1, self._threads // 2) - self._failing)

    def _submit(self, parcel: Parcel, *, is_failing: bool) -> None:
        self._count(1, is_failing=is_failing)
        try:
            self._executor.submit(self._work, parcel, is_failing=is_failing)
        except RuntimeError:  # it was closed at this moment; the lease ends by itself
            self._count(-1, is_failing=is_failing)

    def _count(self, change: int, *, is_failing: bool) -> None:
        with self._lock:
            self._sending += change
            self._failing += change if is_failing else 0

    def _work(self, parcel: Parcel, *, is_failing: bool) -> None:
        """Send, and look at once for what is next: the chore alone would be slow."""
        try:
            self.deliver(parcel)
        except StorageUnavailable as error:
            log.warning("webhook.not_settled", delivery=parcel.delivery.id, detail=error.detail)
        except Exception:  # the thread's last resort: the lease ends, and it is tried again
            log.exception("webhook.crashed", delivery=parcel.delivery.id)
        finally:
            self._count(-1, is_failing=is_failing)
        with suppress(StorageUnavailable):
            self.look()

    def deliver(self, parcel: Parcel) -> None:
        """Send a delivery and write down what became of it.

        Raises:
            StorageUnavailable: it was sent, and nobody will know; it is sent again.
        """
        facts = parcel.facts
        parent = trace_of(self._database, parcel.leased.body) if tracing.is_on() else None
        with (
            structlog.contextvars.bound_contextvars(**facts),
            tracing.turn("webhook", facts, parent, parcel.delivery.create_time),
        ):
            self._deliver(parcel)

    def _deliver(self, parcel: Parcel) -> None:
        webhook, leased, time = parcel.webhook, parcel.leased, now()
        secrets = webhook.signing(time)
        headers = signing.headers(secrets, leased.delivery.event, time, leased.body)
        whole = {**headers, "Content-Type": CONTENT_TYPE}
        outcome = self._sender.send(webhook.url, whole, leased.body)
        meters().delivery_tried(_word(outcome), outcome.seconds)
        with self._database.write() as connection:
            webhooks.hold(connection, webhook.id)
            kept = _settle(connection, parcel, outcome, now())
        if not kept:
            log.warning("webhook.lease_lost", delivery=leased.delivery.id)


def _settle(connection: Connection, parcel: Parcel, outcome: Outcome, time: datetime) -> bool:
    """Write down a try and what follows from it; false when the lease was lost."""
    delivery = parcel.delivery
    attempt = _attempt(delivery.attempts + 1, outcome, time)
    values: dict[str, object] = {"attempts": attempt.number, "update_time": time}
    if not deliveries.settle(connection, parcel.leased, values | _verdict(delivery, outcome, time)):
        return False
    deliveries.add_attempt(connection, delivery.id, attempt)
    if delivery.cause is not Cause.TEST:  # which says nothing of what happens by itself
        _judge(connection, parcel, outcome, time)
    return True


def _attempt(number: int, outcome: Outcome, time: datetime) -> Attempt:
    return Attempt(
        number=number,
        time=time,
        milliseconds=round(outcome.seconds * 1000),
        status=outcome.status,
        problem=None if outcome.delivered or outcome.problem is None else str(outcome.problem),
        excerpt=outcome.excerpt or None,
    )


def _word(outcome: Outcome) -> str:
    """Return how a try ended, as one of few words."""
    return "delivered" if outcome.delivered else str(outcome.problem or "refused")


def _verdict(delivery: Delivery, outcome: Outcome, time: datetime) -> dict[str, object]:
    """Return what a delivery is after a try."""
    if outcome.delivered:
        return {"status": DeliveryStatus.DELIVERED, "next_time": None, "end_time": time}
    if _is_over(delivery, outcome):
        return {"status": DeliveryStatus.FAILED, "next_time": None, "end_time": time}
    wait = next_delay(delivery.attempts + 1, outcome.retry_after)
    return {"status": DeliveryStatus.WAITING, "next_time": time + wait}


def _is_over(delivery: Delivery, outcome: Outcome) -> bool:
    """Whether a delivery is not tried any more after a try that failed."""
    ends = delivery.attempts + 1 >= len(DELAYS) or delivery.cause is Cause.TEST
    return ends or outcome.status == HTTPStatus.GONE


def next_delay(attempts: int, retry_after: timedelta | None) -> timedelta:
    """Return how long to wait for the next try.

    Args:
        attempts: how many there were.
        retry_after: what the receiver asked for; it can put the try off, not bring it forward.
    """
    usual = DELAYS[attempts] * _random.uniform(1 - JITTER, 1 + JITTER)
    return max(usual, retry_after or timedelta(0))


def _judge(connection: Connection, parcel: Parcel, outcome: Outcome, time: datetime) -> None:
    """Note whether anything comes through to a webhook, and disable one that is given up."""
    webhook, delivery = parcel.webhook, parcel.delivery
    if outcome.delivered:
        webhooks.note_success(connection, webhook.id)
        return
    since = webhooks.note_failure(connection, webhook.id, time)
    if outcome.status == HTTPStatus.GONE:
        disable(connection, webhook, DisableReason.GONE, time)
    elif _is_over(delivery, outcome) and since <= deliveries.first_attempt(connection, delivery.id):
        disable(connection, webhook, DisableReason.FAILING, time)

"""Fan-out: what a reseller's log says becomes deliveries to its webhooks.

A webhook has a position in the log of its reseller, and of no other. The deliveries of a part of
the log are made in the transaction that moves the position over it, on condition that it is where
it was found: two processes make none twice, and a crash makes none, or all.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from gateway.errors import StorageUnavailable
from gateway.events.envelope import cloud_event
from gateway.events.heard import heard
from gateway.events.types import expanded
from gateway.model import (
    Cause,
    Chore,
    Delivery,
    DeliveryStatus,
    Event,
    Prefix,
    new_id,
    now,
)
from gateway.storage import deliveries, event_log, webhooks
from gateway.storage.database import Database
from gateway.storage.event_log import Wanted
from gateway.storage.webhooks import Behind

DISPATCH_SECONDS: Final = 1.0
BATCH: Final = 200
"""Events of a log that one transaction makes deliveries of."""

Made = tuple[Delivery, bytes]

log = structlog.get_logger()


class Dispatch:
    """Makes deliveries of events.

    Args:
        database: has the logs and the webhooks.
        source: of the events: the gateway, as its clients know it.
    """

    def __init__(self, database: Database, source: str) -> None:
        self._database = database
        self._source = source

    @property
    def chore(self) -> Chore:
        """What is done again and again."""
        return Chore("webhooks.dispatch", DISPATCH_SECONDS, self.run)

    def run(self) -> None:
        """Bring every webhook to the end of its log, in turns of a batch each."""
        while behind := self._behind():
            moved = [self._carried(webhook) for webhook in behind]
            if not any(moved):
                return  # others are at it

    def made(self, event: Event, webhook: str, cause: Cause, time: datetime) -> Made:
        """Make a delivery of an event, which is due at once.

        Args:
            event: a row of the log of the webhook's reseller.
            webhook: its id.
            cause: why it is sent.
            time: when.
        """
        return delivery_of(event, webhook, cause, time), body_of(event, self._source)

    def _behind(self) -> Sequence[Behind]:
        """Look first: an idle gateway writes nothing."""
        with self._database.read() as connection:
            return heard(connection, webhooks.behind(connection))

    def _carried(self, webhook: Behind) -> bool:
        """Carry one on; what cannot be made a delivery holds up no other webhook."""
        try:
            return self._carry(webhook)
        except StorageUnavailable:
            raise
        except Exception:  # the next run tries again
            log.exception("webhook.not_dispatched", webhook=webhook.id)
            return False

    def _carry(self, webhook: Behind) -> bool:
        """Make deliveries of the next part of the log; false when another process does."""
        with self._database.write() as connection:
            found, position = _next_part(connection, webhook)
            if not webhooks.advance(connection, webhook, position):
                return False
            time = now()
            made = [self.made(event, webhook.id, Cause.EVENT, time) for event in found]
            deliveries.add(connection, made)
        return True


def _next_part(connection: Connection, webhook: Behind) -> tuple[Sequence[Event], int]:
    """Return what a webhook wants of the next events, and up to where that is."""
    last = event_log.last(connection, webhook.reseller)
    wanted = Wanted(until=last, types=expanded(webhook.types))
    found = event_log.part(connection, webhook.reseller, wanted, webhook.position, BATCH)
    return found, found[-1].number if len(found) == BATCH else last


def delivery_of(event: Event, webhook: str, cause: Cause, time: datetime) -> Delivery:
    """Return a new delivery of an event, which is due at once."""
    return Delivery(
        id=new_id(Prefix.DELIVERY),
        webhook=webhook,
        event=event.id,
        number=event.number or None,
        type=event.type,
        cause=cause,
        status=DeliveryStatus.WAITING,
        attempts=0,
        next_time=time,
        end_time=None,
        create_time=time,
        update_time=time,
    )


def body_of(event: Event, source: str) -> bytes:
    """Return an event as it is sent: a CloudEvents object (JSON event format 1.0.2)."""
    whole = cloud_event(event, source)
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")  # half a surrogate pair, as JSON escapes it

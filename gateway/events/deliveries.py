"""Deliveries: what was sent to a webhook and what came of it, and sending it again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.errors import Conflict, InputFault, InvalidInput
from gateway.events.deliverer import Deliverer, Parcel
from gateway.events.dispatch import Dispatch, Made
from gateway.events.types import expanded
from gateway.events.webhooks import Webhooks
from gateway.model import (
    Attempt,
    Cause,
    Chore,
    Delivery,
    DeliveryStatus,
    Event,
    EventType,
    Prefix,
    Webhook,
    WebhookStatus,
    new_id,
    now,
)
from gateway.storage import deliveries, event_log
from gateway.storage.database import Database
from gateway.storage.event_log import Wanted
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent
from gateway.tenancy.caller import Caller

KEPT: Final = timedelta(days=30)
TRIM_SECONDS: Final = 600.0
BATCH: Final = 500
MOST_REPLAYED: Final = 10_000
"""Places of the log that one replay goes over."""
DISABLED: Final = "The webhook is disabled: enable it first, and nothing is lost."


@dataclass(frozen=True)
class Told:
    """A delivery with its tries."""

    delivery: Delivery
    attempts: Sequence[Attempt]


class Deliveries:
    """Deliveries to webhooks that the caller reaches.

    Args:
        database: the tables.
        webhooks: judges who reaches which.
        dispatch: makes deliveries of events.
        deliverer: sends.
    """

    def __init__(
        self, database: Database, webhooks: Webhooks, dispatch: Dispatch, deliverer: Deliverer
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._dispatch = dispatch
        self._deliverer = deliverer

    @property
    def chore(self) -> Chore:
        """What keeps the log short."""
        return Chore("webhooks.trim", TRIM_SECONDS, self.trim)

    def get(self, caller: Caller, webhook: str, delivery: str) -> Told:
        """Return one of a webhook that is reached.

        Raises:
            NotFound: the webhook or the delivery is absent, or out of reach.
        """
        self._webhooks.get(caller, webhook)
        return self._told(self._found(caller, webhook, delivery))

    def page(
        self, caller: Caller, webhook: str, filters: Mapping[str, str], before: str, limit: int
    ) -> Sequence[Told]:
        """Return some deliveries to a webhook, the newest first.

        Args:
            caller: who asks.
            webhook: which.
            filters: values of ``status`` and ``type``.
            before: the last id of the page before, or an empty text.
            limit: the most.
        """
        self._webhooks.get(caller, webhook)
        with self._database.read() as connection:
            found = deliveries.page(connection, webhook, filters, before, limit)
            tries = deliveries.attempts_of(connection, [each.id for each in found])
        return [Told(each, tries[each.id]) for each in found]

    def test(self, caller: Caller, webhook: str) -> Told:
        """Send an event that says nothing, at once and once; also to one that is disabled.

        Returns:
            The delivery, after its one try.
        """
        found, time = self._webhooks.get(caller, webhook), now()
        delivery, body = self._dispatch.made(_nothing(found, time), webhook, Cause.TEST, time)
        with self._database.write() as connection:
            leased = deliveries.lease(connection, delivery, body)
            audit.changed(connection, caller, delivery.id, ["test"])
        self._deliverer.deliver(Parcel(leased, found))
        return self._told(self._found(caller, webhook, delivery.id))

    def redeliver(self, caller: Caller, webhook: str, delivery: str) -> Told:
        """Send what was sent once more: the same event, and the same bytes.

        Returns:
            The new delivery, which is due at once.

        Raises:
            NotFound: the webhook or the delivery is absent, or out of reach.
            Conflict: the webhook is disabled.
        """
        _require_active(self._webhooks.get(caller, webhook))
        made = _once_more(self._found(caller, webhook, delivery), now())
        with self._database.write() as connection:
            body = deliveries.body_of(connection, delivery)
            deliveries.add(connection, [(made, body)])
            audit.changed(connection, caller, made.id, ["redelivery"])
        return Told(made, ())

    def replay(self, caller: Caller, webhook: str, after: int, until: int) -> int:
        """Send a part of the log once more, as far as it is kept and the webhook wants it.

        Args:
            caller: who asks.
            webhook: which.
            after: number of the event before the first.
            until: number of the last event.

        Returns:
            How many deliveries are due now.

        Raises:
            InvalidInput: the part is empty, or too long for one call.
            Conflict: the webhook is disabled.
        """
        found = self._webhooks.get(caller, webhook)
        _require_part(after, until)
        _require_active(found)
        time = now()
        with self._database.write() as connection:
            made = list(self._replayed(connection, found, Wanted(until), after, time))
            deliveries.add(connection, made)
            target = made[0][0].id if made else webhook
            audit.changed(connection, caller, target, ["replay"])
        return len(made)

    def replayed(self, caller: Caller, target: str) -> int:
        """Return how many deliveries a replay made, by what its key is bound to."""
        webhook = self.webhook_of(caller, target)
        if webhook == target:
            return 0
        with self._database.read() as connection:
            return deliveries.made_with(connection, target)

    def again(self, caller: Caller, delivery: str) -> Told:
        """Return a delivery by its id alone, as far as the caller reaches its webhook."""
        return self.get(caller, self.webhook_of(caller, delivery), delivery)

    def webhook_of(self, caller: Caller, target: str) -> str:
        """Return the webhook that a delivery is for, if the caller reaches it.

        Raises:
            NotFound: either is gone.
        """
        if target.startswith(f"{Prefix.WEBHOOK}_"):
            return self._webhooks.get(caller, target).id
        with self._database.read() as connection:
            webhook = deliveries.webhook_of(connection, target)
        if webhook is None:
            raise absent(self._database, caller, target)
        return self._webhooks.get(caller, webhook).id

    def trim(self) -> None:
        """Forget what is too old, whatever became of it."""
        while self._is_long():
            with self._database.write() as connection:
                deliveries.trim(connection, now() - KEPT, BATCH)

    def _is_long(self) -> bool:
        """Look first: an idle gateway writes nothing."""
        with self._database.read() as connection:
            return deliveries.has_from_before(connection, now() - KEPT)

    def _replayed(
        self, connection: Connection, webhook: Webhook, wanted: Wanted, after: int, time: datetime
    ) -> Iterator[Made]:
        last = event_log.last(connection, webhook.reseller)
        if after >= last:
            return  # no query has room for any number
        until = min(last, wanted.until or last)
        chosen = replace(wanted, until=until, types=expanded(webhook.types))
        found = event_log.part(connection, webhook.reseller, chosen, after, MOST_REPLAYED)
        for event in found:
            yield self._dispatch.made(event, webhook.id, Cause.REPLAY, time)

    def _found(self, caller: Caller, webhook: str, delivery: str) -> Delivery:
        with self._database.read() as connection:
            found = deliveries.find(connection, webhook, delivery)
        if found is None:
            raise absent(self._database, caller, delivery)
        return found

    def _told(self, delivery: Delivery) -> Told:
        with self._database.read() as connection:
            return Told(delivery, deliveries.attempts_of(connection, [delivery.id])[delivery.id])


def _nothing(webhook: Webhook, time: datetime) -> Event:
    """Return an event that is in no log, so it has no place there: number 0."""
    return Event(
        reseller=webhook.reseller,
        number=0,
        id=new_id(Prefix.EVENT),
        origin=webhook.reseller,
        type=EventType.WEBHOOK_TEST,
        subject=webhook.id,
        instance=None,
        deployment=None,
        data={},
        create_time=time,
    )


def _once_more(delivery: Delivery, time: datetime) -> Delivery:
    return replace(
        delivery,
        id=new_id(Prefix.DELIVERY),
        cause=Cause.REDELIVERY,
        status=DeliveryStatus.WAITING,
        attempts=0,
        next_time=time,
        end_time=None,
        create_time=time,
        update_time=time,
    )


def _require_active(webhook: Webhook) -> None:
    if webhook.status is not WebhookStatus.ACTIVE:
        raise Conflict(DISABLED)


def _require_part(after: int, until: int) -> None:
    if until <= after:
        raise InvalidInput([InputFault("/until", "EMPTY", "This must be greater than after.")])
    if until - after > MOST_REPLAYED:
        said = f"A replay goes over at most {MOST_REPLAYED} events; go on with another one."
        raise InvalidInput([InputFault("/until", "TOO_LONG", said)])

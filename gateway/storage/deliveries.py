"""Queries on deliveries: the queue of each webhook, and the log of what became of them.

Whoever sends a delivery holds a lease on it. The lease has a name of its own each time it is taken,
so that whoever lost it cannot write any more; a lease that ended is anybody's.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from gateway.model import Attempt, Cause, Delivery, DeliveryStatus, WebhookStatus
from gateway.storage.clock import present
from gateway.storage.tables import deliveries, delivery_attempts, resellers, webhooks

LEASE = timedelta(seconds=60)
"""How long a delivery is nobody else's; several times what a try may take."""

COLUMNS = tuple(
    column for column in deliveries.c if column.name not in {"body", "lease_owner", "lease_time"}
)


@dataclass(frozen=True)
class Due:
    """A webhook that has something to be sent.

    Attributes:
        webhook: opaque id.
        reseller_path: of its reseller.
        is_failing: whether nothing came through lately.
    """

    webhook: str
    reseller_path: str
    is_failing: bool


@dataclass(frozen=True)
class Leased:
    """A delivery that is ours to send.

    Attributes:
        delivery: as it was taken.
        body: what is sent, byte for byte the same each time.
        lease: its name.
    """

    delivery: Delivery
    body: bytes
    lease: str


def _delivery(row: RowMapping) -> Delivery:
    fields: dict[str, Any] = {column.name: row[column.name] for column in COLUMNS}
    words = {"cause": Cause(row["cause"]), "status": DeliveryStatus(row["status"])}
    return Delivery(**(fields | words))


def add(connection: Connection, made: Sequence[tuple[Delivery, bytes]]) -> None:
    """Insert deliveries with their bodies."""
    if made:
        connection.execute(insert(deliveries), [{**vars(one), "body": body} for one, body in made])


def lease(connection: Connection, delivery: Delivery, body: bytes) -> Leased:
    """Insert a delivery that is its maker's to send."""
    name = uuid.uuid4().hex
    ends = present(connection, LEASE)
    row = {**vars(delivery), "status": DeliveryStatus.SENDING, "body": body}
    query = insert(deliveries).values(**row, lease_owner=name, lease_time=ends)
    connection.execute(query)
    return Leased(delivery, body, name)


# the queues


def _is_free(connection: Connection) -> ColumnElement[bool]:
    """The lease is over; on SQLite, whose clock may be set back, no lease is a long one."""
    until = deliveries.c.lease_time
    free = until <= present(connection)
    if connection.dialect.name == "sqlite":
        return or_(free, until > present(connection, LEASE))
    return free


def _left(connection: Connection) -> Sequence[ColumnElement[bool]]:
    """What somebody took and never settled."""
    return deliveries.c.status == DeliveryStatus.SENDING, _is_free(connection)


def _ripe(connection: Connection) -> Sequence[ColumnElement[bool]]:
    """What waits, and is due."""
    return (
        deliveries.c.status == DeliveryStatus.WAITING,
        deliveries.c.next_time <= present(connection),
    )


def due(connection: Connection) -> Sequence[Due]:
    """Return the active webhooks that have something to be sent.

    One step into an index for each webhook: how much waits makes no difference.
    """
    its = deliveries.c.webhook == webhooks.c.id
    has_some = or_(exists().where(its, *_ripe(connection)), exists().where(its, *_left(connection)))
    query = (
        select(
            webhooks.c.id.label("webhook"),
            resellers.c.path.label("reseller_path"),
            webhooks.c.fail_time.is_not(None).label("is_failing"),
        )
        .join(resellers, resellers.c.id == webhooks.c.reseller)
        .where(webhooks.c.status == WebhookStatus.ACTIVE, has_some)
    )
    return [Due(**row) for row in connection.execute(query).mappings()]


def take(connection: Connection, webhook: str, width: int, limit: int) -> Sequence[Leased]:
    """Take what is due of a webhook.

    The webhook is held, so that two processes together do not send it more than they may.

    Args:
        connection: a transaction.
        webhook: its id.
        width: how many deliveries may be under way for it, those of other processes included.
        limit: how many to take at most.
    """
    active = (webhooks.c.id == webhook, webhooks.c.status == WebhookStatus.ACTIVE)
    held = select(webhooks.c.id).where(*active).with_for_update(skip_locked=True, key_share=True)
    if connection.execute(held).one_or_none() is None:
        return []
    room = min(limit, width - _under_way(connection, webhook))
    if room <= 0:
        return []
    return [_taken(connection, row) for row in _due_of(connection, webhook, room)]


def _under_way(connection: Connection, webhook: str) -> int:
    sending = (deliveries.c.webhook == webhook, deliveries.c.status == DeliveryStatus.SENDING)
    query = select(func.count()).select_from(deliveries).where(*sending, ~_is_free(connection))
    return connection.execute(query).scalar_one()


def _due_of(connection: Connection, webhook: str, limit: int) -> Sequence[RowMapping]:
    """Return what was left first, and then what is due, the longest due first."""
    found: list[RowMapping] = []
    for condition in (_left(connection), _ripe(connection)):
        mine = select(deliveries).where(deliveries.c.webhook == webhook, *condition)
        rows = mine.order_by(deliveries.c.next_time).limit(limit - len(found))
        found += connection.execute(rows).mappings().all()
    return found


def _taken(connection: Connection, row: RowMapping) -> Leased:
    name = uuid.uuid4().hex
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == row["id"])
        .values(
            status=DeliveryStatus.SENDING,
            lease_owner=name,
            lease_time=present(connection, LEASE),
        )
    )
    return Leased(_delivery(row), row["body"], name)


def settle(connection: Connection, leased: Leased, values: Mapping[str, object]) -> bool:
    """Write what became of a try, and give the lease back; false when it was lost."""
    mine = (deliveries.c.id == leased.delivery.id, deliveries.c.lease_owner == leased.lease)
    done = connection.execute(
        update(deliveries).where(*mine).values(**values, lease_owner=None, lease_time=None)
    )
    return done.rowcount == 1


def free(connection: Connection) -> None:
    """Let every lease end: for whoever knows that no other process is alive."""
    sending = deliveries.c.status == DeliveryStatus.SENDING
    connection.execute(update(deliveries).where(sending).values(lease_time=present(connection)))


# the log


def add_attempt(connection: Connection, delivery: str, attempt: Attempt) -> None:
    """Write down a try."""
    row = insert(delivery_attempts).values(delivery=delivery, **vars(attempt))
    connection.execute(row)


def first_attempt(connection: Connection, delivery: str) -> datetime:
    """Return when the first try of a delivery was over; there was one."""
    mine = (delivery_attempts.c.delivery == delivery, delivery_attempts.c.number == 1)
    time: datetime = connection.execute(select(delivery_attempts.c.time).where(*mine)).scalar_one()
    return time


def attempts_of(connection: Connection, found: Collection[str]) -> Mapping[str, Sequence[Attempt]]:
    """Return the tries of deliveries by their ids, in order."""
    mine = delivery_attempts.c.delivery.in_(found)
    query = select(delivery_attempts).where(mine).order_by(delivery_attempts.c.number)
    tries: dict[str, list[Attempt]] = {delivery: [] for delivery in found}
    for row in connection.execute(query).mappings():
        fields = dict(row)
        tries[fields.pop("delivery")].append(Attempt(**fields))
    return tries


def find(connection: Connection, webhook: str, delivery: str) -> Delivery | None:
    """Return a delivery of a webhook, or None."""
    query = _selected(webhook).where(deliveries.c.id == delivery)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _delivery(row)


def webhook_of(connection: Connection, delivery: str) -> str | None:
    """Return the webhook that a delivery is for, whoever asks."""
    query = select(deliveries.c.webhook).where(deliveries.c.id == delivery)
    return connection.execute(query).scalar_one_or_none()


def body_of(connection: Connection, delivery: str) -> bytes:
    """Return what is sent of a delivery."""
    query = select(deliveries.c.body).where(deliveries.c.id == delivery)
    body: bytes = connection.execute(query).scalar_one()
    return body


def page(
    connection: Connection, webhook: str, filters: Mapping[str, str], before: str, limit: int
) -> Sequence[Delivery]:
    """Return at most ``limit`` deliveries of a webhook, the newest first.

    Args:
        connection: to look through.
        webhook: its id.
        filters: values of ``status`` and ``type``.
        before: the last id of the page before, or an empty text.
        limit: the most rows.
    """
    wanted = [deliveries.c[name] == value for name, value in filters.items()]
    older = deliveries.c.id < before if before else true()
    query = _selected(webhook).where(*wanted, older).order_by(deliveries.c.id.desc())
    return [_delivery(row) for row in connection.execute(query.limit(limit)).mappings()]


def made_with(connection: Connection, delivery: str) -> int:
    """Return how many deliveries a replay made, by the id of one of them."""
    its = select(deliveries).where(deliveries.c.id == delivery).subquery()
    together = (
        deliveries.c.webhook == its.c.webhook,
        deliveries.c.cause == its.c.cause,
        deliveries.c.create_time == its.c.create_time,
    )
    query = select(func.count()).select_from(deliveries).join(its, true()).where(*together)
    return connection.execute(query).scalar_one()


def _selected(webhook: str) -> Select[Any]:
    return select(*COLUMNS).where(deliveries.c.webhook == webhook)


def has_from_before(connection: Connection, time: datetime) -> bool:
    """Whether there is a delivery that was made before a time."""
    query = select(deliveries.c.id).where(deliveries.c.create_time < time)
    oldest = query.order_by(deliveries.c.create_time).limit(1)
    return connection.execute(oldest).first() is not None


def trim(connection: Connection, before: datetime, limit: int) -> int:
    """Forget the oldest deliveries, with their tries.

    Args:
        connection: a transaction.
        before: those made earlier than this.
        limit: how many at most.

    Returns:
        How many.
    """
    old = select(deliveries.c.id).where(deliveries.c.create_time < before)
    query = old.order_by(deliveries.c.create_time).limit(limit)
    ids = connection.execute(query).scalars().all()
    connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))
    return len(ids)

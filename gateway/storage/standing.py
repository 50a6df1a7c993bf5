"""How the work stands: counts and ages, for those who watch; each reads as little as it can.

What waits is found by an index and is short in a gateway that is well. No statement may take
longer than a few seconds: a scrape is worth less than what it measures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select, text

from gateway.model import DeliveryStatus, OperationStatus, now
from gateway.storage.database import Database
from gateway.storage.operations import UNFINISHED, may_be_taken
from gateway.storage.tables import (
    deliveries,
    deployments,
    inventories,
    operations,
    outbox,
    webhooks,
)

STATEMENT_MILLISECONDS: Final = 3000


@dataclass(frozen=True)
class Group:
    """Things of one kind.

    Attributes:
        labels: what they have in common.
        number: how many.
        oldest: since when the oldest of them waits; None where there is none.
    """

    labels: tuple[str, ...]
    number: int
    oldest: datetime | None


@dataclass(frozen=True)
class Health:
    """How a deployment is.

    Attributes:
        deployment: opaque id.
        is_up: whether it could be reached when last tried.
        is_quarantined: whether it has shown another certificate.
        as_of: how old what is known of its instances is; None before the first look.
        create_time: when it was registered.
    """

    deployment: str
    is_up: bool
    is_quarantined: bool
    as_of: datetime | None
    create_time: datetime


@contextmanager
def bounded(database: Database) -> Iterator[Connection]:
    """Open a transaction that reads, each statement for a few seconds at most.

    Raises:
        StorageUnavailable: the database cannot be reached, or takes too long.
    """
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL statement_timeout = {STATEMENT_MILLISECONDS}"))
        yield connection


def unfinished(connection: Connection) -> list[Group]:
    """Return unfinished operations by kind and status."""
    row = operations.c
    query = (
        select(row.kind, row.status, func.count(), func.min(row.create_time))
        .where(row.status.in_(UNFINISHED))
        .group_by(row.kind, row.status)
    )
    return [Group((kind, status), n, since) for kind, status, n, since in connection.execute(query)]


def overdue(connection: Connection) -> int:
    """Return how many unfinished operations are past their deadline."""
    row = operations.c
    late = row.status.in_(UNFINISHED), row.deployment.is_not(None), row.deadline < now()
    return connection.execute(select(func.count()).where(*late)).scalar_one()


def unknown(connection: Connection) -> int:
    """Return how many operations wait for a person's word."""
    query = select(func.count()).where(operations.c.status == OperationStatus.UNKNOWN)
    return connection.execute(query).scalar_one()


def queue(connection: Connection) -> Group:
    """Return what could be carried on now and is not."""
    found = select(func.count(), func.min(operations.c.next_poll_time))
    number, since = connection.execute(found.where(*may_be_taken(connection, now()))).one()
    return Group((), number, since)


def unnumbered(connection: Connection) -> list[Group]:
    """Return the audit rows and events that have no number yet, by topic."""
    row = outbox.c
    query = select(row.topic, func.count(), func.min(row.create_time)).group_by(row.topic)
    return [Group((topic,), number, since) for topic, number, since in connection.execute(query)]


def undelivered(connection: Connection) -> Group:
    """Return the deliveries that are due, or being sent, of webhooks that are not disabled."""
    per_webhook = select(_waiting(func.count()), _waiting(func.min(deliveries.c.next_time)))
    rows = connection.execute(per_webhook.where(webhooks.c.status == "active")).all()
    oldest = min((since for _, since in rows if since is not None), default=None)
    return Group((), sum(number for number, _ in rows), oldest)


def _waiting(what: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return a figure of the deliveries of one webhook, by its index."""
    under_way = (DeliveryStatus.WAITING, DeliveryStatus.SENDING)
    return (
        select(what)
        .where(
            deliveries.c.webhook == webhooks.c.id,
            deliveries.c.status.in_(under_way),
            deliveries.c.next_time <= now(),
        )
        .correlate(webhooks)
        .scalar_subquery()
    )


def receivers(connection: Connection) -> list[Group]:
    """Return the webhooks by their status."""
    query = select(webhooks.c.status, func.count()).group_by(webhooks.c.status)
    return [Group((status,), number, None) for status, number in connection.execute(query)]


def health(connection: Connection) -> list[Health]:
    """Return how each deployment is."""
    row = deployments.c
    query = (
        select(row.id, row.down_time, row.quarantine, inventories.c.as_of, row.create_time)
        .select_from(deployments.outerjoin(inventories, inventories.c.deployment == row.id))
        .order_by(row.id)
    )
    return [
        Health(name, down is None, quarantine is not None, as_of, made)
        for name, down, quarantine, as_of, made in connection.execute(query)
    ]

"""Queries on the changes of owner of instances."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, insert, or_, select

from gateway.model import Reach, Transfer
from gateway.storage.descent import is_below
from gateway.storage.tables import resellers, transfers


def add(connection: Connection, transfer: Transfer) -> None:
    """Insert a change of owner."""
    connection.execute(insert(transfers).values(**vars(transfer)))


def has_since(connection: Connection, instance: str, time: datetime) -> bool:
    """Whether an instance got another owner after a time."""
    query = select(transfers.c.id).where(
        transfers.c.instance == instance, transfers.c.create_time > time
    )
    return connection.execute(query.limit(1)).first() is not None


def owner_at(connection: Connection, instance: str, time: datetime) -> str | None:
    """Return who gave an instance away first after a time; None where it is still whose it was."""
    query = select(transfers.c.former).where(
        transfers.c.instance == instance, transfers.c.create_time > time
    )
    first = query.order_by(transfers.c.create_time, transfers.c.id).limit(1)
    return connection.execute(first).scalar_one_or_none()


def page(
    connection: Connection, reach: Reach, instance: str, before: str, limit: int
) -> Sequence[Transfer]:
    """Return at most ``limit`` changes of an instance's owner, the newest first.

    Only those in which a reseller that is reached took part; the other one is None where it is
    not reached.

    Args:
        connection: an open transaction.
        reach: what the caller reaches.
        instance: opaque id of one that is reached.
        before: the last id of the page before, or an empty text.
        limit: the most rows.
    """
    former, owner = resellers.alias("former"), resellers.alias("owner")
    gave, got = is_below(former.c.path, reach.path), is_below(owner.c.path, reach.path)
    columns = [column for column in transfers.c if column.name not in {"former", "owner"}]
    query = (
        select(
            *columns,
            case((gave, transfers.c.former)).label("former"),
            case((got, transfers.c.owner)).label("owner"),
        )
        .join(former, former.c.id == transfers.c.former)
        .join(owner, owner.c.id == transfers.c.owner)
        .where(transfers.c.instance == instance, or_(gave, got))
    )
    if before:
        query = query.where(transfers.c.id < before)
    rows = connection.execute(query.order_by(transfers.c.id.desc()).limit(limit))
    return [Transfer(**row) for row in rows.mappings()]

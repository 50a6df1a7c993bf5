"""Which readings statements rest on still."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, func, select

from gateway.model import Month
from gateway.storage import closed_days, deployments
from gateway.storage.tables import readings, resellers, statements, usage_days

_DAY = timedelta(days=1)


def oldest(connection: Connection) -> datetime | None:
    """Return the time of the oldest reading that is kept."""
    found: datetime | None = connection.execute(select(func.min(readings.c.time))).scalar_one()
    return found


def is_needed(connection: Connection, month: Month, before: datetime) -> bool:
    """Whether the readings of a month are needed still.

    Args:
        connection: to look through.
        month: which.
        before: statements that were closed later may be asked what they rest on.
    """
    return (
        month.until > before
        or _is_open(connection, month)
        or _is_young(connection, month, before)
        or _is_owed(connection, month)
    )


def _is_open(connection: Connection, month: Month) -> bool:
    """Whether a day of it is not added up yet."""
    last, lasts = (month.until - _DAY).date(), closed_days.lasts(connection)
    return any(
        each.id not in lasts or lasts[each.id] < last
        for each in deployments.every(connection)
        if each.create_time < month.until
    )


def _is_young(connection: Connection, month: Month, before: datetime) -> bool:
    """Whether a statement of it was closed not long ago."""
    mine = (statements.c.month == str(month), statements.c.close_time > before)
    return connection.execute(select(exists().where(*mine))).scalar_one()


def _is_owed(connection: Connection, month: Month) -> bool:
    """Whether a reseller that used something in it has no statement of it."""
    days, first, last = usage_days.c, month.since.date(), (month.until - _DAY).date()
    used = exists().where(
        days.reseller == resellers.c.id, days.until_day >= first, days.day <= last
    )
    told = exists().where(statements.c.reseller == resellers.c.id, statements.c.month == str(month))
    query = select(resellers.c.id).where(used, ~told).limit(1)
    return connection.execute(query).first() is not None

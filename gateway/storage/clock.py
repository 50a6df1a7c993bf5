"""Whose clock counts: the database's where several hosts share it, else our own."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Interval, bindparam, func, literal, type_coerce

from gateway.model import now
from gateway.storage.tables import Instant


def present(connection: Connection, ahead: timedelta = timedelta()) -> ColumnElement[datetime]:
    """Return the present time, or one that is some time ahead, as an expression.

    It is the time of each execution, so that statements with it can be kept.

    Leases and turns are judged by it: hosts whose clocks differ must agree on who has what. On
    SQLite there is one host, and its clock is ours.
    """
    if connection.dialect.name == "sqlite":
        return bindparam(None, type_=Instant, callable_=lambda: now() + ahead)
    return type_coerce(func.clock_timestamp() + literal(ahead, Interval), Instant)

"""Readings and answers are kept until the statement that rests on them is two months old."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from gateway.model import Chore, Month, now
from gateway.storage import evidence, readings
from gateway.storage.database import Database

CHORE_SECONDS: Final = 86_400.0

KEPT: Final = timedelta(days=62)
"""After the close of a statement: two months of any length."""

BATCH: Final = 1_000
"""Rows that one transaction deletes; others wait for it, on SQLite."""


class Retention:
    """Deletes what no statement rests on any more. Figures and days stay.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def chore(self) -> Chore:
        """What the worker does."""
        return Chore("readings.forget", CHORE_SECONDS, self.run)

    def run(self) -> None:
        """Delete it, in small transactions."""
        end = self._end()
        if end is not None:
            self._repeat(readings.forget, end)
            self._repeat(readings.forget_raws, end)

    def _end(self) -> datetime | None:
        """Return the end of the months that are not needed: the first one that is, stops it."""
        before = now() - KEPT
        with self._database.read() as connection:
            oldest = evidence.oldest(connection)
            if oldest is None:
                return None
            month = Month.of(oldest)
            while not evidence.is_needed(connection, month, before):
                month = month.following
        return month.since

    def _repeat(self, forget: Callable[[Connection, datetime, int], int], end: datetime) -> None:
        gone = BATCH
        while gone == BATCH:
            with self._database.write() as connection:
                gone = forget(connection, end, BATCH)

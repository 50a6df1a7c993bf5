"""What is done for the logs of events again and again."""

from datetime import timedelta

from gateway.model import Chore, now
from gateway.storage import event_log, outbox
from gateway.storage.database import Database

SEQUENCE_SECONDS = 1.0
TRIM_SECONDS = 3_600.0
TRIM_BATCH = 5_000
"""Events that one transaction forgets: others wait for it, on SQLite."""


def chores_of_the_events(database: Database, days: int) -> tuple[Chore, ...]:
    """Return what keeps the logs: numbers for what was told, and an end for what is old.

    Args:
        database: the tables.
        days: for which events are kept.
    """

    def sequence() -> None:
        outbox.drain(database, event_log.is_waiting, event_log.sequence)

    def trim() -> None:
        while _trim(database, days):
            pass

    return (
        Chore("events.sequence", SEQUENCE_SECONDS, sequence),
        Chore("events.trim", TRIM_SECONDS, trim),
    )


def _trim(database: Database, days: int) -> int:
    """Forget a part of what is old; return how much."""
    before, trimmed = now() - timedelta(days=days), 0
    with database.read() as connection:
        resellers = event_log.aged(connection, before, TRIM_BATCH)
    for reseller in resellers:
        with database.write() as connection:
            trimmed += event_log.trim(connection, reseller, before, TRIM_BATCH)
    return trimmed

"""What keeps the logs of events: numbers within a second, and an end for what is old."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import Connection

from gateway.events import chores
from gateway.events.chores import chores_of_the_events
from gateway.model import EventType, Happening, now
from gateway.storage import event_log, outbox, upgrading
from gateway.storage.database import Database
from gateway.storage.event_log import Wanted
from tests.core import url_of

DAYS = 90


class Counting(Database):
    """A database that counts the transactions which write."""

    writes = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.writes += 1
        with super().write() as connection:
            yield connection


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Counting]:
    with closing(Counting(url_of(tmp_path))) as made:
        upgrading.upgrade(made)
        yield made


def run(database: Database, name: str) -> None:
    found = {chore.name: chore for chore in chores_of_the_events(database, DAYS)}
    found[name].run()


def tell(database: Database, number: int) -> None:
    with database.write() as connection:
        for each in range(number):
            happening = Happening(EventType.OPERATION_STARTED, str(each))
            event_log.tell(connection, "/res_root/res_a/", happening)


def kept(database: Database) -> list[int]:
    with database.read() as connection:
        found = event_log.part(connection, "res_a", Wanted(), 0, 1000)
    return [each.number for each in found]


def test_all_that_waits_is_numbered_by_batches(
    database: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 4)
    tell(database, 10)
    database.writes = 0
    run(database, "events.sequence")

    assert kept(database) == list(range(1, 11))
    assert database.writes == 3


def test_nothing_is_written_where_nothing_happens_and_nothing_is_old(database: Counting) -> None:
    tell(database, 3)
    run(database, "events.sequence")
    database.writes = 0
    for name in ("events.sequence", "events.trim"):
        run(database, name)

    assert database.writes == 0


def test_what_is_older_than_the_days_is_forgotten(
    database: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "TRIM_BATCH", 2)
    with time_machine.travel(now() - timedelta(days=DAYS, minutes=1)):
        tell(database, 5)
    with time_machine.travel(now() - timedelta(days=DAYS) + timedelta(minutes=1)):
        tell(database, 2)
    run(database, "events.sequence")
    run(database, "events.trim")

    assert kept(database) == [6, 7]

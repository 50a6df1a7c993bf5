from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import time_machine

from gateway.model import now
from gateway.storage import chores
from gateway.storage.database import Database
from tests.storage.conftest import on_sqlite

HOUR = timedelta(hours=1)


def taken(database: Database, period: timedelta = HOUR) -> bool:
    with database.write() as connection:
        return chores.take(connection, "sweep", period)


def planned(database: Database, delay: timedelta) -> None:
    with database.write() as connection:
        chores.plan(connection, "sweep", delay)


def due(database: Database) -> bool | None:
    with database.read() as connection:
        return chores.is_due(connection, "sweep", HOUR)


def test_a_turn_is_taken_once_in_a_period(database: Database) -> None:
    assert taken(database)
    assert not taken(database)
    planned(database, timedelta())
    assert taken(database)


def test_of_several_that_come_at_once_one_has_the_turn(database: Database) -> None:
    barrier = Barrier(4)

    def race(_: int) -> bool:
        barrier.wait()
        return taken(database)

    for _ in range(3):
        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(race, range(4))) == 1
        planned(database, timedelta())


def test_a_turn_is_due_when_its_time_has_come(database: Database) -> None:
    assert due(database) is None
    planned(database, HOUR)
    assert due(database) is False
    planned(database, timedelta())
    assert due(database) is True


@on_sqlite
def test_a_clock_that_was_set_back_delays_no_turn(database: Database) -> None:
    assert taken(database)
    with time_machine.travel(now() - timedelta(days=365)):
        assert taken(database)

"""The logs of events: each event once, in order, without gaps, for those above and nobody else."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import sleep

import pytest
from sqlalchemy import func, insert, select

from gateway.model import USAGE_EVENTS, Event, EventType, Happening, now
from gateway.storage import event_log, outbox
from gateway.storage.database import Database
from gateway.storage.event_log import Wanted
from gateway.storage.tables import events, usage_events
from tests.core import until

PATHS = ("/top/", "/top/a/", "/top/a/a1/", "/top/b/")
RESELLERS = ("top", "a", "a1", "b")
ALL = Wanted()
THREADS, EACH = 6, 25


class RollBackError(Exception):
    """Takes a transaction back."""


def happening(subject: str, kind: EventType = EventType.OPERATION_STARTED) -> Happening:
    return Happening(kind, subject)


def tell(database: Database, path: str, *subjects: str) -> None:
    with database.write() as connection:
        for subject in subjects:
            event_log.tell(connection, path, happening(subject))


def tell_in_vain(database: Database, path: str, *subjects: str) -> None:
    """Tell, and take it back."""
    with suppress(RollBackError), database.write() as connection:
        for subject in subjects:
            event_log.tell(connection, path, happening(subject))
        raise RollBackError


def sequence(database: Database, limit: int = 7) -> int:
    """Number everything that waits, and return how many that were."""
    moved = 0
    while True:
        with database.write() as connection:
            some = event_log.sequence(connection, limit)
        moved += some
        if not some:
            return moved


def is_waiting(database: Database) -> bool:
    with database.read() as connection:
        return event_log.is_waiting(connection)


def heard(database: Database, reseller: str, wanted: Wanted = ALL, after: int = 0) -> list[Event]:
    with database.read() as connection:
        return list(event_log.part(connection, reseller, wanted, after, 10_000))


def subjects(found: Sequence[Event]) -> list[str]:
    return [each.subject for each in found]


def test_an_event_is_told_to_its_reseller_and_to_each_above_and_to_nobody_else(
    database: Database,
) -> None:
    for path in PATHS:
        tell(database, path, path)
    sequence(database)

    assert subjects(heard(database, "top")) == list(PATHS)
    assert subjects(heard(database, "a")) == ["/top/a/", "/top/a/a1/"]
    assert subjects(heard(database, "a1")) == ["/top/a/a1/"]
    assert subjects(heard(database, "b")) == ["/top/b/"]
    origins = {each.origin for each in heard(database, "a")}
    assert origins == {"a", "a1"}


def test_an_event_has_one_id_and_a_number_of_its_own_in_each_log(database: Database) -> None:
    tell(database, "/top/b/", "first")
    tell(database, "/top/a/", "second")
    sequence(database)

    above, own = heard(database, "top")[1], heard(database, "a")[0]
    assert (above.id, above.data, above.create_time) == (own.id, own.data, own.create_time)
    assert (above.number, own.number) == (2, 1)


def test_what_is_rolled_back_is_told_to_nobody(database: Database) -> None:
    tell_in_vain(database, "/top/a/", "never")
    with database.write() as connection:
        attempt = connection.begin_nested()
        event_log.tell(connection, "/top/a/", happening("nor this"))
        attempt.rollback()
    tell(database, "/top/a/", "this")
    sequence(database)

    assert [(each.number, each.subject) for each in heard(database, "a")] == [(1, "this")]


def test_nothing_is_read_before_it_has_its_number(database: Database) -> None:
    tell(database, "/top/a/", "one")
    with database.read() as connection:
        assert event_log.is_waiting(connection)
        assert event_log.last(connection, "a") == 0
    assert heard(database, "a") == []

    sequence(database)
    with database.read() as connection:
        assert not event_log.is_waiting(connection)
        assert event_log.last(connection, "a") == 1


def test_what_a_bill_depends_on_is_in_a_log_of_its_own_too(database: Database) -> None:
    with database.write() as connection:
        for kind in EventType:
            event_log.tell(connection, "/top/a/", happening(kind, kind))
    sequence(database)

    with database.read() as connection:
        query = select(usage_events.c.number, usage_events.c.type)
        rows = connection.execute(query.where(usage_events.c.reseller == "a")).all()
    billed = [kind for kind in EventType if kind in USAGE_EVENTS]
    assert sorted(tuple(row) for row in rows) == list(enumerate(billed, 1))


# many at once


def write_many(database: Database, writer: int) -> list[tuple[str, str]]:
    """Tell of some things, by transactions of several events of which some are taken back."""
    dice, told = random.Random(writer), []  # noqa: S311 # a game, not a secret
    for number in range(EACH):
        path = dice.choice(PATHS)
        some = [f"{writer:02}-{number:03}-{part}" for part in range(dice.randint(1, 3))]
        if dice.random() < 0.2:
            tell_in_vain(database, path, *some)
        else:
            tell(database, path, *some)
            told += [(path, subject) for subject in some]
    return told


def follow(database: Database, reseller: str, is_over: Callable[[], bool]) -> list[Event]:
    """Read a log as it grows, always from the last number on."""
    found: list[Event] = []
    while True:
        over = is_over()
        sleep(0.005)
        some = heard(database, reseller, after=found[-1].number if found else 0)
        found += some
        if over and not some:
            return found


def test_racing_writers_sequencers_and_readers_lose_nothing_and_double_nothing(
    database: Database,
) -> None:
    done: list[bool] = []

    def number_all() -> None:
        while not done or is_waiting(database):
            if is_waiting(database):
                sequence(database)
            sleep(0.01)

    with ThreadPoolExecutor(THREADS + 2 + len(RESELLERS)) as pool:
        sequencers = [pool.submit(number_all) for _ in range(2)]
        is_over = lambda: all(each.done() for each in sequencers)  # noqa: E731 # asked by all readers
        readers = [pool.submit(follow, database, each, is_over) for each in RESELLERS]
        writers = [pool.submit(write_many, database, writer) for writer in range(THREADS)]
        told = [pair for writer in writers for pair in writer.result()]
        done.append(True)
        found = {name: each.result() for name, each in zip(RESELLERS, readers, strict=True)}

    for reseller, path in zip(RESELLERS, PATHS, strict=True):
        log = heard(database, reseller)
        expected = sorted(subject for at, subject in told if at.startswith(path))
        assert [each.number for each in log] == list(range(1, len(expected) + 1))
        assert sorted(subjects(log)) == expected
        assert found[reseller] == log
        for writer in range(THREADS):
            mine = [each for each in subjects(log) if each.startswith(f"{writer:02}-")]
            assert mine == sorted(mine), "what one has done is told in the order of its doing"


DYING = """
import os, sys
from gateway.storage import event_log
from gateway.storage.database import Database
with Database(sys.argv[1]).write() as connection:
    assert event_log.sequence(connection, 3) == 3
    os._exit(9)
"""


def test_a_sequencer_that_is_killed_midway_has_numbered_nothing(
    database: Database, url: str
) -> None:
    tell(database, "/top/a/", "1", "2", "3", "4", "5")
    died = subprocess.run([sys.executable, "-c", DYING, url], check=False)  # noqa: S603 # our own
    assert died.returncode == 9

    assert heard(database, "a") == []
    assert sequence(database) == 5
    assert [(each.number, each.subject) for each in heard(database, "a")] == [
        (number, str(number)) for number in range(1, 6)
    ]


# asked for in parts


@pytest.fixture
def told(database: Database) -> Database:
    """Ten events of a, every third of an instance."""
    with database.write() as connection:
        for number in range(10):
            kind = EventType.INSTANCE_UPDATED if number % 2 else EventType.OPERATION_STARTED
            instance = "ins_x" if number % 3 == 0 else None
            event_log.tell(connection, "/top/a/", Happening(kind, str(number), instance))
    sequence(database)
    return database


def test_a_log_is_read_in_parts(told: Database) -> None:
    with told.read() as connection:
        part = event_log.part(connection, "a", ALL, 3, 4)

    assert [each.number for each in part] == [4, 5, 6, 7]


def test_types_instances_and_an_end_narrow_what_is_read(told: Database) -> None:
    updated = Wanted(types=[EventType.INSTANCE_UPDATED])
    mine = Wanted(instances=frozenset({"ins_x"}))
    both = Wanted(types=[EventType.INSTANCE_UPDATED], instances=frozenset({"ins_x"}), until=6)

    assert subjects(heard(told, "a", updated)) == ["1", "3", "5", "7", "9"]
    assert subjects(heard(told, "a", mine)) == ["0", "3", "6", "9"]
    assert subjects(heard(told, "a", both)) == ["3"]
    assert heard(told, "a", Wanted(instances=frozenset())) == []


def test_it_is_known_how_far_so_many_events_lead(told: Database) -> None:
    with told.read() as connection:
        assert event_log.advanced(connection, "a", 2, 3) == 5
        assert event_log.advanced(connection, "a", 7, 3) == 10
        assert event_log.advanced(connection, "a", 8, 3) is None
        assert event_log.advanced(connection, "nobody", 0, 1) is None


# forgotten


DAY = timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def plant(database: Database, reseller: str, times: Sequence[datetime]) -> None:
    """Insert events with numbers from one on."""
    row = {"id": "evt_0", "origin": reseller, "type": "t", "subject": "s", "data": {}}
    rows = [
        {**row, "reseller": reseller, "number": number, "create_time": time}
        for number, time in enumerate(times, 1)
    ]
    with database.write() as connection:
        connection.execute(insert(events), rows)


def trim_all(database: Database, before: datetime, limit: int) -> Iterator[int]:
    """Trim as the chore does, and yield how many events each round forgets."""
    while True:
        with database.read() as connection:
            found = event_log.aged(connection, before, limit)
        trimmed = 0
        for reseller in found:
            with database.write() as connection:
                trimmed += event_log.trim(connection, reseller, before, limit)
        if not trimmed:
            return
        yield trimmed


def test_what_is_old_is_forgotten_part_by_part_and_only_that(database: Database) -> None:
    plant(database, "a", [MONDAY + number * DAY for number in range(10)])
    plant(database, "b", [MONDAY + 8 * DAY])

    rounds = list(trim_all(database, MONDAY + 7 * DAY, 3))

    assert rounds == [3, 3, 1]
    assert [each.number for each in heard(database, "a")] == [8, 9, 10]
    assert len(heard(database, "b")) == 1
    with database.read() as connection:
        assert event_log.oldest(connection, "a") == 8
        assert event_log.oldest(connection, "b") == 1


def test_no_hole_is_made_where_times_and_numbers_disagree(database: Database) -> None:
    """A long transaction tells of something old under a late number."""
    plant(database, "a", [MONDAY, MONDAY + 9 * DAY, MONDAY + DAY])

    assert list(trim_all(database, MONDAY + 5 * DAY, 10)) == [1]
    assert [each.number for each in heard(database, "a")] == [2, 3]


def test_a_log_that_is_all_forgotten_knows_its_next_number(database: Database) -> None:
    tell(database, "/top/a/", "1", "2")
    sequence(database)
    assert list(islice(trim_all(database, now() + DAY, 10), 1)) == [4]  # the root has them too

    with database.read() as connection:
        assert event_log.oldest(connection, "a") == 3
        assert event_log.last(connection, "a") == 2
    tell(database, "/top/a/", "3")
    sequence(database)
    assert [each.number for each in heard(database, "a")] == [3]


def test_trimming_and_numbering_do_not_wait_for_each_other_in_a_circle(database: Database) -> None:
    for number in range(30):
        tell(database, PATHS[number % 4], str(number))
    with ThreadPoolExecutor(2) as pool:
        trimming = pool.submit(lambda: sum(trim_all(database, now() + DAY, 2)))
        numbering = pool.submit(sequence, database, 2)
        assert numbering.result() == 30
        trimming.result()
    list(trim_all(database, now() + DAY, 5))

    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(events)).scalar_one() == 0
        assert until(lambda: not outbox.after(connection, event_log.TOPIC, 0, 1))
        assert event_log.last(connection, "top") == 30

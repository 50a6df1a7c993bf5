"""What is kept in memory counts until anybody changes what it comes from."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from itertools import count
from threading import Event, Thread

import pytest
from sqlalchemy import update

from gateway.errors import StorageUnavailable
from gateway.model import now
from gateway.storage import deployments, revoked_tokens
from gateway.storage import generations as module
from gateway.storage.database import Database
from gateway.storage.generations import QUIET, WATCHED, Generation, Kept
from gateway.storage.tables import clients

EACH = pytest.mark.parametrize("table", sorted(WATCHED, key=str), ids=str)


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    """The database as another process has it."""
    with closing(Database(url)) as made:
        yield made


def kept(database: Database, *of: Generation) -> Kept[str, int]:
    return Kept(database.generations, of, most=3)


def touched(database: Database, table: object, **options: bool) -> None:
    """Write a watched table, whether a row is meant or not."""
    with database.write() as connection:
        row = update(table).values({next(iter(table.c)): next(iter(table.c))})  # type: ignore[call-overload,attr-defined] # a table
        connection.execute(row.execution_options(**options))


@EACH
def test_a_change_of_ones_own_counts_at_once(database: Database, table: object) -> None:
    for generation in Generation:
        numbers, memory = count(), kept(database, generation)
        memory.get("key", lambda: next(numbers))  # noqa: B023 # called at once
        touched(database, table)
        again = memory.get("key", lambda: next(numbers))  # noqa: B023 # called at once
        assert again == (generation in WATCHED[table])  # type: ignore[index] # a table


@EACH
def test_a_change_of_another_process_counts_after_half_a_second(
    database: Database, other: Database, table: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: time)
    numbers, memory = count(), kept(database, *Generation)
    memory.get("key", lambda: next(numbers))
    touched(other, table)
    time += 0.5
    assert memory.get("key", lambda: next(numbers)) == 1
    assert memory.get("key", lambda: next(numbers)) == 1


def test_what_is_read_while_it_changes_does_not_stay(database: Database) -> None:
    memory = kept(database, Generation.IDENTITY)
    began, changed = Event(), Event()

    def slow() -> int:
        began.set()
        assert changed.wait(10)
        return 0

    reading = Thread(target=memory.get, args=("key", slow))
    reading.start()
    assert began.wait(10)
    touched(database, clients)
    changed.set()
    reading.join()
    assert memory.get("key", lambda: 1) == 1


def test_a_change_that_is_undone_ends_nothing(database: Database) -> None:
    memory = kept(database, Generation.IDENTITY)
    assert memory.get("key", lambda: 0) == 0
    with suppress(ZeroDivisionError), database.write() as connection:
        revoked_tokens.add(connection, "jti", now() + timedelta(hours=1))
        raise ZeroDivisionError
    with database.write():
        pass
    assert memory.get("key", lambda: 1) == 0


def test_a_quiet_change_ends_nothing(database: Database) -> None:
    memory = kept(database, Generation.IDENTITY)
    memory.get("key", lambda: 0)
    touched(database, clients, **QUIET)
    assert memory.get("key", lambda: 1) == 0


def test_nothing_counts_while_the_numbers_cannot_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = 1000.0
    monkeypatch.setattr(module, "monotonic", lambda: time)
    memory = kept(database, Generation.IDENTITY)
    memory.get("key", lambda: 0)

    def gone() -> None:
        raise StorageUnavailable

    time += 0.5
    monkeypatch.setattr(database, "read", gone)
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            memory.get("key", lambda: 1)


def test_the_oldest_makes_room_and_none_is_not_kept(database: Database) -> None:
    memory = kept(database, Generation.FLEET)
    for key in "abcd":
        memory.get(key, lambda: 0)
    assert [memory.get(key, lambda: 1) for key in "bcda"] == [0, 0, 0, 1]
    nothing: Kept[str, int | None] = Kept(database.generations, [Generation.FLEET], 3)
    assert nothing.get("key", lambda: None) is None
    assert nothing.get("key", lambda: 1) == 1


def test_that_a_deployment_answers_as_before_ends_nothing(database: Database) -> None:
    numbers, memory = count(), kept(database, *Generation)
    memory.get("key", lambda: next(numbers))
    with database.write() as connection:
        assert not deployments.rise(connection, "dep_up")
    assert memory.get("key", lambda: next(numbers)) == 0

"""What PostgreSQL does otherwise than SQLite: it is elsewhere, and others write meanwhile."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DataError

from deploy.servers import Postgresql, started
from gateway.errors import ConfigurationError, NameTaken, StorageUnavailable
from gateway.model import Operation, OperationStatus, now
from gateway.storage import counters, deployments, names, operations
from gateway.storage import database as module
from gateway.storage.database import Database
from gateway.storage.tables import deployments as table
from gateway.storage.vault import Vault
from tests.storage.test_operations import fresh


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    with closing(Database(postgresql_url)) as made:
        yield made


def register(connection: Connection) -> None:
    """Insert the deployment dep_1."""
    words = dict.fromkeys(("name", "host", "user_name", "password"), "alpha")
    rest = {"port": 8474, "labels": {}, "commands": {}, "cordoned": False, "revision": 1}
    times = {"create_time": now(), "update_time": now()}
    connection.execute(insert(table).values(id="dep_1", **words, **rest, **times))


def reserve(connection: Connection, name: str, instance: str) -> None:
    names.reserve(connection, "dep_1", name, instance=instance, reseller="res_1", time=now())


def together(number: int, do: Callable[[int], object]) -> list[object]:
    """Do something in many threads at the same moment, and return what came of it."""
    gate = Barrier(number)

    def one(index: int) -> object:
        gate.wait()
        return do(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def test_what_is_held_stays_as_it_was_read(database: Database) -> None:
    with database.write() as connection:
        register(connection)

    def count_up(_: int) -> None:
        with database.write() as connection:
            found = deployments.hold(connection, "dep_1")
            assert found is not None
            deployments.observe(connection, "dep_1", {"capacity": (found.capacity or 0) + 1})

    together(8, count_up)
    with database.read() as connection:
        found = deployments.find(connection, "dep_1")
    assert found is not None
    assert found.capacity == 8


def test_two_who_put_a_name_on_a_deployment_and_hold_it_do_not_wait_for_each_other(
    database: Database,
) -> None:
    with database.write() as connection:
        register(connection)
    both = Barrier(2)

    def place(number: int) -> None:
        with database.write() as connection:
            reserve(connection, f"name-{number}", f"ins_{number}")
            both.wait()
            assert deployments.hold(connection, "dep_1") is not None

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(place, range(2)))


def test_of_many_who_take_a_name_one_gets_it(database: Database) -> None:
    with database.write() as connection:
        register(connection)

    def take(number: int) -> bool:
        try:
            with database.write() as connection:
                reserve(connection, "acme", f"ins_{number}")
        except NameTaken:
            return False
        return True

    assert sorted(map(str, together(6, take))) == ["False"] * 5 + ["True"]


def test_a_lock_that_is_let_go_while_somebody_asks_who_has_it_is_taken(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = fresh(), fresh()
    with database.write() as connection:
        operations.add(connection, first, vault, "me")
    look = operations._holder  # noqa: SLF001 - the moment that is meant lies before it

    def let_go_and_look(connection: Connection, lock: str | None) -> str | None:
        first.status, first.lock = OperationStatus.SUCCEEDED, None
        with database.write() as other:
            operations.save(other, first, vault)
        return look(connection, lock)

    monkeypatch.setattr(operations, "_holder", let_go_and_look)
    with database.write() as connection:
        operations.add(connection, second, vault, "you")
    with database.read() as connection:
        assert look(connection, second.lock) == second.id


def test_of_two_who_have_both_seen_a_secret_one_gets_it(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fresh(lock=None, one_time=True)
    with database.write() as connection:
        operations.add(connection, made, vault, "me")
    read, both = operations.get, Barrier(2)

    def read_together(connection: Connection, operation: str, vault: Vault) -> Operation:
        found = read(connection, operation, vault)
        both.wait()
        return found

    monkeypatch.setattr(operations, "get", read_together)

    def come(_: int) -> bool:
        with database.write() as connection:
            return operations.forget(connection, made.id, vault)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(come, range(2))) == [False, True]


def test_numbers_taken_at_once_have_no_gaps(database: Database) -> None:
    def take(_: int) -> int:
        with database.write() as connection:
            return counters.take(connection, "test")

    assert sorted(map(int, map(str, together(12, take)))) == list(range(1, 13))


def test_a_lock_is_not_waited_for_for_ever(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 1)
    with closing(Database(postgresql_url)) as database:
        with database.write() as connection:
            register(connection)
        held, seen = Event(), Event()

        def hold() -> None:
            with database.write() as connection:
                deployments.hold(connection, "dep_1")
                held.set()
                seen.wait(20)

        with ThreadPoolExecutor(1) as threads:
            holding = threads.submit(hold)
            held.wait(20)
            with pytest.raises(StorageUnavailable), database.write() as connection:
                deployments.hold(connection, "dep_1")
            seen.set()
            holding.result()


def test_a_server_that_was_away_is_found_again(postgresql: Postgresql) -> None:
    del postgresql  # to be left out with the others where there is none
    with (
        started(Postgresql()) as mortal,
        mortal.database() as url,
        closing(Database(url)) as database,
    ):
        database.check()
        mortal.stop()
        mortal.start()
        database.check()  # not even the first query meets the old connection
        mortal.stop()
        with pytest.raises(StorageUnavailable):
            database.check()
        mortal.start()
        database.check()


def test_a_value_that_does_not_fit_is_a_bug_and_no_outage(database: Database) -> None:
    with pytest.raises(DataError), database.write() as connection:
        connection.execute(text("INSERT INTO counters VALUES (:name, 1)"), {"name": "x" * 61})


def test_what_a_failed_query_was_about_is_in_no_message(database: Database) -> None:
    query = text("INSERT INTO counters VALUES (:name, 1)")
    with pytest.raises(DataError) as failure, database.write() as connection:
        connection.execute(query, {"name": "canary" * 20})
    assert "canary" not in str(failure.value)


@pytest.mark.parametrize("url", ["mysql://127.0.0.1/gateway", "oracle://127.0.0.1/gateway"])
def test_another_database_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="neither SQLite nor PostgreSQL"):
        Database(url)

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.storage import database as module
from gateway.storage import outbox
from gateway.storage.database import Database
from tests.core import url_of
from tests.storage.conftest import on_sqlite

INSERT = "INSERT INTO outbox (topic, reseller, payload, create_time) VALUES ('t', 'r', '{}', 'now')"


def rows(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def put(database: Database) -> None:
    with database.write() as connection:
        outbox.put(connection, "audit", "res_1", {})


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(StorageUnavailable), database.write() as connection:
        connection.execute(text(INSERT + ", (broken"))
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        assert connection.execute(text(INSERT)).rowcount / 0
    assert rows(database) == 0


def test_what_a_constraint_refuses_is_for_the_caller_to_name(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO names (deployment, name) VALUES ('dep_1', 'acme')"))


def test_a_locked_database_is_unavailable_for_writers_and_not_for_readers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    database = Database(url_of(home))
    holder = sqlite3.connect(home / "gateway.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        put(database)
    assert rows(database) == 0
    holder.execute("COMMIT")
    holder.close()
    put(database)
    assert rows(database) == 1
    database.close()


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gone' / 'gateway.db'}")
    with pytest.raises(StorageUnavailable):
        database.check()
    database.close()


def test_a_file_that_may_only_be_read_cannot_be_written(home: Path) -> None:
    database = Database(f"sqlite:///file:{home / 'gateway.db'}?mode=ro&uri=true")
    assert rows(database) == 0
    with pytest.raises(StorageUnavailable):
        put(database)
    database.close()


@pytest.mark.parametrize("start", [0, 4096])
def test_a_spoilt_file_is_unavailable(home: Path, start: int) -> None:
    with (home / "gateway.db").open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * 200_000)
    database = Database(url_of(home))
    with pytest.raises(StorageUnavailable):
        put(database)
    database.close()


def test_more_callers_than_connections_are_told_that_it_is_unavailable(home: Path) -> None:
    database = Database(url_of(home))
    pool = database.engine.pool
    pool._timeout = 0.05  # type: ignore[attr-defined]  # noqa: SLF001 - half a minute by default
    held = [database.engine.connect() for _ in range(42)]
    with pytest.raises(StorageUnavailable):
        database.check()
    for connection in held:
        connection.close()
    database.check()
    database.close()


def test_writers_at_once_all_come_to_their_turn(database: Database) -> None:
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: put(database), range(64)))
    assert rows(database) == 64


@on_sqlite
def test_a_writer_whose_turn_does_not_come_is_told_that_it_is_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    with ThreadPoolExecutor(1) as others:
        with database.write():
            assert isinstance(others.submit(put, database).exception(30), StorageUnavailable)
        others.submit(put, database).result(30)
    assert rows(database) == 1


@on_sqlite
def test_what_a_writer_has_read_stays_true_until_it_writes(database: Database) -> None:
    put(database)

    def double(_: int) -> None:
        with database.write() as connection:
            found = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
            connection.execute(
                text("UPDATE outbox SET payload = :n WHERE id = 1"), {"n": str(found)}
            )
            connection.execute(text(INSERT))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(double, range(24)))
    with database.read() as connection:
        seen = connection.execute(text("SELECT payload FROM outbox WHERE id = 1")).scalar_one()
    assert int(seen) == 24


def test_an_address_that_is_none_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError):
        Database("no database")

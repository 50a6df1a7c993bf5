"""The copied database is the migrated one, and a database of another revision is upgraded."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.broker.bootstrap import set_up
from gateway.errors import ConfigurationError
from gateway.storage.database import Database
from gateway.storage.tables import metadata
from gateway.storage.vault import Vault, create_keys
from tests.core import url_of
from tests.schema import set_up_at_once


def described(url: str) -> list[tuple[str, str]]:
    """Return what a database of SQLite consists of, and how many rows each of our tables has."""
    with closing(Database(url)) as database, database.read() as connection:
        parts = connection.exec_driver_sql(
            "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY name"
        ).all()
        counts = [
            (table.name, str(connection.execute(select(func.count()).select_from(table)).scalar()))
            for table in metadata.sorted_tables
        ]
    return [(name, sql) for name, sql in parts] + counts


def test_a_copied_database_is_the_migrated_one(tmp_path: Path) -> None:
    for name in ("copied", "migrated"):
        (tmp_path / name).mkdir()
    copied, migrated = (url_of(tmp_path / name) for name in ("copied", "migrated"))
    set_up_at_once(tmp_path / "copied", copied)
    with closing(Database(migrated)) as database:
        set_up(database, Vault(create_keys(tmp_path / "migrated")))

    assert described(copied) == described(migrated)


def test_each_gateway_has_operators_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    made = {set_up_at_once(tmp_path / each, url_of(tmp_path / each)) for each in ("one", "other")}
    assert len(made) == 2


def test_what_is_set_up_already_is_refused(tmp_path: Path) -> None:
    set_up_at_once(tmp_path, url_of(tmp_path))
    with pytest.raises(ConfigurationError, match="set up already"):
        set_up_at_once(tmp_path / "other", url_of(tmp_path))


def test_an_empty_database_is_migrated(empty_postgresql_url: str, tmp_path: Path) -> None:
    assert set_up_at_once(tmp_path, empty_postgresql_url).client_id

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from gateway.errors import ConfigurationError
from gateway.storage import schema, upgrading
from gateway.storage.database import Database
from gateway.storage.revisions import NEWEST
from gateway.storage.tables import metadata
from tests.core import url_of


def structure(database: Database) -> list[str]:
    """Return what every table is made of."""
    with database.read() as connection:
        seen = inspect(connection)
        looks = (
            seen.get_multi_columns,
            seen.get_multi_pk_constraint,
            seen.get_multi_foreign_keys,
            seen.get_multi_unique_constraints,
            seen.get_multi_indexes,
        )
        found = [(look.__name__, sorted(look().items(), key=repr)) for look in looks]
    return [
        f"{name} {table} {sorted(json.dumps(part, default=str) for part in parts)}"
        for name, rows in found
        for table, parts in rows
    ]


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_upgrade_of_what_is_up_to_date_does_nothing(database: Database) -> None:
    before = structure(database)
    upgrading.upgrade(database)
    assert structure(database) == before
    schema.require_current(database)


def test_the_way_back_leaves_nothing_and_can_be_gone_again(database: Database) -> None:
    before = structure(database)
    with database.write() as connection:
        command.downgrade(upgrading._config(connection), "base")  # noqa: SLF001 - alembic's own door
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrading.upgrade(database)
    assert structure(database) == before


def test_an_empty_database_is_not_run_on(tmp_path: Path) -> None:
    database = Database(url_of(tmp_path))
    with pytest.raises(ConfigurationError, match="init"):
        schema.require_current(database)
    database.close()


def test_a_database_of_another_version_is_not_run_on(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="9999"):
        schema.require_current(database)


def become(database: Database, revision: str, oldest: int) -> None:
    """Be a schema of another version, for code from some revision on."""
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :is"), {"is": revision})
        connection.execute(
            text("UPDATE counters SET value = :is WHERE name = :name"),
            {"is": oldest, "name": schema.FLOOR},
        )


def test_code_serves_on_a_newer_schema_that_only_adds(database: Database) -> None:
    become(database, "9999", int(NEWEST))
    schema.require_usable(database)
    with pytest.raises(ConfigurationError, match="install the newer version"):
        schema.require_current(database)


@pytest.mark.parametrize(
    ("revision", "oldest"), [("9999", 9999), ("9999", 0), ("0001", 1)], ids=["new", "mute", "old"]
)
def test_code_does_not_serve_on_a_schema_that_is_not_for_it(
    database: Database, revision: str, oldest: int
) -> None:
    become(database, revision, oldest)
    with pytest.raises(ConfigurationError, match=revision):
        schema.require_usable(database)


def test_nobody_who_is_connected_is_too_old_for_our_own_schema(database: Database) -> None:
    with database.read() as connection:
        assert upgrading.pending(connection) == []
        assert set(schema.connected(connection)) <= {NEWEST}

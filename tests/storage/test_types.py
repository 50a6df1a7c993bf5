"""The types of columns: what is read is what was written, and what it costs to read it."""

from sqlalchemy import insert

from gateway.model import now
from gateway.storage import deployments
from gateway.storage.database import Database
from gateway.storage.tables import deployments as table
from tests.storage.conftest import on_sqlite

OLD, NEW = {"Ping": ["a"]}, {"Ping": ["a"], "GetStores": ["b", "c"]}


def commands_of(database: Database) -> list[object]:
    """Return the commands of three deployments, of which the last alone is newer."""
    words = {"user_name": "x", "password": "x", "labels": {}, "port": 1, "revision": 1}
    flags = {"cordoned": False, "drained": False, "create_time": now(), "update_time": now()}
    rows = [
        {"id": f"dep_{name}", "name": name, "host": name, "commands": dict(commands)}
        for name, commands in (("a", OLD), ("b", OLD), ("c", NEW))
    ]
    with database.write() as connection:
        connection.execute(insert(table), [row | words | flags for row in rows])
    with database.read() as connection:
        return [each.commands for each in deployments.every(connection)]


def test_each_deployment_has_its_own_commands(database: Database) -> None:
    assert commands_of(database) == [OLD, OLD, NEW]


@on_sqlite
def test_what_many_deployments_have_alike_is_decoded_once(database: Database) -> None:
    first, second, _ = commands_of(database)
    assert first is second

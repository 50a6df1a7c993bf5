"""Two processes on PostgreSQL: exactly as many as there may be, and nobody waits for nobody."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete

from gateway.errors import StorageUnavailable
from gateway.model import Resource
from gateway.storage import quotas, resellers
from gateway.storage.database import Database
from gateway.storage.tables import instances, operations
from gateway.storage.vault import Vault
from tests.broker.racer import ATTEMPTS
from tests.storage.tree import Tree, plant

PROCESSES = 2
LIMIT = 5
ROOT = Path(__file__).parents[2]
TREE = Tree((0, 0, 1, 1), ("root", "above", "leaf", "beside"))
"""Root, one above, and two side by side below that."""

KEY = Fernet.generate_key().decode()


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    """The tree, without instances."""
    with closing(Database(postgresql_url)) as made:
        with made.write() as connection:
            plant(connection, TREE, Vault([KEY]))
            connection.execute(delete(operations))
            connection.execute(delete(instances))
        yield made


def limit(database: Database, number: int, **limits: int) -> None:
    with database.write() as connection:
        named = {Resource(name): value for name, value in limits.items()}
        quotas.replace(connection, f"res_{TREE.names[number]}", named)


def held(database: Database, number: int) -> None:
    """Do what comes before a new limit, and wait a moment only."""
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        resellers.hold(connection, f"res_{TREE.names[number]}")


def used(database: Database, number: int, resource: Resource) -> int:
    with database.read() as connection:
        return quotas.used(connection, TREE.path(number), resource)


def raced(url: str, work: str) -> Counter[str]:
    """Let the processes begin at once, and return how their attempts ended."""
    racers = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "tests.broker.racer", url, KEY, work],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    said = [racer.communicate("go\n", timeout=60)[0].splitlines() for racer in racers]
    return sum((Counter(json.loads(lines[-1])) for lines in said), Counter())


def test_two_processes_admit_exactly_as_many_as_may_be(
    database: Database, postgresql_url: str
) -> None:
    limit(database, 1, instances=LIMIT)
    ended = raced(postgresql_url, "create")
    assert ended == {"admitted": LIMIT, "QUOTA_EXCEEDED": PROCESSES * ATTEMPTS - LIMIT}
    assert used(database, 1, Resource.INSTANCES) == LIMIT
    assert used(database, 1, Resource.USERS) == LIMIT
    assert used(database, 1, Resource.CONCURRENT_OPERATIONS) == 0


def test_creates_transfers_and_new_limits_keep_the_limits_and_end(
    database: Database, postgresql_url: str
) -> None:
    """Locks are taken in one order: no statement is given up for a deadlock."""
    limits = {"instances": 12, "users": 30, "concurrentOperations": 50}
    limit(database, 1, **limits)
    limit(database, 2, instances=8)
    limit(database, 3, instances=8, users=12)
    raced(postgresql_url, "create")
    ended = raced(postgresql_url, "mixed")
    assert set(ended) - {"CONFLICT"} == {"admitted", "transferred", "limited", "QUOTA_EXCEEDED"}
    assert used(database, 1, Resource.INSTANCES) <= 12
    assert used(database, 1, Resource.USERS) <= 30
    assert used(database, 2, Resource.INSTANCES) <= 8
    assert used(database, 3, Resource.INSTANCES) <= 8
    assert used(database, 3, Resource.USERS) <= 12


@pytest.mark.parametrize("number", [1, 2], ids=["above", "own"])
def test_a_new_limit_waits_for_who_is_being_admitted_below_it(
    database: Database, number: int
) -> None:
    """Else it would not see them, and the next one in would be one too many."""
    with database.write() as admitting:
        quotas.hold_line(admitting, TREE.path(2))
        with pytest.raises(StorageUnavailable):
            held(database, number)
    held(database, number)

"""Many rows are taken and written at once, and nobody waits for a row while holding another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model import Operation, OperationStatus, StepStatus, now
from gateway.storage import operations, polls
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.conftest import on_postgresql
from tests.storage.test_operations import fresh

Make = Callable[..., Operation]


@pytest.fixture
def due(database: Database, vault: Vault) -> Make:
    """Make operations that nobody holds, and whose poll is due."""

    def add(**values: object) -> Operation:
        whole = {"lock": None, "next_poll_time": now(), "status": OperationStatus.RUNNING, **values}
        made = fresh(**whole)
        with database.write() as connection:
            operations.add(connection, made, vault, None)
        return made

    return add


def taken(database: Database, vault: Vault, *wanted: Operation, owner: str = "me") -> list[str]:
    with database.write() as connection:
        rows = polls.take(connection, [each.id for each in wanted], owner, now())
    found = [operations.operation_of(row, vault) for row in rows]
    assert all(each.fence == 1 for each in found)
    return sorted(each.id for each in found)


def test_only_what_is_due_and_free_is_taken(database: Database, vault: Vault, due: Make) -> None:
    free = [due(), due()]
    later = due(next_poll_time=now() + timedelta(minutes=1))
    ended = due(status=OperationStatus.FAILED)
    assert taken(database, vault, *free, later, ended) == sorted(each.id for each in free)
    assert taken(database, vault, *free, owner="other") == []


def test_what_was_put_back_is_as_it_was_but_for_its_next_poll(
    database: Database, vault: Vault, due: Make
) -> None:
    made = due()
    taken(database, vault, made)
    time = now().replace(microsecond=0) + timedelta(seconds=9)
    with database.write() as connection:
        polls.put_back(connection, [replace(made, fence=1, next_poll_time=time, log="more")])
        found = operations.get(connection, made.id, vault)
    assert found == replace(made, fence=1, next_poll_time=time)


def test_progress_is_written_and_secrets_stay(database: Database, vault: Vault, due: Make) -> None:
    made = due()
    taken(database, vault, made)
    step = replace(made.steps[0], status=StepStatus.RUNNING, token="t", version=7, arguments={})
    further = replace(
        made, steps=[step], fence=1, log="a\0b", percent_progress=50, next_poll_time=now()
    )
    with database.write() as connection:
        polls.put_forward(connection, [further])
        found = operations.get(connection, made.id, vault)
    assert found.steps == [replace(step, arguments=made.steps[0].arguments)]
    assert (found.log, found.percent_progress) == ("a\ufffdb", 50)


@on_postgresql
def test_what_somebody_is_writing_is_passed_over(
    database: Database, vault: Vault, due: Make
) -> None:
    written, free = due(), due()
    both = [written.id, free.id]
    with database.write() as connection:
        operations.hurry(connection, written.id, now() - timedelta(seconds=1))
        with database.write() as beside:
            assert polls.unlocked(beside, both) == {free.id}
        assert taken(database, vault, written, free) == [free.id]

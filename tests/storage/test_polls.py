"""Many rows are taken and written at once, and nobody waits for a row while holding another."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import JSON, Boolean, Connection, Integer, String, Text, update

from gateway.model import Operation, OperationStatus, StepStatus, now
from gateway.storage import operations, polls
from gateway.storage.database import Database
from gateway.storage.tables import operations as table
from gateway.storage.tables.types import Instant, Told
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
        mine = polls.take(connection, [each.id for each in wanted], owner, now())
        rows = polls.read(connection, [each.id for each in mine])
    found = [operations.operation_of(row, vault) for row in rows]
    assert all(each.fence == 1 for each in found)
    return sorted(each.id for each in found)


def test_only_what_is_due_and_free_is_taken(database: Database, vault: Vault, due: Make) -> None:
    free = [due(), due()]
    later = due(next_poll_time=now() + timedelta(minutes=1))
    ended = due(status=OperationStatus.FAILED)
    assert taken(database, vault, *free, later, ended) == sorted(each.id for each in free)
    assert taken(database, vault, *free, owner="other") == []


WRITTEN = {
    Boolean: True,
    Instant: now() - timedelta(hours=1),
    Integer: 7,
    JSON: {"new": 1},
    String: "new",
    Text: "new",
    Told: "new",
}
"""Values that no fresh row has, by the types of columns."""

OF_POLLS = {"lease_owner", "lease_time", "fence", "next_poll_time"}
OF_PROGRESS = {"steps", "percent_progress", "status_text", "log", "log_start", "update_time"}


def marked(database: Database, made: Operation) -> polls.Taken:
    """Take an operation and give it back."""
    with database.write() as connection:
        [found] = polls.take(connection, [made.id], "me", now())
        operations.release(connection, replace(made, fence=found.fence))
    return found


def test_a_mark_tells_of_every_column_but_of_those_that_a_running_command_changes(
    database: Database, due: Make
) -> None:
    made = due(changes=False)
    last = marked(database, made)
    for column in table.c:
        if column.name in {"id", "status", *OF_POLLS, *OF_PROGRESS}:
            continue
        with database.write() as connection:
            value = WRITTEN[type(column.type)]
            connection.execute(update(table).values({column.name: value}))
        found = marked(database, made)
        assert found.mark != last.mark, column.name
        last = found


def test_a_mark_tells_of_a_wish_to_cancel_and_not_of_polls(database: Database, due: Make) -> None:
    made = due()
    first = marked(database, made)
    with database.write() as connection:
        time = now() - timedelta(seconds=1)
        polls.put_back(connection, [replace(made, fence=1, next_poll_time=time)])
    second = marked(database, made)
    assert (second.mark, second.fence) == (first.mark, first.fence + 1)
    with database.write() as connection:
        operations.request_cancel(connection, made.id)
    assert marked(database, made).mark != first.mark


def _put_forward(connection: Connection, operation: Operation, vault: Vault) -> None:
    del vault
    polls.put_forward(connection, [operation])


@pytest.mark.parametrize("write", [operations.save, _put_forward])
def test_whoever_writes_how_far_a_command_is_notes_the_time(
    database: Database, vault: Vault, due: Make, write: Callable[..., object]
) -> None:
    made = due()
    first = marked(database, made)
    assert first.update_time == made.update_time
    further = replace(made, fence=1, log="more", next_poll_time=now())
    with database.write() as connection:
        write(connection, further, vault)
        operations.release(connection, further)
    assert marked(database, made).update_time == further.update_time
    assert further.update_time > first.update_time


def test_what_a_row_says_after_progress_is_known_without_reading_it(
    database: Database, vault: Vault, due: Make
) -> None:
    made = due()
    taken(database, vault, made)
    step = replace(made.steps[0], status=StepStatus.RUNNING, token="t", version=7, arguments={})
    changed = {"log": "a\0b\ud800", "status_text": "\0", "percent_progress": 5, "log_start": 3}
    polled = replace(made, steps=[step], fence=1, context={"un": "written"}, **changed)
    with database.write() as connection:
        polls.put_forward(connection, [polled])
        found = operations.get(connection, made.id, vault)
    assert found.log == "a\ufffdb?"
    assert polls.advanced(replace(made, fence=1, next_poll_time=None), polled) == replace(
        found, next_poll_time=None
    )


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

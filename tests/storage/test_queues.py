"""What is due is offered by turns, and what is queued is counted by an index."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import event

from gateway.model import Operation, OperationStatus, Share, Urgency, now
from gateway.storage import operations, queues
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.conftest import on_sqlite
from tests.storage.test_operations import fresh

Make = Callable[..., Operation]
EARLY, LATE = now() - timedelta(hours=1), now() - timedelta(minutes=1)


@pytest.fixture
def free(database: Database, vault: Vault) -> Make:
    """Make operations that nobody holds, each with its first call due."""

    def add(reseller: str = "res_a", **values: object) -> Operation:
        whole = {"lock": None, "next_poll_time": EARLY, "reseller": reseller, **values}
        made = fresh(**whole)
        with database.write() as connection:
            operations.add(connection, made, vault, None)
        return made

    return add


def due(database: Database, limit: int = 32) -> list[str]:
    with database.read() as connection:
        return list(queues.due(connection, now(), limit))


def test_five_hundred_of_one_reseller_leave_a_turn_to_another(
    database: Database, free: Make
) -> None:
    for _ in range(50):
        free()
    other = free("res_b", next_poll_time=LATE)
    found = due(database)
    assert len(found) == 32
    assert found[1] == other.id


@pytest.mark.parametrize(
    "status", [OperationStatus.QUEUED, OperationStatus.RUNNING], ids=["new", "begun"]
)
def test_polls_and_first_calls_take_turns(
    database: Database, free: Make, status: OperationStatus
) -> None:
    others = set(OperationStatus) - {status}
    other = OperationStatus.RUNNING if OperationStatus.RUNNING in others else OperationStatus.QUEUED
    for _ in range(50):
        free(status=status)
    late = free(status=other, next_poll_time=LATE)
    assert due(database)[1] == late.id


def test_no_urgency_fills_the_offer(database: Database, free: Make) -> None:
    made = {each: [free(urgency=each).id for _ in range(9)] for each in Urgency}
    found = due(database, 4)
    assert Counter(each for each in Urgency for one in made[each] if one in found) == dict.fromkeys(
        Urgency, 4
    )
    assert len({found[0], found[1], found[2]} & {ids[0] for ids in made.values()}) == 3


def test_a_reseller_s_own_come_in_their_order(database: Database, free: Make) -> None:
    mine = [free().id for _ in range(5)]
    theirs = [free("res_b").id for _ in range(5)]
    found = due(database)
    assert [one for one in found if one in mine] == mine
    assert [one for one in found if one in theirs] == theirs
    assert all(len(list(run)) == 1 for _, run in groupby(one in mine for one in found))


def test_a_share_says_whose_place_is_taken(database: Database, free: Make) -> None:
    queued = free(urgency=Urgency.BULK)
    ended = free(status=OperationStatus.FAILED)
    whole = free(deployment=None)
    with database.read() as connection:
        found = queues.shares(connection, [queued.id, ended.id, whole.id])
    assert found == {queued.id: queued.share}
    assert queued.share == Share("dep_1", Urgency.BULK, "res_a")


def test_a_share_is_begun_once_something_was_sent(database: Database, free: Make) -> None:
    running = free(status=OperationStatus.RUNNING)
    with database.read() as connection:
        found = queues.shares(connection, [running.id])
    assert found == {running.id: running.share}
    assert found[running.id].begun


def test_only_what_is_queued_at_the_deployment_stands_in_line(
    database: Database, free: Make
) -> None:
    first = free("res_b")
    free(status=OperationStatus.RUNNING)
    free(status=OperationStatus.SUCCEEDED)
    free(deployment="dep_2")
    mine = [free() for _ in range(3)]
    with database.read() as connection:
        found = [
            (each.reseller, each.first, each.number) for each in queues.lines(connection, "dep_1")
        ]
        before = [queues.ahead_in_line(connection, one) for one in mine]
    assert found == [("res_b", first.id, 1), ("res_a", mine[0].id, 3)]
    assert before == [0, 1, 2]


@on_sqlite
def test_what_is_queued_is_found_by_an_index(database: Database, free: Make) -> None:
    free()
    query = queues.lines_query("dep_1").compile(
        database.engine, compile_kwargs={"literal_binds": True}
    )
    with database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert "USING INDEX ix_operations_deployment_status (deployment=? AND status=?)" in str(plan)


@on_sqlite
def test_what_is_not_due_is_not_looked_at(database: Database) -> None:
    steps: list[str] = []

    def explain(_: object, cursor: Any, statement: str, values: object, *__: object) -> None:  # noqa: ANN401 # SQLAlchemy's signature
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        steps.extend(step for *_, step in plan if step.startswith("SEARCH"))

    event.listen(database.engine, "before_cursor_execute", explain)
    with database.read() as connection:
        queues.due(connection, now(), 1)
    index = "SEARCH operations USING INDEX ix_operations_status_next_poll_time"
    assert steps == [f"{index} (status=? AND next_poll_time{each}?)" for each in "=<"]

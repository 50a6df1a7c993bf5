"""A million deliveries that wait cost nobody else anything: every question is a step into an index.

The tests ask with as many rows as a laptop makes in a second; that no plan looks at more than it
answers holds for any number.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from gateway.model import Cause, DeliveryStatus, Reach, Webhook, now
from gateway.storage import deliveries, webhooks
from gateway.storage.database import Database
from tests.events.stage import Post

MANY = 50_000
FILL = """
INSERT INTO deliveries (id, webhook, event, number, type, cause, body, status, attempts, next_time,
                        create_time, update_time)
SELECT 'dlv_' || n, :webhook, 'evt_' || n, n, 'instance.created', :cause, :body, :status, 0,
       :time, :time, :time
FROM numbers
"""
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
    "WHERE n < :many)",
    "postgresql": "WITH numbers(n) AS (SELECT generate_series(1, :many))",
}
WHOLE = ("SCAN deliveries", "USE TEMP B-TREE", "Seq Scan on deliveries")
"""What the plan of a database says that looks at everything."""

LOOKED_AT = re.compile(r"actual time=\S+ rows=(\d+)|Rows Removed by Filter: (\d+)")
FEW = 100
Question = Callable[[Post, Webhook, Connection], object]


@pytest.fixture
def full(everywhere: Post) -> tuple[Post, Webhook, Webhook]:
    """A webhook with a long queue, which is due, and one with none."""
    busy, idle = everywhere.webhook("a"), everywhere.webhook("b")
    kind = everywhere.database.engine.dialect.name
    query = f"{NUMBERS[kind]} {FILL}"
    time = now() - timedelta(minutes=1)
    values = {
        "many": MANY,
        "webhook": busy.id,
        "cause": Cause.EVENT,
        "body": b"{}",
        "status": DeliveryStatus.WAITING,
        "time": time.replace(tzinfo=None) if kind == "sqlite" else time,
    }
    with everywhere.database.write() as connection:
        connection.execute(text(query), values)
    if kind == "postgresql":
        with everywhere.database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))
    return everywhere, busy, idle


@contextmanager
def asked(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Note every question to the deliveries."""
    found: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
        if "deliveries" in statement and statement.lstrip().startswith("SELECT"):
            found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def plan(connection: Connection, statement: str, parameters: Any) -> str:  # noqa: ANN401 # the driver's
    """Return how a database answers."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN ANALYZE"
    rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join(str(row[-1]) for row in rows)


def looked_at(shown: str) -> int:
    """Return the most rows that a step of PostgreSQL's looked at."""
    found = (number for pair in LOOKED_AT.findall(shown) for number in pair if number)
    return max(map(int, found), default=0)


QUESTIONS: dict[str, Question] = {
    "who has something due": lambda _, __, connection: deliveries.due(connection),
    "what is due": lambda _, busy, connection: deliveries.take(connection, busy.id, 4, 4),
    "webhooks": lambda post, _, connection: webhooks.page(
        connection, Reach("/"), "", 50, post.vault
    ),
    "deliveries": lambda _, busy, connection: deliveries.page(connection, busy.id, {}, "", 51),
    "failed deliveries": lambda _, busy, connection: deliveries.page(
        connection, busy.id, {"status": "failed"}, "", 51
    ),
    "deliveries of a type": lambda _, busy, connection: deliveries.page(
        connection, busy.id, {"type": "store.failed"}, "", 51
    ),
    "what is old": lambda _, __, connection: deliveries.has_from_before(
        connection, now() - timedelta(days=30)
    ),
}


def test_no_question_looks_at_more_than_it_answers(full: tuple[Post, Webhook, Webhook]) -> None:
    post, busy, _ = full
    for name, question in QUESTIONS.items():
        with asked(post.database) as statements, post.database.write() as connection:
            question(post, busy, connection)
        with post.database.write() as connection:
            for statement, parameters in statements:
                shown = plan(connection, statement, parameters)
                assert not any(each in shown for each in WHOLE), (name, shown)
                assert looked_at(shown) <= FEW, (name, shown)


def test_what_is_due_is_found_in_spite_of_a_long_queue(full: tuple[Post, Webhook, Webhook]) -> None:
    post, busy, idle = full
    post.tell("b", many=3)
    post.dispatch().run()
    with post.database.write() as connection:
        assert {each.webhook for each in deliveries.due(connection)} == {busy.id, idle.id}
        assert len(deliveries.take(connection, busy.id, 4, 8)) == 4
        assert len(deliveries.take(connection, idle.id, 4, 8)) == 3


def test_the_check_sees_a_missing_index(full: tuple[Post, Webhook, Webhook]) -> None:
    post, busy, _ = full
    with post.database.write() as connection:
        for index in ("webhook_id", "webhook_status_id", "webhook_status_next_time"):
            connection.execute(text(f"DROP INDEX ix_deliveries_{index}"))
        connection.execute(text("DROP INDEX ix_deliveries_webhook_type_id"))
    with pytest.raises(AssertionError):
        test_no_question_looks_at_more_than_it_answers((post, busy, busy))

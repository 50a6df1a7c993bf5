"""What is asked of the database for usage is found by steps into an index, on both engines."""

import re
from random import Random
from typing import Any

import time_machine
from sqlalchemy import Engine, event, text

from gateway.billing.usage import Question, Usage
from gateway.billing.usage_items import Grouping
from gateway.billing.usage_log import UsageLog
from gateway.billing.usage_periods import Granularity, Period
from gateway.storage.database import Database
from tests.billing.usage_story import START, Story, caller

LARGE = "instances|figures|readings|usage_days|usage_events"
WALK = re.compile(rf"^SCAN ({LARGE})$|Seq Scan on ({LARGE})\b")
"""How SQLite and PostgreSQL say that they go through a whole table."""


def asked(database: Database, story: Story) -> list[tuple[str, Any]]:
    """Return the statements that all kinds of questions make, with their values."""
    found: list[tuple[str, Any]] = []

    def note(_one: object, _two: object, statement: str, values: Any, *_: object) -> None:  # noqa: ANN401 # the driver's
        found.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", note)
    with time_machine.travel(story.end, tick=False):
        for name in ("root", "a1"):
            for period in (None, Period(START.date(), story.end.date())):
                for grouping in Grouping:
                    question = Question(period, Granularity.TOTAL, grouping)
                    answer = Usage(database, 3600).ask(caller(name), question)
                    list(answer.items.after(None, 2))
            UsageLog(database, 31).part(caller(name), 0, 10)
        UsageLog(database, 31).condense()
    event.remove(database.engine, "before_cursor_execute", note)
    return found


def plan(engine: Engine, statement: str, values: Any) -> list[str]:  # noqa: ANN401 # the driver's
    """Return the plan of a statement, a step on each line.

    PostgreSQL would go through a table of ten rows whatever its indexes are.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        word = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        rows = connection.exec_driver_sql(word + statement, values)
        return [str(row[-1]).strip() for row in rows]


def test_no_large_table_is_walked_through(database: Database) -> None:
    story = Story(Random(7), 60)  # noqa: S311 # a history, not a secret
    story.play(database)
    statements = [each for each in asked(database, story) if each[0].startswith("SELECT")]
    walked = {
        statement: line
        for statement, values in statements
        for line in plan(database.engine, statement, values)
        if WALK.search(line)
    }

    assert walked == {}
    assert len(statements) > 100

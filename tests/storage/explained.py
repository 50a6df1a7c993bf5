"""How an engine carries statements out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """Collect how each statement of the block is carried out, a step in each line."""
    collected: list[str] = []
    said: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:  # noqa: ANN401 # the driver's
        said.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield collected
    finally:
        event.remove(connection, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    for statement, values in said:
        steps = connection.exec_driver_sql(explain + statement, values)
        collected.append("\n".join(str(step[-1]) for step in steps))

"""What reaches a database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def counted(engine: Engine) -> Iterator[list[tuple[str, int]]]:
    """Collect the statements that reach a database, with the number of rows that each binds."""
    seen: list[tuple[str, int]] = []

    def note(*call: object) -> None:
        _, _, statement, parameters, _, many = call
        number = len(parameters) if many and isinstance(parameters, list) else 1
        seen.append((str(statement), number))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)

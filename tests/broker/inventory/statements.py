"""The statements that a list costs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from tests.broker.inventory.scene import Scene


@contextmanager
def counted(scene: Scene) -> Iterator[list[tuple[str, int]]]:
    """Collect the statements that reach the database, with the number of rows they bind."""
    seen: list[tuple[str, int]] = []

    def note(*call: object) -> None:
        _, _, statement, parameters, _, many = call
        number = len(parameters) if many and isinstance(parameters, list) else 1
        seen.append((str(statement).split("(")[0].strip()[:40], number))

    engine = scene.core.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def written(statements: list[tuple[str, int]]) -> int:
    """Return how many instances were written."""
    return sum(number for text, number in statements if text.startswith("UPDATE instances"))

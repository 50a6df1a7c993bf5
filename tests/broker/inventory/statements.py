"""The statements that a list costs."""

from contextlib import AbstractContextManager

from tests.broker.inventory.scene import Scene
from tests.statements import counted as counted_on


def counted(scene: Scene) -> AbstractContextManager[list[tuple[str, int]]]:
    """Collect the statements that reach the scene's database, with the number of rows they bind."""
    return counted_on(scene.core.database.engine)


def written(statements: list[tuple[str, int]]) -> int:
    """Return how many instances were written."""
    return sum(number for text, number in statements if text.startswith("UPDATE instances"))

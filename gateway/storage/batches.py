"""Many ids or rows, a part at a time: a database has room for so many in one statement."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

SIZE: Final = 500

Item = TypeVar("Item")


def batches(some: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield ids in their order, as many at a time as one statement has."""
    return parts(sorted(some))


def parts(some: Sequence[Item], size: int = SIZE) -> Iterator[Sequence[Item]]:
    """Yield things in their order, as many at a time as one statement has, or as are wanted."""
    return (some[start : start + size] for start in range(0, len(some), size))

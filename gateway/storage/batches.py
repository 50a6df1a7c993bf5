"""Many ids, a part at a time: a database has room for so many in one statement."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

SIZE: Final = 500


def batches(some: Iterable[str]) -> Iterator[Sequence[str]]:
    """Yield ids in their order, as many at a time as one statement has."""
    every = sorted(some)
    return (every[start : start + SIZE] for start in range(0, len(every), SIZE))

"""Tables for people: a head, and a line for each thing."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Final

import rich_click as click
from rich.console import Console

Row = Sequence[str]

NOTHING: Final = "There are none."
GAP: Final = 2
LONG: Final = 20
"""A word of so many signs is folded rather than another column."""

NARROW: Final = 6


def table_of(head: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table that is wide enough for its longest words, or that there is nothing in it."""
    if not rows:
        yield NOTHING
        return
    for row in (head, *rows):
        yield from _lines(row, _longest(head, rows))


def folded(head: Row, rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield a table that is no wider than a screen.

    Long cells are folded. Where that is not enough, the first cell, by which a thing is named,
    stands on a line of its own, in one piece.
    """
    widths, least = _longest(head, rows), _least(head, rows)
    if sum(least) + GAP * (len(head) - 1) <= width:
        fitting = _shrunk(widths, least, width)
        for row in (head, *rows):
            yield from _lines(row, fitting)
        return
    others = _shrunk(widths[1:], [min(each, NARROW) for each in least[1:]], width - GAP)
    for first, *rest in (head, *rows):
        yield first
        yield from (f"{' ' * GAP}{line}" for line in _lines(rest, others))


def tell_table(head: Row, rows: Sequence[Row]) -> None:
    """Print a table: no wider than the terminal; elsewhere, and with NO_COLOR, as wide as it is."""
    console = Console()
    if not rows or not console.is_terminal or console.no_color:
        click.echo("\n".join(table_of(head, rows)))
        return
    click.echo("\n".join(folded(head, rows, console.width)))


def _longest(head: Row, rows: Sequence[Row]) -> list[int]:
    return [max(map(len, column)) for column in zip(head, *rows, strict=True)]


def _least(head: Row, rows: Sequence[Row]) -> list[int]:
    """Return how wide each column must be for its words, but for the longest ones."""
    words = [
        max((len(word) for cell in column for word in cell.split()), default=1)
        for column in zip(head, *rows, strict=True)
    ]
    return [words[0], *(min(each, LONG) for each in words[1:])]


def _shrunk(widths: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Return widths that fit, of which the widest were taken from; never less than the least."""
    found = list(widths)
    while sum(found) + GAP * (len(found) - 1) > width:
        spare = [have - need for have, need in zip(found, least, strict=True)]
        if max(spare) <= 0:
            break
        widest = max((each for each in range(len(found)) if spare[each] > 0), key=found.__getitem__)
        found[widest] -= 1
    return found


def _lines(row: Row, widths: Sequence[int]) -> Iterator[str]:
    cells = [_fold(cell, width) for cell, width in zip(row, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield (" " * GAP).join(padded).rstrip()


def _fold(cell: str, width: int) -> list[str]:
    return [cell] if len(cell) <= width else wrap(cell, width)

"""Tables for people: a head, and a line for each thing."""

from collections.abc import Iterator, Sequence

Row = Sequence[str]


def table_of(head: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table that is wide enough for its longest words, or that there is nothing in it."""
    if not rows:
        yield "There are none."
        return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()

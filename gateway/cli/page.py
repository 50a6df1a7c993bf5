"""A page of a list, as REST answers it, told to somebody or to a program."""

from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

from gateway.cli.options import MOST
from gateway.cli.table import Row, tell_table
from gateway.cli.watching import pretty


def tell_page(page: Mapping[str, Any], head: Row, rows: Sequence[Row], *, as_json: bool) -> None:
    """Print a page, and how somebody sees what it has left out.

    Args:
        page: ``items``, and ``nextCursor``, None if there is nothing more.
        head: of the table.
        rows: of the table, one for each item.
        as_json: print the page as it is, and nothing else.
    """
    if as_json:
        click.echo(pretty(page))
        return
    tell_table(head, rows)
    if page["nextCursor"]:
        click.echo(more_of(page["nextCursor"], len(rows)), err=True)


def more_of(cursor: str, shown: int) -> str:
    """Return how somebody sees what a list has left out.

    Args:
        cursor: of the next page.
        shown: how many things the list had.
    """
    if shown >= MOST:
        return f"There are more: --cursor {cursor}"
    return f"There are more: these are {shown}, --limit N shows up to {MOST}."

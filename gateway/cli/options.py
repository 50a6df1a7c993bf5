"""Options that several commands which talk to a running gateway have."""

from typing import Final

import rich_click as click

MOST: Final = 500
"""Of one page, as REST has it."""


def more_of(cursor: str, shown: int) -> str:
    """Return how somebody sees what a list has left out.

    Args:
        cursor: of the next page.
        shown: how many things the list had.
    """
    if shown >= MOST:
        return f"There are more: --cursor {cursor}"
    return f"There are more: these are {shown}, --limit N shows up to {MOST}."


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, as REST has it.")
limit_option = click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=50,
    show_default=True,
    metavar="N",
    help="How many at most.",
)
cursor_option = click.option(
    "--cursor", metavar="CURSOR", help="Go on where an earlier list ended."
)

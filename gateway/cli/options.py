"""Options that several commands which talk to a running gateway have."""

from typing import Final

import rich_click as click

MOST: Final = 500
"""Of one page, as REST has it."""

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

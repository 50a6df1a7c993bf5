"""Makes the commands of rows."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

import rich_click as click

from gateway.cli.account import access_options
from gateway.cli.examples import examples
from gateway.cli.nouns.carrying import make_change, show_list, show_page
from gateway.cli.nouns.completion import complete
from gateway.cli.nouns.fields import Decorator, options_of
from gateway.cli.nouns.kinds import Kind
from gateway.cli.nouns.rows import Asked, Change, Listing, Page, Row
from gateway.cli.options import json_option
from gateway.cli.watching import EXIT_WORDS

Carrier = Callable[..., None]

CARRIERS: Final[Sequence[tuple[type[Row], Carrier]]] = (
    (Listing, show_list),
    (Page, show_page),
    (Change, make_change),
)

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
no_wait_option = click.option(
    "--no-wait", is_flag=True, help="Print the operation's id and do not follow it."
)
rehearse_option = click.option(
    "--validate-only", is_flag=True, help="Only say whether it would be done."
)


class RowCommand(click.RichCommand):
    """A command that was made of a row.

    Args:
        row: that one.
    """

    def __init__(self, *traits: Any, row: Row, **more: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*traits, **more)
        self.row = row


def group_of(name: str, said: str, rows: Iterable[Row]) -> click.RichGroup:
    """Return the group of a noun, with a command for each row.

    Args:
        name: of the group, a plural.
        said: what its commands do, as a sentence.
        rows: its verbs.
    """
    verbs = list(rows)
    shown = [f"spe-gateway {name} {row.name} {row.examples[0]}".rstrip() for row in verbs[:3]]
    group = click.RichGroup(
        name=name,
        help=said,
        epilog=examples(*shown),
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for row in verbs:
        add_row(group, row)
    return group


def add_row(group: click.Group, row: Row) -> None:
    """Add the command of a row to a group."""
    carrier = next(carry for kind, carry in CARRIERS if isinstance(row, kind))
    add_command(group, row, partial(carrier, row))


def add_command(
    group: click.Group, row: Row, carry: Callable[..., None], *, many: bool = False
) -> None:
    """Add a command with the options of a row to a group.

    Args:
        group: gets it.
        row: its name, help, arguments and options.
        carry: is called with whatever was given, by its name.
        many: whether the last argument may be repeated.
    """

    def command(**given: Any) -> None:  # noqa: ANN401 - of each its own type
        carry(given)

    wrapped: Callable[..., object] = command
    for decorate in reversed(list(_decorators(row, many=many))):
        wrapped = decorate(wrapped)
    lines = [f"spe-gateway {group.name} {row.name} {words}".rstrip() for words in row.examples]
    made = click.command(
        row.name, cls=RowCommand, row=row, help=_help(row), epilog=examples(*lines)
    )
    group.add_command(made(wrapped))


def argument_of(kind: Kind, *, many: bool = False) -> Decorator:
    """Return the argument that names a thing."""
    return click.argument(
        kind.noun,
        metavar=f"{kind.noun.upper()}{'...' if many else ''}",
        nargs=-1 if many else 1,
        required=True,
        shell_complete=complete(kind),
    )


def _decorators(row: Row, *, many: bool) -> Iterable[Decorator]:
    for kind in row.kinds:
        yield argument_of(kind, many=many and kind is row.kinds[-1])
    yield options_of(*row.fields)
    if isinstance(row, Listing):
        yield _limit_option(row)
    if isinstance(row, Change):
        if row.asked is not Asked.NOTHING:
            yield yes_option
        if row.rehearsed:
            yield rehearse_option
        if row.lasting:
            yield no_wait_option
    yield access_options
    yield json_option


def _limit_option(row: Listing) -> Decorator:
    words = f"How many at most; by default {row.most or 'all'}."
    kind = click.IntRange(1)
    return click.option("--limit", type=kind, default=row.most, metavar="N", help=words)


def _help(row: Row) -> str:
    follows = isinstance(row, Change) and row.lasting
    return f"{row.help}\n\n{EXIT_WORDS}" if follows else row.help

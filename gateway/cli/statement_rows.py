"""Statements over REST: which there are, what one says, and what a figure consists of."""

from typing import Final

import rich_click as click

from gateway.cli.nouns.carrying import target_of
from gateway.cli.nouns.fields import Given
from gateway.cli.nouns.group import add_command, add_row
from gateway.cli.nouns.kinds import INSTANCE, RESELLER
from gateway.cli.nouns.reading import read
from gateway.cli.nouns.rows import Field, Listing, Page
from gateway.cli.nouns.showing import Column, Thing, text_of
from gateway.cli.sizes import amount, size
from gateway.cli.table import tell_table
from gateway.cli.watching import pretty

MEASURES: Final = ("licences", "users", "messages", "bytes")
EXAMPLE: Final = "stm_01a1fd4c26a37b53a24c2ebdf1d2cb79"
HEAD: Final = ("INSTANCE", "NAME", "LICENCES", "PEAK", "AVERAGE", "USERS", "MESSAGES", "SIZE")

LIST: Final = Listing(
    name="list",
    path="/statements",
    help="List the statements of your reseller and of those below it, the last months first.",
    examples=("", "--month 2026-10 --json"),
    fields=(
        Field("reseller", "Only this reseller's.", of=RESELLER, in_query=True),
        Field("month", "Only this month, as 2026-10.", in_query=True),
        Field(
            "status",
            "Only those in this state.",
            choices=("open", "closed", "acknowledged"),
            in_query=True,
        ),
    ),
    columns=(
        Column("ID", "id"),
        Column("MONTH", "month"),
        Column("RESELLER", "reseller", RESELLER),
        Column("STATUS", "status"),
        Column("CLOSED (UTC)", "closeTime"),
    ),
)
SHOW: Final = Page(
    name="show",
    path="/statements/{statement}",
    help="Show a statement: its lines, its sums, its corrections, and what was not read.",
    examples=(EXAMPLE, f"{EXAMPLE} --json"),
)
EXPLAIN: Final = Listing(
    name="explain",
    path="/statements/{statement}/explain",
    help="List the readings that a figure of a statement consists of.",
    examples=(f"{EXAMPLE} --measure licences --instance acme",),
    fields=(
        Field("measure", "Which figure.", choices=MEASURES, required=True, in_query=True),
        Field("instance", "Of this instance; else of all.", of=INSTANCE, in_query=True),
    ),
    columns=(
        Column("READING", "reading"),
        Column("TIME (UTC)", "time"),
        Column("VALUE", "value"),
        Column("SHA-256 OF THE ANSWER", "raw"),
    ),
)


def add_statement_rows(group: click.RichGroup) -> None:
    """Add list, show and explain to the group of statements."""
    add_row(group, LIST)
    add_command(group, SHOW, _show)
    add_row(group, EXPLAIN)


def _show(given: Given) -> None:
    """Print a statement as a table with its sums, and what must be known of it."""
    target = target_of(SHOW, given)
    with target.advised():
        found = read(target.account, target.path)
    if given["as_json"]:
        click.echo(pretty(found))
        return
    click.echo(f"{found['month']}, {found['status']}, of {found['reseller']}")
    rows = [_row(line["instanceID"], line["displayName"], line) for line in found["lines"]]
    total = _row("(all)", None, {"measures": found["corrected"] or found["figures"]})
    tell_table(HEAD, [*rows, total])
    for correction in found["corrections"]:
        amounts = f"{correction['amount']:+} {correction['measure']}"
        click.echo(f"corrected: {amounts}, {text_of(correction['reason'])}")
    for gap in found["completeness"]["gaps"]:
        click.echo(f"not read: {text_of(gap)}", err=True)
    days = sorted({each["day"] for each in found["completeness"]["unclosed"]})
    if days:
        click.echo(f"not added up yet: {', '.join(days)}", err=True)


def _row(instance: str, name: str | None, line: Thing) -> tuple[str, ...]:
    held = {measure: line["measures"][measure] or {} for measure in MEASURES}
    licences = held["licences"]
    return (
        text_of(instance),
        text_of(name),
        *(amount(licences.get(figure)) for figure in ("latest", "peak", "average")),
        amount(held["users"].get("latest")),
        amount(held["messages"].get("latest")),
        size(held["bytes"].get("latest")),
    )

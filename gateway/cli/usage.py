"""``spe-gateway usage``: what instances use, and what a bill depends on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import rich_click as click

from gateway.cli.account import Account, access_options, account_of
from gateway.cli.api_client import Call
from gateway.cli.examples import examples
from gateway.cli.nouns.completion import complete
from gateway.cli.nouns.fields import Decorator
from gateway.cli.nouns.kinds import DEPLOYMENT, INSTANCE, RESELLER, Kind, id_of
from gateway.cli.nouns.reading import read_all
from gateway.cli.nouns.showing import Column, Thing, rows_of, text_of
from gateway.cli.options import json_option, limit_option
from gateway.cli.sizes import amount, size
from gateway.cli.table import tell_table
from gateway.cli.watching import pretty

GRANULARITIES: Final = ("total", "day", "month")
GROUPS: Final = ("instance", "reseller", "deployment")
NARROWED: Final = (RESELLER, DEPLOYMENT, INSTANCE)
EVENT_HEAD: Final = ("NUMBER", "TIME (UTC)", "TYPE", "INSTANCE", "DATA")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("spe-gateway usage list", "spe-gateway usage events --after 4711"),
)
def usage() -> None:
    """See what instances use: licences, users, messages and bytes."""


def _narrowing(kind: Kind) -> Decorator:
    return click.option(
        f"--{kind.noun}",
        metavar="ID|NAME",
        help=f"Only this {kind.noun}.",
        shell_complete=complete(kind),
    )


@usage.command(
    "list",
    epilog=examples(
        "spe-gateway usage list",
        "spe-gateway usage list --from 2026-11-01 --granularity day --instance acme",
        "spe-gateway usage list --from 2026-10-01 --to 2026-11-01 --group-by reseller",
        "spe-gateway usage list --from 2026-10-01 --to 2026-11-01 --csv > october.csv",
    ),
)
@click.option("--from", "from_", metavar="DAY", help="First day, in UTC; by default what is now.")
@click.option("--to", metavar="DAY", help="The day after the last one; by default up to now.")
@click.option("--granularity", type=click.Choice(GRANULARITIES), help="A row for each of these.")
@click.option("--group-by", type=click.Choice(GROUPS), help="Add up for each of these.")
@_narrowing(RESELLER)
@_narrowing(DEPLOYMENT)
@_narrowing(INSTANCE)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, as REST has it.")
@access_options
@json_option
def list_(*, as_json: bool, as_csv: bool, **given: Any) -> None:  # noqa: ANN401 # of each its own type
    """List usage: what there is now, or what a period came to.

    Of a period, LICENCES is the last value in it, PEAK the greatest and AVERAGE that of all
    readings. A time without readings is said, and counts as nothing, not as zero.
    """
    if as_json and as_csv:
        raise click.UsageError("Give --json or --csv, not both.")
    account = account_of(given)
    query = _query(account, given)
    if as_csv:
        _print_csv(account, query)
        return
    found = read_all(account, "/usage", query)
    if as_json:
        click.echo(pretty(found))
        return
    columns = _columns(given)
    tell_table([each.head for each in columns], rows_of(account, columns, found["items"]))
    for gap in found["completeness"]["gaps"]:
        click.echo(_gap(gap), err=True)


@usage.command(
    epilog=examples(
        "spe-gateway usage events", "spe-gateway usage events --after 4711 --limit 500 --json"
    )
)
@click.option(
    "--after",
    type=click.IntRange(0),
    default=0,
    metavar="NUMBER",
    help="Those after this number; by default from the first on.",
)
@limit_option
@access_options
@json_option
def events(after: int, limit: int, *, as_json: bool, **access: str | None) -> None:
    """List what bills depend on: instances that come, go or rest, and numbers of licences."""
    query = urlencode({"after": after, "limit": limit})
    found = account_of(access).call(Call("GET", f"/usage/events?{query}")).body
    if as_json:
        click.echo(pretty(found))
        return
    tell_table(EVENT_HEAD, [_event(each) for each in found["items"]])
    if not found["isLast"]:
        click.echo(f"There are more: --after {found['after']}", err=True)


def _query(account: Account, given: Mapping[str, Any]) -> dict[str, str]:
    """Return what is asked; names become ids."""
    plain = {
        "from": given["from_"],
        "to": given["to"],
        "granularity": given["granularity"],
        "groupBy": given["group_by"],
    }
    narrowed = {
        kind.noun: id_of(account, kind, given[kind.noun], {})
        for kind in NARROWED
        if given[kind.noun]
    }
    return {name: value for name, value in plain.items() if value} | narrowed


def _print_csv(account: Account, query: Mapping[str, str]) -> None:
    """Print the answer as it comes; one that breaks off is a failure."""
    call = Call("GET", f"/usage?{urlencode(query)}", {"Accept": "text/csv"})
    with account.listen(call) as stream:
        for line in stream.lines:
            click.echo(line)


def _columns(given: Mapping[str, Any]) -> Sequence[Column]:
    """Return what is shown of each row: who, when, and how much."""
    owner = Column("RESELLER", "resellerName")
    who = {
        "reseller": (owner,),
        "deployment": (Column("DEPLOYMENT", "deployment", DEPLOYMENT),),
    }.get(given["group_by"] or "", (Column("INSTANCE", "instanceID"), owner))
    when = (Column("FROM", "from"), Column("TO", "to")) if given["from_"] or given["to"] else ()
    spread = (
        (Column("PEAK", _of("licences", "peak")), Column("AVERAGE", _of("licences", "average")))
        if when
        else ()
    )
    return (
        *who,
        *when,
        Column("LICENCES", _of("licences")),
        *spread,
        Column("USERS", _of("users")),
        Column("MESSAGES", _of("messages")),
        Column("SIZE", lambda thing: size(_figure(thing, "bytes", "latest"))),
    )


def _of(measure: str, figure: str = "latest") -> Any:  # noqa: ANN401 # as Column takes it
    return lambda thing: amount(_figure(thing, measure, figure))


def _figure(thing: Thing, measure: str, figure: str) -> float | None:
    held = thing["measures"][measure]
    return held[figure] if held else None


def _gap(gap: Mapping[str, Any]) -> str:
    return (
        f"Nothing was read of {gap['deployment']} from {text_of(gap['from'])} to "
        f"{text_of(gap['to'])}: {gap['problem']}."
    )


def _event(event: Mapping[str, Any]) -> tuple[str, ...]:
    time = text_of(event["time"]).removesuffix(" UTC")
    told = text_of(event.get("instance")), text_of(event["data"])
    return (str(event["number"]), time, text_of(event["type"]), *told)

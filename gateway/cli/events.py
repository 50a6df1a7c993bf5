"""``spe-gateway events``: what has happened, and what happens."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import rich_click as click

from gateway.cli.account import Account, Refused, access_options, account_of
from gateway.cli.api_client import Call
from gateway.cli.event_source import Event
from gateway.cli.examples import examples
from gateway.cli.failure import INTERRUPTED, Failure
from gateway.cli.nouns.showing import text_of
from gateway.cli.options import json_option, limit_option
from gateway.cli.progress import FOUND, LOST
from gateway.cli.table import tell_table
from gateway.cli.tailing import Tailing
from gateway.cli.watching import pretty
from gateway.events.types import WORDS

HEAD: Final = ("NUMBER", "TIME (UTC)", "TYPE", "SUBJECT", "DATA")
SAID: Final = {"lost": LOST, "found": FOUND}
TRIMMED: Final = "EVENTS_TRIMMED"
WIDTH: Final = 24
"""Of the type, in lines that come one by one."""


def complete_types(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Return what the last word of a list of types can become, for a shell."""
    before, comma, last = begun.rpartition(",")
    return [f"{before}{comma}{word}" for word in WORDS if word.startswith(last)]


types_option = click.option(
    "--types",
    default="",
    metavar="TYPES",
    help="Only these, with commas: instance.created,quota.* (docs/events.md lists them).",
    shell_complete=complete_types,
)


class Left(Failure):
    """Somebody stopped listening; the log goes on."""

    status = INTERRUPTED


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("spe-gateway events list", "spe-gateway events tail --types 'instance.*'"),
)
def events() -> None:
    """See what has happened to your reseller and below it, and follow what happens."""


@events.command(
    "list",
    epilog=examples(
        "spe-gateway events list",
        "spe-gateway events list --types operation.failed,operation.unknown",
        "spe-gateway events list --after 4711 --limit 500 --json",
    ),
)
@types_option
@click.option(
    "--after",
    type=click.IntRange(0),
    metavar="NUMBER",
    help="Those after this number; by default the last ones.",
)
@limit_option
@access_options
@json_option
def list_(
    types: str, after: int | None, limit: int, *, as_json: bool, **access: str | None
) -> None:
    """List events in their order."""
    account = account_of(access)
    begin = _last(account) - limit if after is None else after
    found = _part(account, max(begin, 0), types, limit, is_chosen=after is not None)
    if as_json:
        click.echo(pretty(found))
        return
    tell_table(HEAD, [_row(each) for each in found["items"]])
    if not found["isLast"]:
        click.echo(f"There are more: --after {found['after']}", err=True)


@events.command(
    epilog=examples(
        "spe-gateway events tail",
        "spe-gateway events tail --types 'instance.*,operation.failed'",
        "spe-gateway events tail --after 4711 --json >> events.ndjson",
    )
)
@types_option
@click.option(
    "--after",
    type=click.IntRange(0),
    metavar="NUMBER",
    help="Begin with the next one after this; by default with what happens from now on.",
)
@access_options
@click.option("--json", "as_json", is_flag=True, help="Print each event as a line of JSON.")
def tail(types: str, after: int | None, *, as_json: bool, **access: str | None) -> None:
    """Follow events until Ctrl-C, which ends it with status 130.

    A connection that breaks is made again, and goes on where it was: nothing is left out, nothing
    comes twice. At the end the number is said with which to go on.
    """
    tailing = Tailing(account_of(access), types, after)
    try:
        for event in tailing.events():
            _say(event, as_json=as_json)
    except KeyboardInterrupt:
        raise Left(_farewell(tailing.position)) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more


def _say(event: Event, *, as_json: bool) -> None:
    if event.name == "begun":
        click.echo(f"Following what comes after {event.data['number']} ...", err=True)
    elif event.name in SAID:
        click.echo(SAID[event.name], err=True)
    elif as_json:
        click.echo(json.dumps(event.data, ensure_ascii=False))
    else:
        number, time, kind, subject, data = _row(event.data)
        click.echo(f"{number:>6}  {time}  {kind:{WIDTH}}  {subject}  {data}".rstrip())


def _row(event: Mapping[str, Any]) -> tuple[str, ...]:
    shown = text_of(event["time"]).removesuffix(" UTC")
    data = {name: value for name, value in event["data"].items() if value is not None}
    told = text_of(event["type"]), text_of(event["subject"]), text_of(data)
    return (str(event["number"]), shown, *told)


def _last(account: Account) -> int:
    """Return the number of the last event."""
    found: int = _part(account, None, "", 1, is_chosen=False)["last"]
    return found


def _part(
    account: Account, after: int | None, types: str, limit: int, *, is_chosen: bool
) -> dict[str, Any]:
    """Return a part of the log; one that nobody has chosen begins with what is kept."""
    query = {"limit": limit} | ({"types": types} if types else {})
    query |= {} if after is None else {"after": after}
    try:
        found: dict[str, Any] = account.call(Call("GET", f"/events?{urlencode(query)}")).body
    except Refused as error:
        if is_chosen or error.code != TRIMMED:
            raise
        return _part(account, error.problem["oldest"] - 1, types, limit, is_chosen=True)
    return found


def _farewell(position: int | None) -> str:
    if position is None:
        return "stopped before anything was heard."
    return f"stopped; 'spe-gateway events tail --after {position}' goes on from here."

"""``spe-gateway resellers quotas``: what a reseller and all below it may have together."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import rich_click as click

from gateway.cli.account import Account, access_options, account_of, explained
from gateway.cli.api_client import Call
from gateway.cli.examples import examples
from gateway.cli.nouns.group import argument_of
from gateway.cli.nouns.kinds import RESELLER, id_of
from gateway.cli.options import json_option
from gateway.cli.table import tell_table
from gateway.cli.watching import pretty
from gateway.errors import NotFound, PreconditionFailed

HEAD: Final = ("OF", "OWN LIMIT", "USED", "LEFT")
UNLIMITED: Final = "unlimited"
NONE: Final = "none"
RESOURCES: Final[Mapping[str, str]] = {
    "instances": "instances",
    "users": "users",
    "stores": "stores",
    "concurrent_operations": "concurrentOperations",
}
"""The members by the options."""

NEXT: Final[Mapping[str, str]] = {
    NotFound.code: "There is no reseller {0} that you may see: 'spe-gateway resellers list' shows "
    "those that you may.",
    PreconditionFailed.code: "Somebody else has set other quotas of {0} meanwhile: look at them "
    "with 'spe-gateway resellers quotas show {0}', and set yours again.",
}


def limit_of(_: click.Context, __: click.Parameter, given: str | None) -> int | str | None:
    """Return a number, ``unlimited`` for null, or ``none`` for no limit of its own.

    Raises:
        click.BadParameter: it is none of them.
    """
    if given in {None, UNLIMITED, NONE}:
        return given
    if given.isascii() and given.isdigit():
        return int(given)
    raise click.BadParameter(f"{given} is no number, {UNLIMITED} or {NONE}")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "spe-gateway resellers quotas show North",
        "spe-gateway resellers quotas set North --instances 50",
    ),
)
def quotas() -> None:
    """See and set what a reseller and all below it may have together."""


@quotas.command(
    epilog=examples(
        "spe-gateway resellers quotas show North", "spe-gateway resellers quotas show North --json"
    )
)
@argument_of(RESELLER)
@access_options
@json_option
def show(reseller: str, *, as_json: bool, **access: str | None) -> None:
    """Show the limits of a reseller, what is used, and what is left."""
    account = account_of(access)
    with explained(NEXT, reseller):
        found = account.call(Call("GET", _path(account, reseller))).body
    _tell(found, as_json=as_json)


@quotas.command(
    "set",
    epilog=examples(
        "spe-gateway resellers quotas set North --instances 50 --users 2000",
        "spe-gateway resellers quotas set North --instances none --json",
    ),
)
@argument_of(RESELLER)
@click.option("--instances", callback=limit_of, metavar="N", help="How many instances.")
@click.option("--users", callback=limit_of, metavar="N", help="How many users in all of them.")
@click.option("--stores", callback=limit_of, metavar="N", help="How many stores in all of them.")
@click.option(
    "--concurrent-operations",
    callback=limit_of,
    metavar="N",
    help="How many changes at the same time.",
)
@access_options
@json_option
def set_(reseller: str, *, as_json: bool, **given: Any) -> None:  # noqa: ANN401 - of each its own type
    """Set limits of a reseller; those that are not given stay as they are.

    Each is a number, 'none' for no limit of its own, or 'unlimited', for which the limits above do
    not count either.
    """
    wanted = {
        name: given[option] for option, name in RESOURCES.items() if given[option] is not None
    }
    if not wanted:
        raise click.UsageError("Say which limit is to be set; --help shows them.")
    account = account_of(given)
    with explained(NEXT, reseller):
        path = _path(account, reseller)
        before = account.call(Call("GET", path))
        limits = dict(_limits({**before.body["limits"], **wanted}))
        headers = {"If-Match": before.headers["ETag"]}
        found = account.call(Call("PUT", path, headers, {"limits": limits})).body
    _tell(found, as_json=as_json)


def _path(account: Account, reseller: str) -> str:
    return f"/resellers/{id_of(account, RESELLER, reseller, {})}/quotas"


def _limits(wanted: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    for name, limit in wanted.items():
        if limit != NONE:
            yield name, None if limit == UNLIMITED else limit


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(pretty(found))
        return
    rows = [
        (name, _own(found["limits"], name), str(use["used"]), _left(use))
        for name, use in found["usage"].items()
    ]
    tell_table(HEAD, rows)


def _own(limits: Mapping[str, Any], name: str) -> str:
    if name not in limits:
        return NONE
    return UNLIMITED if limits[name] is None else str(limits[name])


def _left(use: Mapping[str, Any]) -> str:
    effective = use["effective"]
    return UNLIMITED if effective is None else str(effective["available"])

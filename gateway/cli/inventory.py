"""``spe-gateway inventory``: what deployments have, adopted and released."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import rich_click as click

from gateway.cli.account import access_options, account_of, explained
from gateway.cli.api_client import Call
from gateway.cli.examples import examples
from gateway.cli.nouns.fields import labels_of
from gateway.cli.nouns.kinds import DEPLOYMENT, id_of
from gateway.cli.options import cursor_option, json_option, limit_option
from gateway.cli.page import tell_page
from gateway.cli.progress import printable
from gateway.cli.table import Row, tell_table
from gateway.cli.watching import pretty
from gateway.errors import NotFound

FILTERS: Final = ("deployment", "limit", "cursor")
HEAD: Final = ("ID", "INSTANCE", "STATUS", "DEPLOYMENT", "HOST", "WAS OF")
OVERVIEW: Final = (
    "DEPLOYMENT",
    "ASKED (UTC)",
    "LISTED",
    "UNOWNED",
    "MISSING",
    "CHANGED",
    "TROUBLE",
)
EXAMPLE: Final = "ins_01a1fd5103af767aadbe1f4d3b44b8c3"
OWNER: Final = "res_01a1fd4c26a37b53a24c2ebdf1d2cb79"
NEXT: Final[Mapping[str, str]] = {
    "adopt": "There is no instance {0} without an owner, or no such reseller: "
    "'spe-gateway inventory unowned' shows what can be adopted.",
    "release": "There is no instance {0} that has an owner.",
    "refresh": "There is no deployment {0}: 'spe-gateway deployments list' shows them.",
}
"""What to say of what is not there, by the command."""

check_option = click.option(
    "--check", "--validate-only", "check", is_flag=True, help="Only say whether it would be done."
)
instance_argument = click.argument("instance", metavar="ID")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "spe-gateway inventory unowned",
        f"spe-gateway inventory adopt {EXAMPLE} --reseller {OWNER}",
    ),
)
def inventory() -> None:
    """See what deployments list and nobody owns, adopt it, and release what is owned."""


@inventory.command(
    "list", epilog=examples("spe-gateway inventory list", "spe-gateway inventory list --json")
)
@limit_option
@cursor_option
@access_options
@json_option
def list_(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - of each its own type
    """List the deployments: when each was asked last, and what stands against what is known."""
    _listed("/inventory", OVERVIEW, _overview, options, as_json=as_json)


@inventory.command(epilog=examples("spe-gateway inventory refresh alpha"))
@click.argument("deployment", metavar="NAME|ID")
@access_options
@json_option
def refresh(deployment: str, *, as_json: bool, **access: str | None) -> None:
    """Ask a deployment now for all its instances; every few minutes that happens by itself."""
    account = account_of(access)
    opaque = id_of(account, DEPLOYMENT, deployment, {})
    with explained({NotFound.code: NEXT["refresh"]}, deployment):
        found = account.call(Call("POST", f"/deployments/{opaque}/inventory/refresh")).body
    if as_json:
        click.echo(pretty(found))
        return
    tell_table(OVERVIEW, [_overview(found)])


@inventory.command(
    epilog=examples("spe-gateway inventory unowned", "spe-gateway inventory unowned --json")
)
@click.option("--deployment", metavar="NAME|ID", help="Only those on this deployment.")
@limit_option
@cursor_option
@access_options
@json_option
def unowned(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - of each its own type
    """List the instances that deployments list and nobody owns.

    WAS OF names the reseller that alone can have an instance, because its id was that reseller's.
    """
    _listed("/inventory/unowned", HEAD, _row, options, as_json=as_json)


@inventory.command(
    epilog=examples(
        f"spe-gateway inventory adopt {EXAMPLE} --reseller {OWNER} --check",
        f"spe-gateway inventory adopt {EXAMPLE} --reseller {OWNER} --label plan=gold",
    )
)
@instance_argument
@click.option("--reseller", required=True, metavar="ID", help="The new owner (res_…).")
@click.option("--external-id", metavar="TEXT", help="Its id in your own system.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="A label; repeatable.")
@check_option
@access_options
@json_option
def adopt(
    instance: str,
    reseller: str,
    external_id: str | None,
    labels: Sequence[str],
    *,
    check: bool,
    as_json: bool,
    **access: str | None,
) -> None:
    """Give an instance that nobody owns to a reseller; nothing is changed at SPE.

    It is read there once more before. An id that was ever another reseller's is never given away.
    """
    given = {"externalId": external_id} if external_id else {}
    body = {"reseller": reseller, "labels": labels_of(labels), **given}
    found = _told(access, "adopt", instance, body, check=check)
    if found is None:
        click.echo(f"{instance} can be adopted by {reseller}.")
    elif as_json:
        click.echo(pretty(found))
    else:
        click.echo(f"{found['instanceID']} is adopted by {reseller} as {instance}.")


@inventory.command(
    epilog=examples(f"spe-gateway inventory release {EXAMPLE} --instance-id acme"),
)
@instance_argument
@click.option(
    "--instance-id",
    required=True,
    metavar="NAME",
    help="SPE's own id of the instance, as confirmation.",
)
@check_option
@access_options
@json_option
def release(
    instance: str, instance_id: str, *, check: bool, as_json: bool, **access: str | None
) -> None:
    """Let an instance go that is missing, or that is to be managed elsewhere.

    Nothing is sent to SPE. Its id stays its owner's, who alone can have it back.
    """
    found = _told(access, "release", instance, {"instanceID": instance_id}, check=check)
    if found is None:
        click.echo(f"{instance} can be released.")
    else:
        click.echo(pretty(found) if as_json else f"{instance} is released.")


def _listed(
    path: str,
    head: Row,
    row_of: Callable[[Mapping[str, Any]], Row],
    options: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Print a page of a list."""
    account = account_of(options)
    wanted = {name: options[name] for name in FILTERS if options.get(name)}
    if "deployment" in wanted:
        wanted["deployment"] = id_of(account, DEPLOYMENT, wanted["deployment"], {})
    page = account.call(Call("GET", f"{path}?{urlencode(wanted)}")).body
    tell_page(page, head, [row_of(each) for each in page["items"]], as_json=as_json)


def _overview(found: Mapping[str, Any]) -> Row:
    asked = (found["asOf"] or "never")[:19].replace("T", " ")
    numbers = (str(found[name]) for name in ("unowned", "missing", "changed"))
    trouble = "the list is doubted" if found["doubt"] else found["problem"] or ""
    listed = "" if found["number"] is None else str(found["number"])
    return (found["deployment"], asked, listed, *numbers, trouble)


def _row(found: Mapping[str, Any]) -> Row:
    names = ("id", "instanceID", "status", "deployment", "instanceHost", "formerReseller")
    return tuple(printable(str(found[name] or "")) for name in names)


def _told(
    access: Mapping[str, str | None], verb: str, instance: str, body: object, *, check: bool
) -> Any:  # noqa: ANN401 - any JSON value
    """Return what is answered; None where it was only checked."""
    query = "?validateOnly=true" if check else ""
    call = Call("POST", f"/inventory/{quote(instance, safe='')}/{verb}{query}", body=body)
    with explained({NotFound.code: NEXT[verb]}, instance):
        return account_of(access).call(call).body

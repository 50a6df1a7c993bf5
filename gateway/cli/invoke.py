"""``spe-gateway invoke``: any command of a deployment, as the vendor's own client does it."""

import json
import re
import sys
from typing import Any, Final
from urllib.parse import quote

import rich_click as click
from rich.console import Console

from gateway.cli.api_client import Account, Api, Call, words_of
from gateway.cli.arguments import arguments_of, command_of
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.progress import follow
from gateway.settings import Settings
from gateway.spe.command import Command

ACCEPTED: Final = 202
_OPAQUE: Final = re.compile(r"dep_[0-9a-f]{32}", re.ASCII)


@click.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "spe-gateway invoke -d alpha GetServiceStatus",
        "spe-gateway invoke -d alpha GetStores --instanceID=acme --includeSize=true",
        "spe-gateway invoke -d alpha StartInstances --instanceFilter=acme --yes",
    ),
)
@click.option(
    "-d", "--deployment", required=True, metavar="ID|NAME", help="Id or name of the deployment."
)
@click.option("--url", help="URL of the gateway; by default SPE_GATEWAY_URL.")
@click.option("--client-id", help="API client; by default SPE_GATEWAY_CLIENT_ID.")
@click.option("--client-secret", help="Its secret; by default SPE_GATEWAY_CLIENT_SECRET.")
@click.option("--yes", is_flag=True, help="Do not ask before something is changed.")
@click.argument("command")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--NAME=VALUE]...")
def invoke(
    deployment: str,
    command: str,
    arguments: tuple[str, ...],
    *,
    yes: bool,
    **access: str | None,
) -> None:
    """Send any command of the Management API to a deployment, through a running gateway.

    The arguments are those of SPE's function reference. A list has commas, an object is JSON.
    The log and a progress bar go to standard error, the result to standard output as JSON. The
    status is 0 when the command succeeded, else 1.
    """
    wanted = command_of(command)
    values = arguments_of(wanted, arguments)
    _confirm(wanted, deployment, yes=yes)
    account = _account(Settings.from_environment(), access)
    found = _deployment(account, deployment)
    call = Call(
        "POST",
        f"/deployments/{found}/commands/{wanted.name}",
        {"Prefer": "wait=1", "Confirm": wanted.name},
        {"arguments": values},
    )
    click.echo(json.dumps(_result(account, call), indent=2, ensure_ascii=False))


def _confirm(command: Command, deployment: str, *, yes: bool) -> None:
    if yes or not command.effect.changes:
        return
    if not sys.stdin.isatty():
        raise Failure(f"{command.name} changes something: repeat it with --yes.")
    click.confirm(f"{command.name} changes something on {deployment}. Go on?", abort=True, err=True)


def _account(settings: Settings, access: dict[str, str | None]) -> Account:
    client_id = access["client_id"] or settings.client_id
    client_secret = access["client_secret"] or settings.client_secret.get_secret_value()
    if not client_id or not client_secret:
        raise Failure(
            "Set SPE_GATEWAY_CLIENT_ID and SPE_GATEWAY_CLIENT_SECRET, "
            "or give --client-id and --client-secret."
        )
    return Account(Api(access["url"] or settings.url), client_id, client_secret)


def _deployment(account: Account, given: str) -> str:
    """Return the opaque id of a deployment that is given by id or by name."""
    if _OPAQUE.fullmatch(given):
        return given
    found = [each["id"] for each in _deployments(account) if each["name"] == given]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise Failure(f"{len(found)} deployments have the name {given}: give the id.")
    raise Failure(f"There is no deployment {given}.")


def _deployments(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path = "/deployments"
    while True:
        page = account.call(Call("GET", path)).body
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        path = f"/deployments?cursor={quote(page['nextCursor'], safe='')}"


def _result(account: Account, call: Call) -> object:
    """Return what the command answered, however long it takes."""
    answer = account.call(call)
    if answer.status != ACCEPTED:
        return answer.body
    location = answer.headers["Location"]
    try:
        operation = follow(account.call, location, Console(stderr=True))
    except KeyboardInterrupt:
        sys.stderr.write(f"The operation goes on: see GET {location}\n")
        raise
    if operation["status"] != "succeeded":
        reason = words_of(operation["problem"]) if operation["problem"] else "see its log."
        raise Failure(f"{operation['id']} ended as {operation['status']}: {reason}")
    return operation["result"]

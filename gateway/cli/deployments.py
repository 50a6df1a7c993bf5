"""``spe-gateway deployments``: the servers behind the gateway, and whom of them it trusts."""

import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

import rich_click as click

from gateway.cli.account import Account, access_options, account_of
from gateway.cli.api_client import Call
from gateway.cli.deployment_names import deployment_id, every_deployment
from gateway.cli.deployment_view import certificates_of, lines_of, rows_of, state_of
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.options import json_option
from gateway.cli.watching import pretty

COMPARE: Final = (
    "Compare it with what the server itself shows, in the SPE Management Console and not over the "
    "network."
)
NOBODY: Final = (
    "Nobody can be asked here: give --pin, with the thumbprint that the server itself shows, and "
    "--password-file."
)

deployment_argument = click.argument("deployment", metavar="ID|NAME")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("spe-gateway deployments list", "spe-gateway deployments show alpha"),
)
def deployments() -> None:
    """See deployments, take them out of use, and say which certificate is right."""


@deployments.command(
    "list", epilog=examples("spe-gateway deployments list", "spe-gateway deployments list --json")
)
@access_options
@json_option
def list_(*, as_json: bool, **access: str | None) -> None:
    """List the registered deployments."""
    found = every_deployment(account_of(access))
    click.echo(pretty(found) if as_json else "\n".join(rows_of(found)))


@deployments.command(
    epilog=examples(
        "spe-gateway deployments show alpha", "spe-gateway deployments show alpha --json"
    )
)
@deployment_argument
@access_options
@json_option
def show(deployment: str, *, as_json: bool, **access: str | None) -> None:
    """Show a deployment: where it is, whether it answers now, and what stands against it."""
    account = account_of(access)
    path = _path(account, deployment)
    found = account.call(Call("GET", path)).body
    if as_json:
        click.echo(pretty(found))
        return
    health = account.call(Call("GET", f"{path}/health")).body
    click.echo("\n".join(lines_of(found, health)))


@deployments.command(
    epilog=examples(
        "spe-gateway deployments repin alpha",
        "spe-gateway deployments repin alpha --pin 3D2B…10D4 --password-file - --json",
    )
)
@deployment_argument
@click.option("--pin", metavar="HEX", help="The thumbprint that the server itself shows.")
@click.option(
    "--password-file",
    type=click.File(),
    metavar="FILE",
    help="Where the administrator's password is; - for standard input.",
)
@access_options
@json_option
def repin(
    deployment: str,
    pin: str | None,
    password_file: TextIO | None,
    *,
    as_json: bool,
    **access: str | None,
) -> None:
    """Say which certificate of a deployment is right, and so end its quarantine.

    What is presented now is shown beside the pin. If it is the pinned certificate again, nothing
    more is needed. If it is another one, its thumbprint is typed as the server itself shows it,
    and the administrator's password is tried.
    """
    account = account_of(access)
    path = _path(account, deployment)
    found = account.call(Call("GET", path)).body
    presented = account.call(Call("POST", f"{path}/probe")).body
    if not as_json:
        click.echo("\n".join(certificates_of(found, presented)), err=True)
    if pin is None and _is_pinned(found, presented):
        _tell(account, Call("POST", f"{path}/lift-quarantine"), as_json=as_json)
        return
    chosen = pin or _typed()
    _require_presented(chosen, presented)
    body = {"pin": presented["sha256"], "password": _password(password_file)}
    _tell(account, Call("POST", f"{path}/repin", body=body), as_json=as_json)


def _action(name: str, said: str) -> None:
    """Add a command that does one thing to a deployment and has nothing to ask."""

    @deployments.command(name, help=said, epilog=examples(f"spe-gateway deployments {name} alpha"))
    @deployment_argument
    @access_options
    @json_option
    def act(deployment: str, *, as_json: bool, **access: str | None) -> None:
        account = account_of(access)
        _tell(account, Call("POST", f"{_path(account, deployment)}/{name}"), as_json=as_json)


_action("cordon", "Place no more instances on a deployment.")
_action(
    "drain",
    "Place nothing on a deployment and begin no change there; what is under way ends, reads go on.",
)
_action("uncordon", "Place instances on a deployment again, and let it take changes.")


def _path(account: Account, deployment: str) -> str:
    return f"/deployments/{deployment_id(account, deployment)}"


def _tell(account: Account, call: Call, *, as_json: bool) -> None:
    """Make a call that answers a deployment, and say how it stands now."""
    found = account.call(call).body
    if as_json:
        click.echo(pretty(found))
        return
    click.echo(f"{found['name']} ({found['id']}) is {state_of(found)}.")


def _digits(pin: str) -> str:
    return pin.replace(":", "").upper()


def _thumbprints(presented: Mapping[str, Any]) -> set[str]:
    return {presented["sha1"], presented["sha256"]}


def _is_pinned(found: Mapping[str, Any], presented: Mapping[str, Any]) -> bool:
    return _digits(found["certificate"].get("pin", "")) in _thumbprints(presented)


def _require_presented(pin: str, presented: Mapping[str, Any]) -> None:
    """Stop before anything is sent.

    Raises:
        Failure: the pin names another certificate than the one that is presented.
    """
    if _digits(pin) not in _thumbprints(presented):
        raise Failure(
            "This is not the thumbprint of what is presented: nothing was changed. If the server "
            "itself shows this one, somebody stands between it and the gateway."
        )


def _typed() -> str:
    """Have the thumbprint typed: it comes from the server, not from the screen."""
    if not sys.stdin.isatty():
        raise Failure(NOBODY)
    click.echo(f"It is another certificate than the pinned one. {COMPARE}", err=True)
    return str(click.prompt("Thumbprint that the server shows", err=True))


def _password(file: TextIO | None) -> str:
    if file is not None:
        return file.read().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Failure(NOBODY)
    return str(click.prompt("Password of the gateway's administrator", hide_input=True, err=True))

"""``spe-gateway deployments``: the servers behind the gateway, and whom of them it trusts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, TextIO

import rich_click as click

from gateway.cli.account import Account, access_options, account_of
from gateway.cli.api_client import Call
from gateway.cli.asking import secret
from gateway.cli.certificates import chosen_pin, is_pinned, tell_certificates
from gateway.cli.deployment_view import lines_of, state_of
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.nouns.fields import body_of, options_of
from gateway.cli.nouns.group import argument_of, group_of
from gateway.cli.nouns.kinds import DEPLOYMENT, id_of
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Row
from gateway.cli.nouns.showing import Column, Thing
from gateway.cli.options import json_option
from gateway.cli.sending import begun, keyed
from gateway.cli.watching import pretty

PASSWORD: Final = "Password of the gateway's administrator"  # noqa: S105 - a question, no secret

TRUSTED: Final = (
    "No certificate is pinned: whatever the system trusts is accepted, the next one as well."
)

NAME: Final = Field("name", "Its name.")
HOST: Final = Field("host", "Name or address of the management server.")
PORT: Final = Field("port", "TCP port; by default 8474.", Form.NUMBER)
USER: Final = Field("userName", "An SPE administrator, best one of the gateway's own.")
OTHERS: Final = (
    Field("capacity", "Most instances; by default without limit.", Form.NUMBER),
    Field("instanceUrl", "Where end users reach it."),
    Field("instanceBaseDirectory", "Where instances lie on hosts without a base directory."),
    Field("labels", "A label for placement.", Form.LABELS, option="label"),
)
REQUIRED: Final = tuple(replace(field, required=True) for field in (NAME, HOST, USER))

pin_option = click.option("--pin", metavar="HEX", help="The thumbprint that the server shows.")
password_option = click.option(
    "--password-file",
    type=click.File(),
    metavar="FILE",
    help="Where the administrator's password is; - for standard input.",
)


def standing(deployment: Thing) -> Iterator[str]:
    """Yield how a deployment stands now."""
    yield f"{deployment['name']} ({deployment['id']}) is {state_of(deployment)}."


def _address(deployment: Thing) -> str:
    return f"{deployment['host']}:{deployment['port']}"


def _action(name: str, said: str) -> Row:
    """Return a verb that has nothing to ask."""
    return Change(
        name=name,
        path=f"/deployments/{{deployment}}/{name}",
        help=said,
        examples=("alpha",),
        done="",
        lines=standing,
    )


deployments = group_of(
    "deployments",
    "Register deployments, see them, take them out of use, and say which certificate is right.",
    (
        Listing(
            name="list",
            path="/deployments",
            help="List the registered deployments.",
            examples=("", "--json"),
            columns=(
                Column("ID", "id"),
                Column("NAME", "name"),
                Column("ADDRESS", _address),
                Column("VERSION", "version"),
                Column("STATE", state_of),
                Column("LAST CONTACT (UTC)", "lastContactTime"),
            ),
        ),
        Change(
            name="update",
            method="PATCH",
            path="/deployments/{deployment}",
            help="Change a deployment. Another address or user needs the password, which is tried.",
            examples=(
                "alpha --capacity 200 --label tier=gold",
                "alpha --host spe2.example.com --password-file password",
            ),
            fields=(
                NAME,
                HOST,
                PORT,
                USER,
                Field("password", "Its password.", Form.SECRET),
                *OTHERS,
            ),
            done="",
            lines=standing,
        ),
        Change(
            name="unregister",
            method="DELETE",
            path="/deployments/{deployment}",
            help="Forget a deployment that has no instances any more; nothing is sent to it.",
            examples=("alpha", "alpha --yes"),
            doing="This forgets {deployment}, with its password and its certificate",
            asked=Asked.NAME,
            done="{deployment} is not registered any more.",
        ),
        _action("cordon", "Place no more instances on a deployment."),
        _action(
            "drain",
            "Place nothing on a deployment and begin no change there; what is under way ends, "
            "reads go on.",
        ),
        _action("uncordon", "Place instances on a deployment again, and let it take changes."),
        Change(
            name="reset-breaker",
            path="/deployments/{deployment}/reset-breaker",
            help="Send to a deployment again that was left alone for a while.",
            examples=("alpha",),
            done="{deployment} is sent to again; its breaker is {state}.",
        ),
    ),
)


@deployments.command(
    epilog=examples(
        "spe-gateway deployments show alpha", "spe-gateway deployments show alpha --json"
    )
)
@argument_of(DEPLOYMENT)
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
@argument_of(DEPLOYMENT)
@pin_option
@password_option
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
    tell_certificates(found, presented, as_json=as_json)
    if pin is None and is_pinned(found, presented):
        call = Call("POST", f"{path}/lift-quarantine")
    else:
        pinned = chosen_pin(pin, presented, "It is another certificate than the pinned one.")
        body = {"pin": pinned, "password": secret(password_file, PASSWORD)}
        call = Call("POST", f"{path}/repin", body=body)
    _tell(account.call(call).body, as_json=as_json)


@deployments.command(
    "announce-certificate",
    epilog=examples(
        "spe-gateway deployments announce-certificate alpha --next-pin 3D2B…10D4",
        "spe-gateway deployments announce-certificate alpha --next-pin 3D2B…10D4 "
        "--password-file password --json",
    ),
)
@argument_of(DEPLOYMENT)
@click.option(
    "--next-pin", required=True, metavar="HEX", help="The thumbprint of the next certificate."
)
@password_option
@access_options
@json_option
def announce_certificate(
    deployment: str,
    next_pin: str,
    password_file: TextIO | None,
    *,
    as_json: bool,
    **access: str | None,
) -> None:
    """Announce the next certificate of a deployment, so that its exchange refuses no call.

    Until then either is accepted; 'repin' afterwards leaves the new one alone.
    """
    account = account_of(access)
    path, pinned = _pinned(account, deployment)
    _tell(
        _certified(account, path, {**pinned, "nextPin": next_pin}, password_file), as_json=as_json
    )


@deployments.command(
    "withdraw-certificate",
    epilog=examples(
        "spe-gateway deployments withdraw-certificate alpha",
        "spe-gateway deployments withdraw-certificate alpha --password-file password --json",
    ),
)
@argument_of(DEPLOYMENT)
@password_option
@access_options
@json_option
def withdraw_certificate(
    deployment: str, password_file: TextIO | None, *, as_json: bool, **access: str | None
) -> None:
    """Accept an announced certificate no more; the pinned one stays."""
    account = account_of(access)
    path, pinned = _pinned(account, deployment)
    _tell(_certified(account, path, pinned, password_file), as_json=as_json)


def _path(account: Account, deployment: str) -> str:
    return f"/deployments/{id_of(account, DEPLOYMENT, deployment, {})}"


def _pinned(account: Account, deployment: str) -> tuple[str, Thing]:
    """Return the path of a deployment, and its certificate without what is announced.

    Raises:
        Failure: none is pinned, so that nothing follows it.
    """
    path = _path(account, deployment)
    certificate = account.call(Call("GET", path)).body["certificate"]
    if "pin" not in certificate:
        raise Failure(TRUSTED)
    return path, {name: value for name, value in certificate.items() if name != "nextPin"}


def _certified(
    account: Account, path: str, certificate: Thing, password_file: TextIO | None
) -> Thing:
    """Set what is accepted of a deployment; the administrator's password is tried."""
    body = {"certificate": certificate, "password": secret(password_file, PASSWORD)}
    found: Thing = account.call(Call("PATCH", path, body=body)).body
    return found


@deployments.command(
    epilog=examples(
        "spe-gateway deployments register --name alpha --host spe1.example.com --user-name gateway",
        "spe-gateway deployments register --name alpha --host 10.20.0.5 --user-name gateway "
        "--pin 3D2B…10D4 --password-file password --json",
    )
)
@options_of(*REQUIRED, PORT, *OTHERS)
@pin_option
@password_option
@access_options
@json_option
def register(
    pin: str | None,
    password_file: TextIO | None,
    *,
    as_json: bool,
    **given: Any,  # noqa: ANN401 - of each its own type
) -> None:
    """Register a deployment: its certificate is looked at first, and then its password tried.

    The thumbprint is typed as the server itself shows it, or given with --pin.
    """
    account = account_of(given)
    body = body_of(account, (*REQUIRED, PORT, *OTHERS), given)
    at = {name: body[name] for name in ("host", "port") if name in body}
    presented = account.call(Call("POST", "/deployments/probe", body=at)).body
    tell_certificates(None, presented, as_json=as_json)
    body["certificate"] = {"pin": chosen_pin(pin, presented, "Nobody has pinned it yet.")}
    body["password"] = secret(password_file, PASSWORD)
    made = begun(account, keyed(Call("POST", "/deployments", body=body))).body
    _tell(made, as_json=as_json)


def _tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Say how a deployment stands now."""
    click.echo(pretty(found) if as_json else "\n".join(standing(found)))

"""``spe-gateway login``, ``logout`` and ``whoami``: who somebody is at which gateway."""

import json
import re
import sys
from contextlib import suppress
from typing import Final, TextIO

import rich_click as click

from gateway.cli.access import ENVIRONMENT, PLAIN, access_of, against, is_elsewhere, is_exposed
from gateway.cli.account import Account, access_options, account_of, complete_profile
from gateway.cli.api_client import Api, Call
from gateway.cli.asking import confirm, secret
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.nouns.showing import lines_of
from gateway.cli.options import json_option
from gateway.cli.profile_file import (
    DEFAULT,
    Profile,
    Profiles,
    profiles_path,
    read_profiles,
    write_profiles,
)
from gateway.cli.table import tell_table
from gateway.cli.watching import pretty
from gateway.settings import Settings

URL: Final = re.compile(r"https?://[^\s/?#@]+/?")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
HEAD: Final = ("NAME", "URL", "CLIENT", "")

profile_option = click.option(
    "--profile",
    metavar="NAME",
    help=f"A name for it; by default SPE_GATEWAY_PROFILE, or {DEFAULT}.",
    shell_complete=complete_profile,
)


@click.command(
    epilog=examples(
        "spe-gateway login --url https://gateway.example.com",
        "spe-gateway login --credentials operator.json",
        "spe-gateway clients create --name me --json | spe-gateway login --credentials -",
        "spe-gateway login --use prod",
        "spe-gateway login --profile prod --client-id cli_… --secret-file - < secret --json",
    )
)
@profile_option
@click.option(
    "--use",
    metavar="NAME",
    help="Ask nothing: use this profile, which is kept already, from now on.",
    shell_complete=complete_profile,
)
@click.option("--url", metavar="URL", help="The gateway; by default SPE_GATEWAY_URL.")
@click.option("--client-id", metavar="ID", help="The API client.")
@click.option(
    "--secret-file",
    type=click.File(),
    metavar="FILE",
    help="Where its secret is; - for standard input. By default it is asked for.",
)
@click.option(
    "--credentials",
    type=click.File(),
    metavar="FILE",
    help="JSON with clientId and clientSecret, as init and 'clients create --json' print it; "
    "- for standard input.",
)
@click.option(
    "--plain-http", is_flag=True, help="Let the secret cross a network that is not encrypted."
)
@json_option
def login(  # noqa: PLR0913 - a parameter for each option
    profile: str | None,
    use: str | None,
    url: str | None,
    client_id: str | None,
    secret_file: TextIO | None,
    credentials: TextIO | None,
    *,
    plain_http: bool,
    as_json: bool,
) -> None:
    """Sign in, and keep the credentials for the commands that follow.

    They are kept in profiles.json below XDG_CONFIG_HOME/spe-gateway, or ~/.config/spe-gateway,
    readable by you alone, and used by every command that talks to a running gateway. The profile
    that you signed in with last is the one in use, unless SPE_GATEWAY_CLIENT_ID and
    SPE_GATEWAY_CLIENT_SECRET are set: they win over it.
    """
    if use is not None:
        _use(use, as_json=as_json)
        return
    settings = Settings.from_environment()
    name = _name(profile or settings.profile or DEFAULT)
    where = _url(url or settings.url, plain_http=plain_http)
    client, word = _credentials(client_id, secret_file, credentials, url)
    made = Profile(where, client, word, plain_http)
    me = Account(Api(where), client, word).call(Call("GET", "/me")).body
    write_profiles(read_profiles().having(name, made))
    _warn(against(name))
    if as_json:
        click.echo(pretty(me))
        return
    click.echo(f"You are {me['client']} of {me['resellerName']} at {where}.")
    click.echo(f"Kept as the profile {name} in {profiles_path()}.")


@click.command(
    epilog=examples(
        "spe-gateway logout", "spe-gateway logout --profile prod", "spe-gateway logout --all"
    )
)
@profile_option
@click.option("--all", "everything", is_flag=True, help="Forget every profile.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def logout(profile: str | None, *, everything: bool, yes: bool, as_json: bool) -> None:
    """Forget the credentials of a profile; the client itself goes on.

    To take them away from whoever has a copy: 'spe-gateway clients delete', or 'clients update
    --disabled'.
    """
    profiles = read_profiles()
    chosen = profile or Settings.from_environment().profile or profiles.chosen
    names = sorted(profiles.known) if everything else [chosen]
    for name in names:
        profiles.named(name)
    if everything and names:
        confirm(f"All profiles are forgotten: {', '.join(names)}", yes=yes)
    for name in names:
        profiles = profiles.without(name)
    write_profiles(profiles)
    said = f"Forgotten: {', '.join(names)}." if names else "There is no profile."
    click.echo(pretty({"forgotten": names}) if as_json else said)


@click.command(epilog=examples("spe-gateway whoami", "spe-gateway whoami --profile prod --json"))
@access_options
@click.option("--profiles", "known", is_flag=True, help="List the profiles, and ask nobody.")
@json_option
def whoami(*, known: bool, as_json: bool, **access: str | None) -> None:
    """Show who you are at which gateway, what you may do, and what is left of your quotas."""
    if known:
        _tell_profiles(as_json=as_json)
        return
    me = account_of(access).call(Call("GET", "/me")).body
    found = access_of(access)
    with suppress(Failure):  # an environment that is enough needs no profiles
        _warn(_passed_over(read_profiles()) if found.source == ENVIRONMENT else "")
    if as_json:
        click.echo(pretty(me))
        return
    where = {"gateway": found.profile.url, "signedInBy": found.source}
    click.echo("\n".join(lines_of({**where, **me})))


def _use(name: str, *, as_json: bool) -> None:
    profiles = read_profiles()
    chosen = profiles.having(name, profiles.named(name))
    write_profiles(chosen)
    found = against(name)
    _warn(found)
    said = f"The profile {name} is {'kept as chosen' if found else 'in use'}: "
    click.echo(pretty({"chosen": name}) if as_json else f"{said}{chosen.known[name].url}.")


def _tell_profiles(*, as_json: bool) -> None:
    profiles = read_profiles()
    _warn(_passed_over(profiles))
    rows = [
        (name, each.url, each.client_id, "" if against(name) else _mark(profiles, name))
        for name, each in sorted(profiles.known.items())
    ]
    if not as_json:
        tell_table(HEAD, rows)
        return
    items = [{"name": name, "url": url, "clientId": client} for name, url, client, _ in rows]
    click.echo(pretty({"items": items, "chosen": profiles.chosen}))


def _mark(profiles: Profiles, name: str) -> str:
    chosen = Settings.from_environment().profile or profiles.chosen
    return "in use" if name == chosen else ""


def _passed_over(profiles: Profiles) -> str:
    """Return why the chosen profile is not used; empty if it is, or there is none."""
    return against(profiles.chosen) if profiles.chosen in profiles.known else ""


def _warn(words: str) -> None:
    """Say on standard error what somebody should know, if anything."""
    if words:
        click.echo(f"spe-gateway: {words}", err=True)


def _name(given: str) -> str:
    if not NAME.fullmatch(given):
        raise Failure(f"{given} is no name for a profile: letters, digits, dot, dash, underscore.")
    return given


def _url(given: str, *, plain_http: bool) -> str:
    if not URL.fullmatch(given):
        raise Failure(f"{given} is no URL of a gateway, as https://gateway.example.com is one.")
    if is_exposed(given) and not plain_http:
        raise Failure(f"{PLAIN.format(given)} If the way is safe for another reason: --plain-http.")
    return given.rstrip("/")


def _credentials(
    client_id: str | None, secret_file: TextIO | None, credentials: TextIO | None, url: str | None
) -> tuple[str, str]:
    """Return the id of a client and its secret, from wherever they can be had.

    Those of the environment are for the gateway of the environment only.
    """
    if credentials is not None:
        return _in_document(credentials)
    settings = Settings.from_environment()
    is_ours = not is_elsewhere(url, settings)
    client = client_id or (settings.client_id if is_ours else "") or _asked_for_id()
    known = settings.client_secret.get_secret_value() if is_ours else ""
    return client, known if known and not secret_file else secret(secret_file, "Client secret")


def _asked_for_id() -> str:
    if not sys.stdin.isatty():
        raise Failure("Give --credentials, or --client-id and --secret-file.")
    return str(click.prompt("Client id", err=True))


def _in_document(file: TextIO) -> tuple[str, str]:
    try:
        told = json.loads(file.read())
        client, word = told["clientId"], told["clientSecret"]
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{file.name} is no JSON with clientId and clientSecret.") from error
    if not isinstance(client, str) or not isinstance(word, str):
        raise Failure(f"{file.name} has no secret: the answer that had it was lost.")
    return client, word

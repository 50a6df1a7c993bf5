"""``spe-gateway invoke``: any command of a deployment, as the vendor's own client does it."""

import rich_click as click

from gateway.cli.account import access_options, account_of
from gateway.cli.api_client import Call
from gateway.cli.arguments import arguments_of, command_of
from gateway.cli.asking import confirm
from gateway.cli.examples import examples
from gateway.cli.nouns.kinds import DEPLOYMENT, id_of
from gateway.cli.sending import ended, keyed
from gateway.cli.watching import EXIT_WORDS, tell, views_of


@click.command(
    context_settings={"ignore_unknown_options": True},
    help=f"""Send any command of the Management API to a deployment, through a running gateway.

    The arguments are those of SPE's function reference. A list has commas, an object is JSON.
    SPE's log and a progress bar go to standard error, the result to standard output as JSON.
    Ctrl-C asks whether to cancel or to stop watching; in a script it stops watching. A connection
    that breaks is made again.

    {EXIT_WORDS}""",
    epilog=examples(
        "spe-gateway invoke -d alpha GetServiceStatus",
        "spe-gateway invoke -d alpha GetStores --instanceID=acme --includeSize=true",
        "spe-gateway invoke -d alpha StartInstances --instanceFilter=acme --yes",
        "spe-gateway invoke -d alpha CompactStore --instanceID=acme --id=1 --yes --json",
    ),
)
@click.option(
    "-d", "--deployment", required=True, metavar="ID|NAME", help="Id or name of the deployment."
)
@access_options
@click.option("--yes", is_flag=True, help="Do not ask before something is changed.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print nothing but the final operation, as JSON."
)
@click.argument("command")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[--NAME=VALUE]...")
def invoke(
    deployment: str,
    command: str,
    arguments: tuple[str, ...],
    *,
    yes: bool,
    as_json: bool,
    **access: str | None,
) -> None:
    """Send any command to a deployment."""
    wanted = command_of(command)
    values = arguments_of(wanted, arguments)
    confirm(
        f"{wanted.name} changes something on {deployment}", yes=yes or not wanted.effect.changes
    )
    account = account_of(access)
    found = id_of(account, DEPLOYMENT, deployment, {})
    call = keyed(
        Call("POST", f"/deployments/{found}/commands/{wanted.name}", body={"arguments": values}),
        Prefer="wait=1",
        Confirm=wanted.name,
    )
    tell(ended(account, call, views_of(as_json=as_json)), as_json=as_json)

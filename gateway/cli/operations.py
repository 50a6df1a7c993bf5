"""``spe-gateway operations``: what is under way and what became of it."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import rich_click as click

from gateway.cli.account import access_options, account_of, explained
from gateway.cli.api_client import Call
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.following import Following
from gateway.cli.operation_view import HEAD, advice_of, lines_of, rows_of
from gateway.cli.options import cursor_option, json_option, limit_option
from gateway.cli.page import tell_page
from gateway.cli.progress import printable
from gateway.cli.watching import EXIT_WORDS, STATUSES, pretty, tell, views_of
from gateway.cli.watching import watch as watch_to_end
from gateway.errors import Conflict, NotFound
from gateway.model import OperationStatus

FILTERS: Final = ("status", "instance", "kind", "parent", "limit", "cursor")
STATES: Final = tuple(status.value for status in OperationStatus)
SETTLED: Final = (OperationStatus.SUCCEEDED.value, OperationStatus.FAILED.value)
EXAMPLE: Final = "op_01a1fd5103af767aadbe1f4d3b44b8c3"

NEXT: Final[Mapping[str, str]] = {
    NotFound.code: "There is no operation {0} that you may see: 'spe-gateway operations list' "
    "shows those that you may.",
    Conflict.code: "Only an operation that ended as unknown is settled by a person: "
    "'spe-gateway operations show {0}' says how it stands.",
}
"""What to say of a refusal, by its code."""

Access = Mapping[str, str | None]

operation_argument = click.argument("operation", metavar="ID")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "spe-gateway operations list --status unknown",
        f"spe-gateway operations watch {EXAMPLE}",
    ),
)
def operations() -> None:
    """See, watch, cancel and settle what is under way, through a running gateway."""


@operations.command(
    "list",
    epilog=examples(
        "spe-gateway operations list",
        "spe-gateway operations list --status running --json",
        "spe-gateway operations list --kind verifyStore --limit 5",
    ),
)
@click.option(
    "--status",
    type=click.Choice(STATES),
    metavar="STATE",
    help=f"Only those in this state: {', '.join(STATES)}.",
)
@click.option("--instance", metavar="ID", help="Only those of this instance (ins_…).")
@click.option(
    "--kind",
    metavar="NAME",
    help="Only those begun by this operationId of the API; one that it has not is refused.",
)
@click.option("--parent", metavar="ID", help="Only the parts of this operation (op_…).")
@limit_option
@cursor_option
@access_options
@json_option
def list_(*, as_json: bool, **options: Any) -> None:  # noqa: ANN401 - of each its own type
    """List operations, the newest first."""
    query = urlencode({name: options[name] for name in FILTERS if options[name]})
    page = account_of(options).call(Call("GET", f"/operations?{query}")).body
    tell_page(page, HEAD, rows_of(page["items"]), as_json=as_json)


@operations.command(
    epilog=examples(
        f"spe-gateway operations show {EXAMPLE}",
        f"spe-gateway operations show {EXAMPLE} --json",
    )
)
@operation_argument
@access_options
@json_option
def show(operation: str, *, as_json: bool, **access: str | None) -> None:
    """Show an operation: how far it is, its steps, its problem, and what can be done."""
    found = _one(access, operation, Call("GET", _path(operation)))
    click.echo(pretty(found) if as_json else "\n".join(lines_of(found)))


@operations.command(epilog=examples(f"spe-gateway operations log {EXAMPLE}"))
@operation_argument
@access_options
@json_option
def log(operation: str, *, as_json: bool, **access: str | None) -> None:
    """Print what SPE has logged about an operation so far."""
    found = _one(access, operation, Call("GET", f"{_path(operation)}/log"))
    click.echo(pretty(found) if as_json else "\n".join(map(printable, found["text"].splitlines())))


@operations.command(
    help=f"""Watch an operation up to its end, as invoke does, and print its result.

    Ctrl-C asks whether to cancel or to stop watching; in a script it stops watching. A connection
    that breaks is made again.

    {EXIT_WORDS}""",
    epilog=examples(
        f"spe-gateway operations watch {EXAMPLE}",
        f"spe-gateway operations watch {EXAMPLE} --json",
    ),
)
@operation_argument
@access_options
@click.option(
    "--json", "as_json", is_flag=True, help="Print nothing but the final operation, as JSON."
)
def watch(operation: str, *, as_json: bool, **access: str | None) -> None:
    """Watch an operation up to its end."""
    with explained(NEXT, operation):
        ended = watch_to_end(Following(account_of(access), operation), views_of(as_json=as_json))
    tell(ended, as_json=as_json)


@operations.command(
    epilog=examples(
        f"spe-gateway operations cancel {EXAMPLE}",
        f"spe-gateway operations cancel {EXAMPLE} && spe-gateway operations watch {EXAMPLE}",
    )
)
@operation_argument
@access_options
@json_option
def cancel(operation: str, *, as_json: bool, **access: str | None) -> None:
    """Ask SPE to end an operation; what comes of it is SPE's to decide.

    It is cancelling until SPE says so. One that has ended is left as it is, with status 1.
    """
    found = _one(access, operation, Call("POST", f"{_path(operation)}/cancel"))
    if as_json:
        click.echo(pretty(found))
    if found["status"] in STATUSES:
        raise Failure(f"{operation} has ended already, as {found['status']}: nothing was asked.")
    if not as_json:
        click.echo(f"{operation} is {found['status']}. To see its end, {advice_of(found)}")


@operations.command(
    epilog=examples(
        f"spe-gateway operations resolve {EXAMPLE} --outcome failed "
        "--note 'The host was replaced; nothing is there.'",
    )
)
@operation_argument
@click.option(
    "--outcome",
    type=click.Choice(SETTLED),
    required=True,
    help="What became of the whole operation, as you found out.",
)
@click.option(
    "--note",
    required=True,
    metavar="TEXT",
    help="How you know; shown to everybody who sees the operation.",
)
@access_options
@json_option
def resolve(
    operation: str, outcome: str, note: str, *, as_json: bool, **access: str | None
) -> None:
    """Settle an operation that ended as unknown, by what you have found out.

    Nothing is sent to SPE: look there first (docs/runbooks/unknown-operation.md). The gateway
    then does to its own records what the outcome would have done.
    """
    body = {"outcome": outcome, "note": note}
    found = _one(access, operation, Call("POST", f"{_path(operation)}/resolve", body=body))
    click.echo(pretty(found) if as_json else f"{operation} is settled as {found['status']}.")


def _one(access: Access, operation: str, call: Call) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a call about one operation is answered."""
    with explained(NEXT, operation):
        return account_of(access).call(call).body


def _path(operation: str) -> str:
    return f"/operations/{quote(operation, safe='')}"

"""Names for the shell: asked of the gateway, if it answers at once; else nothing."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import rich_click as click
from click.shell_completion import CompletionItem

from gateway.cli.access import access_of
from gateway.cli.account import Account
from gateway.cli.api_client import Api, Call
from gateway.cli.failure import Failure
from gateway.cli.nouns.kinds import Kind, id_of, kinds_of, path_of
from gateway.errors import GatewayError

SECONDS: Final = 2.0
"""Nobody waits longer for a shell."""

MOST: Final = 100
ACCESS: Final = ("profile", "url", "client_id", "client_secret")

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete(kind: Kind) -> Completer:
    """Return what completes the names of a kind; it says nothing when something is wrong."""

    def names(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        with suppress(Failure, GatewayError, LookupError, TypeError):
            return [
                CompletionItem(name, help=opaque)
                for name, opaque in _known(kind, context.params)
                if name.startswith(begun)
            ]
        return []

    return names


def _known(kind: Kind, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the names of what there is, each with its id."""
    found = access_of({name: given.get(name) for name in ACCESS}).profile
    account = Account(Api(found.url, SECONDS), found.client_id, found.client_secret)
    within: dict[str, str] = {}
    for outer in kinds_of(kind.path):
        within[outer.noun] = id_of(account, outer, given[outer.noun], within)
    page = account.call(Call("GET", f"{path_of(kind.path, within)}?limit={MOST}")).body
    return [(kind.name_of(each), str(each.get("id", ""))) for each in page["items"]]

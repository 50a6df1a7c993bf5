"""Fills a sandbox that is new, and says what there is in it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.cli.account import Account
from gateway.cli.api_client import Api
from gateway.cli.sandbox import cast
from gateway.cli.sandbox.filling import Announcements, Filling, steps
from gateway.cli.sandbox.kept import Kept

OPERATOR: Final = "First operator"

COLUMNS: Final = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


def filled(
    folder: Path,
    url: str,
    operator: Mapping[str, Any],
    servers: Announcements,
    receiver: str,
    console: Console,
) -> Kept:
    """Fill a new sandbox, with a progress bar.

    Args:
        folder: where it is kept.
        url: of the gateway.
        operator: id and secret of the first operator.
        servers: the announcements of the simulators by name.
        receiver: URL of what takes the webhook's deliveries.
        console: for the bar.

    Returns:
        What there is.

    Raises:
        Failure: something was refused.
    """
    account = Account(Api(url), operator["clientId"], operator["clientSecret"])
    with Progress(*COLUMNS, console=console) as bar:
        task = bar.add_task("Filling the sandbox", total=steps())
        filling = Filling(account, servers, lambda: bar.advance(task))
        filling.fill(receiver)
    made = Kept(str(folder), os.getpid(), url, f"{url}/docs")
    made.clients = [_first(operator), *filling.clients]
    made.deployments = [
        {"name": site.name, "id": filling.deployments[site.name], "version": site.version}
        | _place(servers[site.name])
        for site in cast.SITES
    ]
    hook = filling.webhook
    made.webhook = {"id": hook["id"], "url": hook["url"], "secret": hook["secret"]}
    return made


def resumed(kept: Kept, url: str, servers: Announcements) -> Kept:
    """Return a sandbox of before as it is now: with other processes, and the same for the rest."""
    kept.process, kept.url, kept.docs = os.getpid(), url, f"{url}/docs"
    for each in kept.deployments:
        each |= _place(servers[each["name"]])  # noqa: PLW2901 # the mapping itself is changed
    return kept


def _first(operator: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": OPERATOR,
        "role": "operator",
        "reseller": None,
        "instance": None,
        "clientId": operator["clientId"],
        "clientSecret": operator["clientSecret"],
    }


def _place(server: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("port", "sha256", "userName", "password", "controlUrl")
    return {"host": "127.0.0.1"} | {name: server[name] for name in kept}

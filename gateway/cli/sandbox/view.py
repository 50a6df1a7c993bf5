"""A sandbox in words: who is there, and how to go on."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gateway.cli.sandbox.kept import FILE, Kept, passes
from gateway.cli.table import table_of

NAME: Final = "spe-gateway"
CLIENTS: Final = ("CLIENT", "RESELLER", "ROLE")
DEPLOYMENTS: Final = ("DEPLOYMENT", "SPE", "ADDRESS", "CONTROL PLANE")


def lines_of(kept: Kept) -> Iterator[str]:
    """Yield a sandbox as a page; of its secrets it has the operator's only."""
    yield "Everything in it is made up, and every deployment is simulated."
    yield f"The gateway listens on {kept.url}, with its reference at {kept.docs}."
    yield ""
    yield from table_of(DEPLOYMENTS, [_deployment(each) for each in kept.deployments])
    yield ""
    yield from table_of(CLIENTS, [_client(each) for each in kept.clients])
    yield ""
    yield "In another shell, be the operator:"
    yield ""
    yield from exports_of(kept, kept.operator)
    yield ""
    yield "and try:"
    yield ""
    yield from _hints(kept)
    yield ""
    yield f"Ids and secrets: {kept.home}/{FILE}"
    yield f"What the webhook is sent: {kept.deliveries}"


def exports_of(kept: Kept, client: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines by which a shell knows the gateway and a client of the sandbox."""
    yield f"export SPE_GATEWAY_URL={shlex.quote(kept.url)}"
    yield f"export SPE_GATEWAY_CLIENT_ID={shlex.quote(client['clientId'])}"
    yield f"export SPE_GATEWAY_CLIENT_SECRET={shlex.quote(client['clientSecret'])}"


def home_words(kept: Kept) -> str:
    """Return what a command needs to find a sandbox; empty if it is found without."""
    return "" if passes(kept) else f" --home {shlex.quote(kept.home)}"


def _hints(kept: Kept) -> Iterator[str]:
    home = home_words(kept)
    tried = (
        ("instances list", ""),
        (f"sandbox faults{home}", "what can go wrong here"),
        (f"sandbox fault down beta{home}", "beta does not answer any more"),
        (f"sandbox clear{home}", "all is well again"),
        (f"sandbox env 'Care administration'{home}", "be somebody else: eval what it prints"),
    )
    lines = [(f"{_program()} {words}", why) for words, why in tried]
    width = max(len(line) for line, _ in lines)
    for line, why in lines:
        yield f"{line:{width}}  # {why}" if why else line


def _program() -> str:
    """Return how we are called: by our name, if a shell finds us under it."""
    called = sys.argv[0]
    return called if Path(called).name == NAME and not shutil.which(NAME) else NAME


def _deployment(each: Mapping[str, str]) -> tuple[str, ...]:
    address = f"https://{each['host']}:{each['port']}"
    return each["name"], each["version"], address, each["controlUrl"]


def _client(each: Mapping[str, str]) -> tuple[str, ...]:
    return each["name"], each["reseller"] or "(operators)", each["role"]

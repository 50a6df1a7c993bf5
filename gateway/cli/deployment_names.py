"""Finds the deployment that somebody means: they remember its name, REST wants its id."""

import re
from typing import Any, Final
from urllib.parse import quote

from gateway.cli.account import Account
from gateway.cli.api_client import Call
from gateway.cli.failure import Failure

_OPAQUE: Final = re.compile(r"dep_[0-9a-f]{32}", re.ASCII)


def deployment_id(account: Account, given: str) -> str:
    """Return the opaque id of a deployment that is given by id or by name.

    Raises:
        Failure: none, or more than one, has the name.
    """
    if _OPAQUE.fullmatch(given):
        return given
    known = {each["id"]: each["name"] for each in every_deployment(account)}
    found = [opaque for opaque, name in known.items() if name == given]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise Failure(f"{len(found)} deployments have the name {given}: give the id.")
    names = ", ".join(sorted(known.values())) or "none yet: register one with POST /deployments"
    raise Failure(f"There is no deployment {given}. There is: {names}.")


def every_deployment(account: Account) -> list[dict[str, Any]]:
    """Return all deployments, page by page."""
    found: list[dict[str, Any]] = []
    path = "/deployments"
    while True:
        page = account.call(Call("GET", path)).body
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        path = f"/deployments?cursor={quote(page['nextCursor'], safe='')}"

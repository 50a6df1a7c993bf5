"""Finds the deployment that somebody means: they remember its name, REST wants its id."""

from typing import Any

from gateway.cli.account import Account
from gateway.cli.nouns.kinds import DEPLOYMENT, id_of
from gateway.cli.nouns.reading import every


def deployment_id(account: Account, given: str) -> str:
    """Return the opaque id of a deployment that is given by id or by name.

    Raises:
        Failure: none, or more than one, has the name.
    """
    return id_of(account, DEPLOYMENT, given, {})


def every_deployment(account: Account) -> list[dict[str, Any]]:
    """Return all deployments, page by page."""
    return every(account, DEPLOYMENT.path)

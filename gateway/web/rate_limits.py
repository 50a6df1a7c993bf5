"""Rate limits at the door: who calls too often gets a 429 and hears when to come back.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: ``RateLimit-Policy`` names the
policies, ``RateLimit`` says how the caller stands under them.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from flask import Request, Response, g

from gateway.access.networks import counted_as
from gateway.measures.meters import meters
from gateway.storage.rates import Standing
from gateway.tenancy.caller import Caller
from gateway.web.http_errors import RateLimited

POLICY_FIELD: Final = "RateLimit-Policy"
FIELD: Final = "RateLimit"


class Rates(Protocol):
    """Counts calls; implemented by the storage."""

    def of_client(self, client: str, reseller: str) -> Sequence[Standing]:
        """Count a call of a client and its reseller."""

    def of_address(self, address: str) -> Sequence[Standing]:
        """Count a call of somebody who is nobody yet."""


def count_call(rates: Rates, sent: Request, caller: Caller | None) -> None:
    """Count a request before anything else is done for it.

    Public reads (health, metrics, the documents and keys) are not counted. Whoever logs in is
    nobody yet, and is counted by address.

    Args:
        rates: counts.
        sent: the current request.
        caller: None for a public operation.

    Raises:
        RateLimited: it is one too many.
    """
    standings: Sequence[Standing] = ()
    if caller is not None:
        standings = rates.of_client(caller.principal.client, caller.principal.reseller)
    elif sent.method == "POST":
        standings = rates.of_address(counted_as(sent.remote_addr or ""))
    g.standings = standings
    for standing in standings:
        if not standing.passed:
            meters().rate_limited(standing.policy)
            raise RateLimited(
                f"More than {standing.quota} calls in {standing.window} s for this "
                f"{standing.policy}; try again in {standing.reset} s.",
                standing.reset,
            )


def add_rate_fields(response: Response) -> Response:
    """Tell how the caller stands."""
    standings: Sequence[Standing] = g.get("standings", ())
    if standings:
        response.headers.add(POLICY_FIELD, _listed(_policy, standings))
        response.headers.add(FIELD, _listed(_standing, standings))
    return response


def _listed(item: Callable[[Standing], str], standings: Sequence[Standing]) -> str:
    return ", ".join(item(each) for each in standings)


def _policy(standing: Standing) -> str:
    return f'"{standing.policy}";q={standing.quota};w={standing.window}'


def _standing(standing: Standing) -> str:
    return f'"{standing.policy}";r={standing.remaining};t={standing.reset}'

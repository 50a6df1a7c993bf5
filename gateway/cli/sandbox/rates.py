"""Uses up the calls that a client may make."""

from collections.abc import Mapping
from typing import Final

from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Api, Call
from gateway.cli.failure import Failure

MOST: Final = 20_000
"""Calls, after which there is no limit to be found."""

LIMITED: Final = "RATE_LIMITED"


def use_up(url: str, client: Mapping[str, str]) -> int:
    """Call until the gateway refuses to be called more often.

    Args:
        url: of the gateway.
        client: with its ``clientId`` and ``clientSecret``.

    Returns:
        How many calls it let through.

    Raises:
        Failure: it does not refuse.
    """
    account = Account(Api(url), client["clientId"], client["clientSecret"])
    for calls in range(MOST):
        try:
            account.call(Call("GET", "/me"))
        except Refused as error:
            if error.code != LIMITED:
                raise
            return calls
    raise Failure(f"The gateway let {MOST} calls through.")

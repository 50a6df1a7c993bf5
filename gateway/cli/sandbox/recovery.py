"""What the gateway remembers of a fault that is over."""

from collections.abc import Mapping
from typing import Any

from gateway.cli.account import Account
from gateway.cli.api_client import Api, Call
from gateway.cli.sandbox.kept import Kept
from gateway.cli.sending import keyed


def recovered(kept: Kept, deployment: Mapping[str, Any]) -> str:
    """Let the gateway call a deployment again, as the sandbox's operator.

    Args:
        kept: the sandbox.
        deployment: one of its own, at which nothing goes wrong any more.

    Returns:
        How the deployment is now, as a sentence.

    Raises:
        Refused: the operator may not do that any more.
        Unreachable: the gateway does not answer.
    """
    operator = kept.operator
    account = Account(Api(kept.url), operator["clientId"], operator["clientSecret"])
    path, name = f"/deployments/{deployment['id']}", deployment["name"]
    account.call(keyed(Call("POST", f"{path}/reset-breaker")))
    if account.call(Call("GET", path)).body["quarantine"]:
        return (
            f"{name} is well, but the gateway holds it in quarantine: "
            f"'spe-gateway deployments repin {name}' ends that."
        )
    return f"{name} is well."

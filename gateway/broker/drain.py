"""Drained deployments: what runs goes on to its end, reads go on, and nothing new is changed."""

from collections.abc import Iterable

from gateway.broker.engine.plan import Invocation, changing
from gateway.errors import Conflict
from gateway.model import Deployment


class DeploymentDrained(Conflict):
    """An operator lets the deployment run empty: it takes no changes; nothing was sent."""

    code = "DEPLOYMENT_DRAINED"
    title = "The deployment takes no changes"


def require_undrained(deployment: Deployment, invocations: Iterable[Invocation]) -> None:
    """Refuse what would change something on a drained deployment.

    Raises:
        DeploymentDrained: one of the commands is no read.
    """
    if deployment.drained and changing(invocations):
        raise DeploymentDrained(
            "The deployment is drained: it takes no changes until an operator has uncordoned it. "
            "Reads go on, and so does what is under way. Nothing was sent."
        )

"""The breakers of deployments, for operators: seen, and closed by hand."""

from gateway.broker.broker import Broker
from gateway.broker.engine.breakers import Breakers, Reading
from gateway.model import Deployment
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller


class DeploymentBreakers:
    """Reads and resets breakers.

    Args:
        broker: the door.
        breakers: of all deployments.
    """

    def __init__(self, broker: Broker, breakers: Breakers) -> None:
        self._broker = broker
        self._breakers = breakers

    def read(self, deployment: Deployment) -> Reading:
        """Return what the breaker of a deployment shows."""
        return self._breakers.of(deployment.id, deployment.revision).read()

    def reset(self, caller: Caller, deployment: str) -> Reading:
        """Close a breaker, so that the next call is sent, and let logins be tried again.

        Args:
            caller: an operator.
            deployment: opaque id.

        Raises:
            NotFound: the deployment is absent, or the caller is no operator.
        """
        found = self._broker.deployment(caller, deployment)
        with self._broker.database.write() as connection:
            audit.changed(connection, caller, deployment, ["breaker"])
        breaker = self._breakers.of(found.id, found.revision)
        breaker.reset()
        return breaker.read()

"""The rounds: what each deployment can do is looked up again and again, not only when asked.

Whether a command is sent at all depends on it, and an upgrade of SPE tells nobody. Nor does a
certificate that ends.
"""

from datetime import timedelta
from functools import partial

import structlog

from gateway.broker import telling
from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.deployment_health import ENDING
from gateway.broker.engine.connections import Connections
from gateway.errors import GatewayError
from gateway.model import Chore, Deployment, EventType
from gateway.storage import chores
from gateway.storage.appointments import Appointments

VISIT = "deployments.visit"
"""The name of the chore."""

GLANCE_SECONDS = 30.0
"""Between two looks at who is due."""

VISIT_SECONDS = 3_600.0
"""Between two visits to a deployment, which ask for its version."""

RENEWAL_SECONDS = 86_400.0
"""After which its commands are asked for even if the version is the same."""

_RENEWAL = timedelta(seconds=RENEWAL_SECONDS)
_ONCE = timedelta(days=3650)

log = structlog.get_logger()


class Rounds:
    """Visits every deployment once an hour, each at a time of its own, from one process.

    Args:
        broker: has the threads; one that hangs holds up nobody else.
        capabilities: asks and remembers.
        connections: know the certificates.
    """

    def __init__(
        self, broker: Broker, capabilities: Capabilities, connections: Connections
    ) -> None:
        self._broker = broker
        self._capabilities = capabilities
        self._connections = connections
        period = timedelta(seconds=VISIT_SECONDS)
        self._appointments = Appointments(broker.database, "visit ", period)

    @property
    def chore(self) -> Chore:
        """What the worker does."""
        return Chore(VISIT, GLANCE_SECONDS, self.run)

    def run(self) -> None:
        """Set out to those that are due."""
        for deployment in self._appointments.take():
            self._broker.aside(deployment.id, partial(self._visit, deployment))

    def _visit(self, deployment: Deployment) -> None:
        try:
            version = self._capabilities.version_of(deployment)
            if version != deployment.version or self._is_old(deployment.id):
                self._capabilities.refresh(deployment)
                self._note_renewal(deployment.id)
                log.info("deployment.refreshed", deployment=deployment.id, version=version)
        except GatewayError as error:  # the next visit tries again
            log.warning("deployment.not_refreshed", deployment=deployment.id, code=error.code)
        else:
            self._look_at_certificate(deployment)

    def _look_at_certificate(self, deployment: Deployment) -> None:
        certificate = self._connections.certificate(deployment)
        if certificate is not None and certificate.ends_within(ENDING):
            end = certificate.not_after.isoformat()
            log.warning("deployment.certificate_ends", deployment=deployment.id, not_after=end)
            self._tell(deployment.id, certificate.sha256, end)

    def _tell(self, deployment: str, digest: str, end: str) -> None:
        """Tell that a certificate ends, once: the turn to tell it does not come again."""
        turn = f"ending {deployment} {digest[:12]}"
        with self._broker.database.read() as connection:
            is_told = chores.is_due(connection, turn, _ONCE) is not None
        if is_told:
            return
        with self._broker.database.write() as connection:
            if chores.take(connection, turn, _ONCE):
                kind = EventType.DEPLOYMENT_CERTIFICATE_ENDING
                telling.deployment(connection, kind, deployment, {"notAfter": end})

    def _is_old(self, deployment: str) -> bool:
        with self._broker.database.read() as connection:
            due = chores.is_due(connection, f"renew {deployment}", _RENEWAL)
        return due is not False

    def _note_renewal(self, deployment: str) -> None:
        with self._broker.database.write() as connection:
            chores.plan(connection, f"renew {deployment}", _RENEWAL)

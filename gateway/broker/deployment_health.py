"""How a deployment is: reached now, and everything that stands against it, each with a reason."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import Final

from gateway.broker import outages
from gateway.broker.broker import Broker
from gateway.broker.deployments import not_carried_out
from gateway.broker.engine.connections import Connections
from gateway.errors import CredentialsRefused, UpstreamError
from gateway.model import Deployment, now
from gateway.spe.catalogue import COMMANDS
from gateway.spe.certificate import Certificate
from gateway.spe.client import Client
from gateway.spe.commands.environment import PING
from gateway.storage import deployments, inventories
from gateway.storage.inventories import Inventory
from gateway.tenancy.caller import Caller

PING_SECONDS: Final = 5.0
"""Longer nobody is kept waiting to hear that a deployment does not answer."""

ENDING: Final = timedelta(days=30)
"""A certificate that ends within this time is worth a word: a new one has to be pinned."""


@dataclass(frozen=True)
class Reason:
    """Something that stands against a deployment, by a stable code."""

    code: str
    detail: str


@dataclass(frozen=True)
class Sign:
    """What became of the attempt to reach it.

    Attributes:
        problem: why it was not reached; None if it was.
        seconds: how long the answer took, with a handshake if there had to be one.
    """

    problem: UpstreamError | None
    seconds: float


@dataclass(frozen=True)
class Health:
    """What a look at a deployment showed.

    Attributes:
        deployment: its registration.
        sign: whether it answered.
        certificate: the pinned one, if it was shown to this process; the system's trust needs none.
        inventory: the read model of it, if it was ever asked.
    """

    deployment: Deployment
    sign: Sign
    certificate: Certificate | None
    inventory: Inventory | None

    @property
    def reachable(self) -> bool:
        """Whether it answered."""
        return self.sign.problem is None

    @property
    def problem(self) -> str | None:
        """The code of why it was not reached."""
        return self.sign.problem.code if self.sign.problem else None

    @property
    def detail(self) -> str | None:
        """What to do next, if it was not reached."""
        return self.sign.problem.detail if self.sign.problem else None

    @property
    def credential(self) -> str:
        """Whether the gateway's password is accepted; what does not answer does not say."""
        if isinstance(self.sign.problem, CredentialsRefused):
            return "refused"
        return "accepted" if self.reachable else "unknown"

    @property
    def missing(self) -> int | None:
        """How many commands of our catalogue it lacks; None if it was never asked."""
        listed = self.deployment.commands
        return len(COMMANDS.keys() - listed.keys()) if listed else None

    @property
    def days_left(self) -> int | None:
        """Whole days until the certificate ends."""
        if self.certificate is None:
            return None
        return max(0, (self.certificate.not_after - now()).days)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Everything that stands against it, the gravest first; none if all is well."""
        return tuple(_reasons(self))


class DeploymentHealth:
    """Looks after deployments.

    Args:
        broker: the door.
        connections: the clients of the deployments.
    """

    def __init__(self, broker: Broker, connections: Connections) -> None:
        self._broker = broker
        self._database = broker.database
        self._connections = connections

    def look(self, caller: Caller, deployment: str) -> Health:
        """Reach a deployment now, and say what stands against it.

        Raises:
            NotFound: the deployment is absent, or the caller is no operator.
        """
        found = self._broker.deployment(caller, deployment)
        sign = self._sign(deployment)
        if sign.problem is None:
            found = self._noted(found)
        with self._database.read() as connection:
            inventory = inventories.find(connection, deployment)
        certificate = self._connections.certificate(found)
        return Health(found, sign, certificate, inventory)

    def _sign(self, deployment: str) -> Sign:
        begin = monotonic()
        try:
            _ping(self._connections.client(deployment))
        except UpstreamError as error:
            return Sign(error, monotonic() - begin)
        return Sign(None, monotonic() - begin)

    def _noted(self, deployment: Deployment) -> Deployment:
        time = now()
        with self._database.write() as connection:
            deployments.observe(connection, deployment.id, {"last_contact_time": time})
            outages.end(connection, deployment.id)
        return replace(deployment, last_contact_time=time)


def _ping(client: Client) -> None:
    """Let it answer; that it is at work on the answer is a sign of life too.

    Raises:
        UpstreamError: it does not answer, or refuses.
    """
    status = client.invoke(PING, {}, seconds=PING_SECONDS)
    if not (status.succeeded or status.is_running):
        raise not_carried_out(PING, status)


def _reasons(health: Health) -> Iterator[Reason]:
    if health.sign.problem is not None:
        yield Reason(health.sign.problem.code, health.sign.problem.detail)
    deployment = health.deployment
    if deployment.drained:
        yield Reason("DRAINED", "It takes no changes and no instances; uncordon it to end this.")
    elif deployment.cordoned:
        yield Reason("CORDONED", "No instances are placed on it; uncordon it to end this.")
    if health.certificate and health.certificate.ends_within(ENDING):
        yield Reason(
            "CERTIFICATE_ENDS_SOON",
            f"Its certificate ends on {health.certificate.not_after:%Y-%m-%d}: after an exchange "
            "the new one must be pinned.",
        )
    if health.missing:
        yield Reason(
            "COMMANDS_MISSING",
            f"Its version lacks {health.missing} of {len(COMMANDS)} commands; "
            "its capabilities say which.",
        )
    if health.inventory and health.inventory.problem:
        yield Reason(
            "INVENTORY_STALE",
            f"The last attempt to list its instances ended with {health.inventory.problem}.",
        )

"""One SPE client for each deployment, made anew when its registration changes."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from time import monotonic, sleep
from typing import Final, TypeVar

import structlog

from gateway.broker.engine.breakers import Breakers
from gateway.errors import (
    CertificateRejected,
    CredentialsRefused,
    DeploymentUnreachable,
    InputFault,
    InvalidInput,
    StorageUnavailable,
)
from gateway.measures.meters import meters
from gateway.model import Deployment, now
from gateway.spe.certificate import Certificate, Watcher
from gateway.spe.client import Client, Endpoint
from gateway.spe.guard import UNGUARDED, Admission, Guard
from gateway.storage import deployments
from gateway.storage.database import Database
from gateway.storage.known import Known
from gateway.storage.vault import Vault

CONTACT_SECONDS = 60.0
"""The least time between two notes that a deployment answered."""

ROTATION_SECONDS: Final = 3.0
"""The longest that a refused call waits for the password that a rotation is about to store."""

_GLANCE_SECONDS: Final = 0.1

log = structlog.get_logger()

Answer = TypeVar("Answer")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Rejection = Callable[[Deployment, Certificate, CertificateRejected], None]
"""Is told of a certificate that was refused, and of the registration that refused it."""


class DeploymentQuarantined(CertificateRejected):
    """It has shown another certificate: an operator says which is right; nothing is sent before."""

    code = "DEPLOYMENT_QUARANTINED"
    title = "The deployment is in quarantine"


class Networks:
    """Where deployments may lie.

    Args:
        allowed: networks in CIDR; none means every unicast address but link-local ones.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = [ipaddress.ip_network(network) for network in allowed]

    def require(self, host: str) -> None:
        """Resolve a host and refuse it when any of its addresses is outside.

        Raises:
            InvalidInput: an address is not allowed.
            DeploymentUnreachable: the name does not resolve.
        """
        for address in _addresses(host):
            if not self._allows(address):
                fault = InputFault("/host", "NETWORK_NOT_ALLOWED", "The host is not allowed.")
                raise InvalidInput([fault])

    def _allows(self, address: Address) -> bool:
        if self._allowed:
            return any(address in network for network in self._allowed)
        return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _addresses(host: str) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeploymentUnreachable("The host name cannot be resolved.") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def endpoint_of(deployment: Deployment, password: str) -> Endpoint:
    """Return how a registered deployment is reached.

    Args:
        deployment: as it is registered.
        password: its own, decrypted.

    Raises:
        InvalidInput: it cannot be reached so.
    """
    return Endpoint(
        deployment=deployment.id,
        host=deployment.host,
        port=deployment.port,
        user_name=deployment.user_name,
        password=password,
        pin=deployment.pin,
        next_pin=deployment.next_pin,
    )


class Connections:
    """Hands out the client of a deployment.

    Args:
        database: holds the credentials.
        vault: opens them.
        networks: where deployments may lie.
        rejected: is told of each certificate that is not accepted.
        breakers: let calls through, or not.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        networks: Networks,
        rejected: Rejection,
        breakers: Breakers,
    ) -> None:
        self.known = Known(database)
        """What reads rely on."""
        self._database = database
        self._vault = vault
        self._networks = networks
        self._rejected = rejected
        self._breakers = breakers
        self._certificates: dict[tuple[str, ...], Certificate] = {}
        self._clients: dict[str, tuple[int, Client]] = {}
        self._contacts: dict[str, float] = {}
        self._lock = Lock()

    def note_contact(self, deployment: str) -> None:
        """Write down that a deployment has answered, at most once a minute.

        An answer counts also when this cannot be written, so that is only logged.
        """
        if not self._is_contact_due(deployment):
            return
        try:
            with self._database.write() as connection:
                deployments.observe(connection, deployment, {"last_contact_time": now()})
        except StorageUnavailable:
            log.warning("deployment.contact_not_noted", deployment=deployment)

    def _is_contact_due(self, deployment: str) -> bool:
        time = monotonic()
        with self._lock:
            last = self._contacts.get(deployment)
            if last is not None and time - last < CONTACT_SECONDS:
                return False
            self._contacts[deployment] = time
            return True

    def client(self, deployment: str) -> Client:
        """Return the client of a registered deployment.

        Raises:
            DeploymentUnreachable: it is not registered any more.
            DeploymentQuarantined: nobody connects to it.
            DeploymentPaused: its breaker is open, and there is no client yet.
        """
        found = self.known.deployment(deployment)
        if found is None or found.quarantine:
            return self._new(deployment)
        return self._kept(found) or self._new(deployment)

    def ask(self, deployment: str, client: Client, question: Callable[[Client], Answer]) -> Answer:
        """Ask a deployment; again for each rotation that has changed the password meanwhile.

        What was refused for its password has done nothing, whatever it was to do.

        Args:
            deployment: opaque id.
            client: of the deployment, as ``client`` returned it.
            question: may be asked more than once, each time after a refusal.

        Raises:
            UpstreamError: it cannot be asked.
        """
        end = monotonic() + ROTATION_SECONDS
        while True:
            try:
                return question(client)
            except CredentialsRefused:
                newer = self._newer(deployment, client, end)
                if newer is None:
                    raise
                client = newer

    def _newer(self, deployment: str, refused: Client, end: float) -> Client | None:
        """Return the client with another password than was refused, as soon as it is stored."""
        while True:
            with self._database.read() as connection:
                # in this order: what has ended before the first look is seen by the second
                is_rotating = deployments.is_rotating(connection, deployment)
                found = deployments.find(connection, deployment)
            if found is None or self._kept(found) is not refused:
                return self._new(deployment)
            if not is_rotating or monotonic() > end:
                return None
            sleep(_GLANCE_SECONDS)

    def _new(self, deployment: str) -> Client:
        """Make a client of what is registered now, with the password that belongs to it."""
        with self._database.read() as connection:
            found = deployments.find(connection, deployment)
            if found is None:
                raise DeploymentUnreachable("The deployment is not registered any more.")
            _require_trust(found)
            sealed = deployments.sealed_password(connection, deployment)
        return self._keep(found, self._made(found, self._vault.open(sealed)))

    def _made(self, deployment: Deployment, password: str) -> Client:
        """Make a client to keep; a name that does not resolve is a failure of the line."""
        breaker = self._breakers.of(deployment.id, deployment.revision)
        breaker.require_closed()
        try:
            return self.candidate(deployment, password, breaker)
        except DeploymentUnreachable as error:
            breaker.note(Admission(probes=True), error)
            raise

    def _kept(self, deployment: Deployment) -> Client | None:
        with self._lock:
            revision, client = self._clients.get(deployment.id, (0, None))
            return client if revision >= deployment.revision else None

    def _keep(self, deployment: Deployment, made: Client) -> Client:
        """Keep a client that was made outside the lock, where resolving a name may take long."""
        with self._lock:
            revision, client = self._clients.get(deployment.id, (0, None))
            if client is not None and revision >= deployment.revision:
                made.close()
                return client
            self._clients[deployment.id] = (deployment.revision, made)
            return made

    def candidate(self, deployment: Deployment, password: str, guard: Guard = UNGUARDED) -> Client:
        """Make a client that is not kept, to try a registration with."""
        self._networks.require(deployment.host)
        endpoint = endpoint_of(deployment, password)
        return Client(endpoint, watch=self.watcher(deployment), guard=guard)

    def watcher(self, deployment: Deployment) -> Watcher:
        """Return what looks at the certificates of a deployment, as it is registered now."""
        return partial(self._see, deployment)

    def _see(
        self,
        deployment: Deployment,
        certificate: Certificate,
        error: CertificateRejected | None,
    ) -> None:
        if error is None:
            self._certificates[deployment.pins] = certificate
            meters().certificate_shown(deployment.id, certificate.not_after)
        else:
            self._rejected(deployment, certificate, error)

    def certificate(self, deployment: Deployment) -> Certificate | None:
        """Return the pinned certificate that a deployment has shown to this process last."""
        return self._certificates.get(deployment.pins)

    def close(self) -> None:
        """Close every pool."""
        with self._lock:
            for _, client in self._clients.values():
                client.close()
            self._clients.clear()
        self._breakers.close()


def _require_trust(deployment: Deployment) -> None:
    """Refuse to connect to a deployment that is in quarantine.

    Raises:
        DeploymentQuarantined: it is.
    """
    if found := deployment.quarantine:
        raise DeploymentQuarantined(
            "The deployment has shown another certificate than the registered one, or one out of "
            "its dates. Nothing is sent to it until an operator has said which is right.",
            deployment=deployment.id,
            message=f"It showed SHA-1 {found['sha1']}, SHA-256 {found['sha256']}; "
            f"the pin is {deployment.pin}.",
        )

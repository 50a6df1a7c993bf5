"""The registry of deployments: probed, pinned, tried, then registered; operators only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from gateway.broker import telling
from gateway.broker.broker import Broker
from gateway.broker.engine.connections import Connections, Networks
from gateway.broker.engine.reader import finished
from gateway.broker.engine.redaction import masked
from gateway.errors import (
    Conflict,
    InputFault,
    InUse,
    InvalidInput,
    PinMismatch,
    ReplyInvalid,
    UpstreamError,
)
from gateway.model import Deployment, EventType, Prefix, new_id, now
from gateway.spe.certificate import Certificate, normalise_pin, probe
from gateway.spe.client import Client
from gateway.spe.command import Command
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO, PING
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.status import Status
from gateway.storage import deployments
from gateway.tenancy import audit
from gateway.tenancy.authorise import denied, permit
from gateway.tenancy.caller import Caller

PROBE_SECONDS = 10.0
IDENTITY = frozenset({"host", "port", "pin", "next_pin", "user_name"})
"""A change of these needs the password again (threat T3)."""

PINS = ("pin", "next_pin")

USED = (
    "Instances are or were on this deployment; cordon it instead, so that their ids are never "
    "given away."
)


@dataclass(frozen=True)
class NewDeployment:
    """What an operator says of a deployment to be registered."""

    name: str
    host: str
    port: int
    user_name: str
    password: str = field(repr=False)
    pin: str | None = None
    next_pin: str | None = None
    system_trust: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    capacity: int | None = None
    instance_base_directory: str | None = None
    instance_url: str | None = None


class Deployments:
    """Registers, changes and looks at deployments.

    Args:
        broker: the door.
        connections: tries a registration, and follows a change.
        networks: where deployments may lie.
    """

    def __init__(self, broker: Broker, connections: Connections, networks: Networks) -> None:
        self._broker = broker
        self._database = broker.database
        self._connections = connections
        self._networks = networks

    def _permit(self, caller: Caller) -> None:
        own = caller.principal.reseller
        if not caller.principal.is_operator:
            raise denied(self._database, caller, own)
        permit(self._database, caller, own)

    def probe(self, caller: Caller, host: str, port: int) -> Certificate:
        """Show a server's certificate; only the TLS handshake is made, nothing is sent."""
        self._permit(caller)
        self._networks.require(host)
        return probe(host, port, PROBE_SECONDS)

    def probe_registered(self, caller: Caller, deployment: str) -> Certificate:
        """Show the certificate that a registered deployment presents now."""
        found = self._broker.deployment(caller, deployment)
        self._networks.require(found.host)
        return probe(found.host, found.port, PROBE_SECONDS)

    def register(self, caller: Caller, new: NewDeployment) -> Deployment:
        """Register a deployment whose certificate, password and version were tried.

        Raises:
            InvalidInput: no pin; the problem shows the certificate that was found.
            Conflict: the name or the address is registered already.
            UpstreamError: the deployment refuses, or is not what it should be.
        """
        self._permit(caller)
        self._networks.require(new.host)
        if new.pin is None and not new.system_trust:
            raise pin_needed(probe(new.host, new.port, PROBE_SECONDS))
        deployment = self._first_tried(_deployment(new), new.password)
        sealed = self._broker.ledger.vault.seal(new.password)
        try:
            with self._database.write() as connection:
                deployments.add(connection, deployment, sealed)
                audit.changed(connection, caller, deployment.id, ["name", "host", "port", "pin"])
        except IntegrityError:
            raise Conflict("A deployment of this name or address is registered already.") from None
        return deployment

    def _first_tried(self, deployment: Deployment, password: str) -> Deployment:
        """Try what is not registered yet: its id means nothing to the caller."""
        try:
            return self._tried(deployment, password)
        except PinMismatch as error:
            raise _another(deployment.pin, error) from error
        except UpstreamError as error:
            error.deployment = ""
            raise

    def _tried(self, deployment: Deployment, password: str) -> Deployment:
        """Ping it, and ask for its version and its commands."""
        client = self._connections.candidate(deployment, password)
        try:
            _succeeded(client, PING)
            environment = _succeeded(client, GET_ENVIRONMENT_INFO)
            commands = signatures(client)
        except UpstreamError as error:
            error.deployment = deployment.id
            error.message = masked(error.message, {"password": password})
            raise
        finally:
            client.close()
        version = environment.get("version") if isinstance(environment, dict) else None
        seen: dict[str, Any] = {"version": version, "commands": commands}
        return replace(deployment, **seen, last_contact_time=now(), quarantine=None)

    def get(self, caller: Caller, deployment: str) -> Deployment:
        """Return one."""
        return self._broker.deployment(caller, deployment)

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Deployment]:
        """Return some, in the order of ids."""
        self._permit(caller)
        with self._database.read() as connection:
            return deployments.page(connection, after, limit)

    def change(
        self, caller: Caller, deployment: str, values: Mapping[str, Any], password: str | None
    ) -> Deployment:
        """Change a registration; another address, pin or user is tried before it counts.

        What was tried and found right ends the quarantine.

        Raises:
            InvalidInput: the password is missing where it is needed.
            Conflict: the name or the address is registered already.
        """
        found = self._broker.deployment(caller, deployment)
        if IDENTITY & set(values) and password is None:
            raise InvalidInput(
                [
                    InputFault(
                        "/password",
                        "PASSWORD_NEEDED",
                        "Another host, port, pin or user needs the password again.",
                    )
                ]
            )
        spelt = _spelt(values)
        changed = replace(found, **spelt, update_time=now())
        columns = spelt | {"update_time": changed.update_time}
        if password is not None:
            changed = self._tried(changed, password)
            columns |= {
                "version": changed.version,
                "commands": dict(changed.commands),
                "last_contact_time": changed.last_contact_time,
                "quarantine": None,
                "password": self._broker.ledger.vault.seal(password),
            }
        try:
            with self._database.write() as connection:
                deployments.change(connection, deployment, columns)
                audit.changed(connection, caller, deployment, columns)
                if changed.pins != found.pins:
                    kind = EventType.DEPLOYMENT_CERTIFICATE_CHANGED
                    pins = {"pin": changed.pin, "nextPin": changed.next_pin}
                    telling.deployment(connection, kind, deployment, pins)
        except IntegrityError:
            raise Conflict("A deployment of this name or address is registered already.") from None
        return changed

    def repin(self, caller: Caller, deployment: str, pin: str, password: str) -> Deployment:
        """Trust the certificate that is presented now and no other, and end the quarantine.

        Nothing is sent unless it matches the pin; then the password is tried (threat T3).

        Raises:
            PinMismatch: it is another one than the pin names.
            UpstreamError: the deployment refuses, or is not what it should be.
        """
        try:
            return self.change(caller, deployment, {"pin": pin, "next_pin": None}, password)
        except PinMismatch as error:
            raise _another(pin, error) from error

    def lift_quarantine(self, caller: Caller, deployment: str) -> Deployment:
        """End the quarantine of a deployment that presents a pinned certificate again.

        Only the TLS handshake is made; the pin stays, so no password is needed.

        Raises:
            CertificateRejected: it still presents another one, or one out of its dates.
            DeploymentUnreachable: it presents none.
        """
        found = self._broker.deployment(caller, deployment)
        if found.pin is not None:
            self._networks.require(found.host)
            with map_errors(Phase.CONNECT, deployment=deployment):
                presented = probe(found.host, found.port, PROBE_SECONDS)
                presented.require(*map(normalise_pin, found.pins))
        values: dict[str, Any] = {"quarantine": None, "update_time": now()}
        with self._database.write() as connection:
            deployments.change(connection, deployment, values)
            audit.changed(connection, caller, deployment, ["quarantine"])
        return replace(found, **values)

    def remove(self, caller: Caller, deployment: str) -> None:
        """Remove a registration.

        Raises:
            InUse: an instance id was ever used on it; ids are never forgotten.
        """
        self._broker.deployment(caller, deployment)
        try:
            with self._database.write() as connection:
                if deployments.in_use(connection, deployment):
                    raise InUse(USED)
                deployments.remove(connection, deployment)
                audit.changed(connection, caller, deployment, ["deleted"])
        except IntegrityError:  # a name was put on it at this moment
            raise InUse(USED) from None


def _succeeded(client: Client, command: Command) -> Any:  # noqa: ANN401 - any JSON value
    status = finished(client, client.invoke(command, {}))
    if not status.succeeded:
        raise not_carried_out(command, status)
    return status.result


def not_carried_out(command: Command, status: Status) -> ReplyInvalid:
    """Return why a server is not taken for one of SPE's: it refuses what each of them can do."""
    return ReplyInvalid(
        f"The server did not carry out {command.name}; is it an SPE Management Server?",
        command=command.name,
        message=status.error_message or status.code,
    )


def signatures(client: Client) -> dict[str, list[str]]:
    """Return what the deployment can do: its arguments by the name of the command."""
    return {
        signature.name: [argument.name for argument in signature.args]
        for signature in client.metadata()
    }


def _spelt(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns with each pin in the one spelling that is stored."""
    pins = {name: normalise_pin(values[name]) for name in PINS if values.get(name)}
    return {**values, **pins}


def _deployment(new: NewDeployment) -> Deployment:
    time = now()
    return Deployment(
        id=new_id(Prefix.DEPLOYMENT),
        name=new.name,
        host=new.host,
        port=new.port,
        user_name=new.user_name,
        **_spelt({"pin": new.pin, "next_pin": new.next_pin}),
        labels=dict(new.labels),
        capacity=new.capacity,
        instance_base_directory=new.instance_base_directory,
        instance_url=new.instance_url,
        cordoned=False,
        version=None,
        commands={},
        last_contact_time=None,
        revision=1,
        create_time=time,
        update_time=time,
    )


def _another(pin: str | None, error: PinMismatch) -> PinMismatch:
    """Say of a trial that it was the sent pin which did not match, not the registered one."""
    return PinMismatch(
        "The server shows another certificate than the pin that you sent.",
        message=f"It shows {error.message}; the pin is {pin}.",
    )


def pin_needed(certificate: Certificate) -> InvalidInput:
    """Show the certificate, so that a person can compare it before anything is sent."""
    fault = InputFault(
        "/certificate",
        "PIN_NEEDED",
        f"The server shows a certificate for {certificate.subject}, valid from "
        f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, SHA-256 "
        f"{certificate.sha256}, SHA-1 thumbprint {certificate.sha1}. Compare it with what the "
        'server shows, then send it as certificate {"pin": …}. Nothing was sent to the server.',
    )
    return InvalidInput([fault])

"""What deployments can do: their own get-metadata against our catalogue, and each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from gateway.broker.broker import Broker
from gateway.broker.deployments import signatures
from gateway.broker.engine.connections import Connections
from gateway.broker.engine.reader import Reader
from gateway.model import Deployment, now
from gateway.spe.catalogue import COMMANDS
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO
from gateway.storage import deployments
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller

log = structlog.get_logger()

Signatures = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Missing:
    """A command that we know and the deployment lacks, and the deployments that have it."""

    command: str
    available_on: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A command whose arguments differ from our catalogue's."""

    command: str
    missing_arguments: tuple[str, ...]
    unknown_arguments: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """A command that the deployment lists and we do not know."""

    command: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A deployment against our catalogue."""

    deployment: str
    version: str | None
    read_time: datetime
    supported: tuple[str, ...]
    missing: tuple[Missing, ...]
    unknown: tuple[Unknown, ...]
    differing: tuple[Difference, ...]


class Capabilities:
    """Asks deployments what they can do, and remembers it.

    Args:
        broker: the door.
        connections: the clients of the deployments.
    """

    def __init__(self, broker: Broker, connections: Connections) -> None:
        self._broker = broker
        self._database = broker.database
        self._connections = connections
        self._reader = Reader(connections)

    def compare(self, caller: Caller, deployment: str) -> Comparison:
        """Ask a deployment anew, and compare it.

        Raises:
            NotFound: the deployment is absent, or the caller is no operator.
            UpstreamError: it cannot be asked.
        """
        found = self.refresh(self._broker.deployment(caller, deployment))
        with self._database.read() as connection:
            others = [one for one in deployments.every(connection) if one.id != found.id]
        return comparison(found, others)

    def refresh(self, deployment: Deployment) -> Deployment:
        """Ask a deployment for its version and what it can do, and store both.

        Raises:
            UpstreamError: it cannot be asked.
        """
        seen: dict[str, Any] = {
            "version": self.version_of(deployment),
            "commands": signatures(self._connections.client(deployment.id)),
            "last_contact_time": now(),
        }
        with self._database.write() as connection:
            before = deployments.hold(connection, deployment.id)
            deployments.observe(connection, deployment.id, seen)
            if _is_upgraded(before, seen["version"]):
                audit.found(connection, "upgradeDeployment", deployment.id, fields=["version"])
                log.info("deployment.upgraded", deployment=deployment.id, version=seen["version"])
        return replace(deployment, **seen)

    def version_of(self, deployment: Deployment) -> str | None:
        """Ask a deployment for its version; None when it does not tell.

        Raises:
            UpstreamError: it cannot be asked.
        """
        found = self._reader.read(deployment.id, GET_ENVIRONMENT_INFO)
        return found.get("version") if isinstance(found, dict) else None


def _is_upgraded(before: Deployment | None, version: str | None) -> bool:
    """Whether it was another version as far as we knew; whoever sees it first says so."""
    if before is None or before.version is None or version is None:
        return False
    return before.version != version


def comparison(deployment: Deployment, others: Sequence[Deployment]) -> Comparison:
    """Compare what a deployment lists with our catalogue and with the other deployments."""
    listed = deployment.commands
    known = sorted(COMMANDS.keys() & listed.keys())
    return Comparison(
        deployment=deployment.id,
        version=deployment.version,
        read_time=deployment.last_contact_time or now(),
        supported=tuple(known),
        missing=tuple(
            Missing(name, tuple(one.id for one in others if name in one.commands))
            for name in sorted(COMMANDS.keys() - listed.keys())
        ),
        unknown=tuple(
            Unknown(name, tuple(listed[name])) for name in sorted(listed.keys() - COMMANDS.keys())
        ),
        differing=tuple(found for name in known if (found := _difference(name, listed)).command),
    )


def _difference(name: str, listed: Signatures) -> Difference:
    """Return how the arguments differ; without a command where they do not."""
    ours = {param.name for param in COMMANDS[name].params}
    theirs = set(listed[name])
    differs = ours != theirs
    return Difference(
        name if differs else "", tuple(sorted(ours - theirs)), tuple(sorted(theirs - ours))
    )

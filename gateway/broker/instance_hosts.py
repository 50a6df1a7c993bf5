"""The hosts of a deployment, as far as it is ours to say something of them: placement off, on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.broker.broker import Broker
from gateway.broker.engine.reader import Reader
from gateway.errors import NotFound, UpstreamError
from gateway.spe.commands.instance_hosts import GET_INSTANCE_HOSTS
from gateway.storage import deployments, hosts
from gateway.storage.hosts import Host
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller


class InstanceHosts:
    """Cordons hosts. Their names are compared as Windows does: whatever their case.

    Args:
        broker: the door.
        reader: asks for a host that was never seen.
    """

    def __init__(self, broker: Broker, reader: Reader) -> None:
        self._broker = broker
        self._database = broker.database
        self._reader = reader

    def cordoned(self, deployment: str) -> frozenset[str]:
        """Return the names, in lower case, of those hosts on which nothing is placed."""
        with self._database.read() as connection:
            found = hosts.of(connection, deployment)
        return frozenset(host.server_name.lower() for host in found if host.cordoned)

    def get(self, caller: Caller, deployment: str, server: str) -> Host:
        """Return a host as it was last seen; one that was never seen is asked for.

        One that is cordoned and cannot be asked for is known by its name alone.

        Raises:
            NotFound: the deployment has no such host.
            UpstreamError: it was never seen, and the deployment cannot be asked.
        """
        self._broker.deployment(caller, deployment)
        known = self._known(deployment, server)
        if known is not None and known.observed:
            return known
        try:
            seen = self._seen(deployment, server)
        except (NotFound, UpstreamError):
            if known is None:
                raise
            return known
        return seen if known is None else replace(known, observed=seen.observed)

    def cordon(
        self, caller: Caller, deployment: str, server: str, values: Mapping[str, bool]
    ) -> Host:
        """Place nothing on a host from now on, or again.

        What is being placed at the moment holds the deployment, so it comes before or sees this.

        Args:
            caller: an operator.
            deployment: opaque id.
            server: name of the host.
            values: whether it is ``cordoned``.
        """
        found = self.get(caller, deployment, server)
        cordoned = values["cordoned"]
        with self._database.write() as connection:
            deployments.hold(connection, deployment)
            hosts.cordon(connection, deployment, found.server_name, cordoned)
            audit.changed(connection, caller, deployment, values)
        return replace(found, cordoned=cordoned)

    def _known(self, deployment: str, server: str) -> Host | None:
        with self._database.read() as connection:
            found = hosts.of(connection, deployment)
        return next((host for host in found if _is_named(host.server_name, server)), None)

    def _seen(self, deployment: str, server: str) -> Host:
        rows: list[dict[str, Any]] = self._reader.rows(deployment, GET_INSTANCE_HOSTS)
        for row in rows:
            if _is_named(name := row.get("serverName"), server):
                return Host(deployment, str(name), row, None, cordoned=False)
        raise NotFound


def _is_named(name: object, server: str) -> bool:
    return isinstance(name, str) and name.lower() == server.lower()

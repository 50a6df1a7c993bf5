"""Reads that must end here and now: to settle, to diagnose, to look before a change."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from gateway.broker.connections import Connections
from gateway.broker.plan import bound
from gateway.errors import CommandFailed, UpstreamTimeout
from gateway.model import Instance
from gateway.spe.client import Client
from gateway.spe.command import Command
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.status import Status

READ_SECONDS = 20.0
POLL_MILLISECONDS = 500


class Reader:
    """Carries reads to their end, also when they turn asynchronous.

    Args:
        connections: the clients of the deployments.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def read(
        self,
        deployment: str,
        command: Command,
        arguments: Mapping[str, Any] | None = None,
        instance: Instance | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Return the result of a read.

        Raises:
            UpstreamError: the deployment could not be read.
        """
        client = self._connections.client(deployment)
        status = client.invoke(command, bound(command, arguments or {}, instance))
        return _result(deployment, command.name, _finished(client, status))

    def discover(self, deployment: str) -> list[dict[str, Any]]:
        """Return every instance of a deployment: the one place that asks for all."""
        client = self._connections.client(deployment)
        status = _finished(client, client.discover())
        rows = _result(deployment, GET_INSTANCES.name, status)
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _finished(client: Client, status: Status) -> Status:
    end = monotonic() + READ_SECONDS
    while status.is_running and status.token is not None:
        if monotonic() > end:
            raise UpstreamTimeout("The deployment did not finish a read in time.")
        status = client.get_status(
            status.token, status.version, wait_milliseconds=POLL_MILLISECONDS
        )
    return status


def _result(deployment: str, command: str, status: Status) -> Any:  # noqa: ANN401 - JSON
    if not status.succeeded:
        raise CommandFailed(
            deployment=deployment, command=command, message=status.error_message or status.code
        )
    return status.result

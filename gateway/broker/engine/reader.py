"""Reads that must end here and now: to settle, to diagnose, to look before a change."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from gateway.broker.engine.connections import Connections
from gateway.broker.engine.plan import bound
from gateway.errors import CommandFailed, ReplyInvalid, UpstreamTimeout
from gateway.model import Instance
from gateway.spe.client import Client
from gateway.spe.command import Command
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.results import require_form
from gateway.spe.status import Status

Rows = list[dict[str, Any]]
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
        given = bound(command, arguments or {}, instance)

        def question(client: Client) -> Status:
            return finished(client, client.invoke(command, given))

        client = self._connections.client(deployment)
        status = self._connections.ask(deployment, client, question)
        result = _result(deployment, command.name, status)
        require_form(command, given, result)
        return result

    def discover(self, deployment: str) -> Rows:
        """Return every instance of a deployment: the one place that asks for all."""
        client = self._connections.client(deployment)
        status = self._connections.ask(
            deployment, client, lambda newest: finished(newest, newest.discover())
        )
        rows = _rows(_result(deployment, GET_INSTANCES.name, status))
        require_form(GET_INSTANCES, {}, rows)
        return rows

    def rows(self, deployment: str, command: Command, instance: Instance | None = None) -> Rows:
        """Return the list of objects that a read without further arguments answers.

        Raises:
            UpstreamError: the deployment could not be read, or answered something else.
        """
        return _rows(self.read(deployment, command, instance=instance))

    def record(self, deployment: str, command: Command, instance: Instance) -> dict[str, Any]:
        """Return the object that a read without further arguments answers.

        Raises:
            UpstreamError: the deployment could not be read, or answered something else.
        """
        found = self.read(deployment, command, instance=instance)
        if not isinstance(found, dict):
            raise ReplyInvalid("The deployment's answer is not an object.")
        return found


def _rows(found: object) -> Rows:
    """Anything but a list of objects is no answer, least of all an empty one."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ReplyInvalid("The deployment's answer is not a list of objects.")
    return found


def finished(client: Client, status: Status) -> Status:
    """Follow a read that runs to its end.

    Raises:
        UpstreamTimeout: it does not end in time.
        UpstreamError: there is no usable answer.
    """
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

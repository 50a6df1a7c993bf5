"""Reads of one instance for the gateway itself, which nobody has asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.broker.admission import LISTS, observe_list
from gateway.broker.engine.diagnosis import diagnose
from gateway.broker.engine.reader import Reader
from gateway.broker.worker_results import WorkerResults
from gateway.errors import CommandFailed
from gateway.model import Instance, Step, now
from gateway.spe.command import Command
from gateway.storage.database import Database


class InstanceReads:
    """Asks about an instance, and finds out why when the answer is no.

    A list of all its users or stores corrects what counts against quotas, whoever asked for it.

    Args:
        reader: asks.
        database: has what each instance holds.
    """

    def __init__(self, reader: Reader, database: Database) -> None:
        self._reader = reader
        self._database = database

    def read(self, instance: Instance, command: Command, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Return what the deployment answers.

        Raises:
            GatewayError: why it does not, as a caller would hear it.
        """
        time = now()
        found = self._asked(instance, command, arguments)
        if command.name in LISTS:
            observe_list(self._database, instance.id, command.name, found, time)
        return found

    def _asked(self, instance: Instance, command: Command, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        try:
            return self._reader.read(instance.deployment, command, arguments, instance)
        except CommandFailed as error:
            step = Step(command.name, {})
            raise diagnose(self._reader, step, instance.deployment, instance) or error from None

    def worker_results(
        self, instance: Instance, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Return the results of profiles that started in [since, until).

        What SPE cannot read however small the window is, is missing.

        Raises:
            GatewayError: nothing of it can be read.
        """
        return list(WorkerResults(self._reader, instance, {}).read(since, until).rows.values())

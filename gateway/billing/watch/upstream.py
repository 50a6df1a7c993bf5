"""How an instance is asked; the broker's floor does it, and is handed in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from gateway.model import Instance
from gateway.spe.command import Command


class Upstream(Protocol):
    """Reads of one instance; a failure is told with its cause, as a caller would hear it."""

    def read(self, instance: Instance, command: Command, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
        """Return what the deployment answers.

        Raises:
            GatewayError: it did not, and why.
        """

    def worker_results(
        self, instance: Instance, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Return the results of profiles that started in [since, until), each with its ``id``.

        Raises:
            GatewayError: none can be read, and why.
        """

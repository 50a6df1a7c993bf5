"""The control plane of a simulated deployment, as the sandbox uses it."""

from typing import Any, Final

from gateway.cli.api_client import Api, Call, Unreachable
from gateway.cli.failure import Failure

REFUSED: Final = 400
"""Answers with this status or a higher one did nothing."""


class ControlPlane:
    """A client of one control plane.

    Args:
        name: of the deployment, for messages.
        url: the simulator's ``controlUrl``.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._api = Api(url)

    def read(self, what: str) -> Any:  # noqa: ANN401 # any JSON value
        """Return what a GET answers.

        Raises:
            Failure: as ``do`` has it.
        """
        return self._sent(Call("GET", f"/{what}"))

    def do(self, what: str, document: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 # any JSON value
        """Do something by a POST.

        Args:
            what: the path without its first slash.
            document: the body.

        Raises:
            Failure: it was refused, in the simulator's words, or nothing answers.
        """
        return self._sent(Call("POST", f"/{what}", body=document or {}))

    def forget(self, what: str) -> None:
        """Do away with something by a DELETE."""
        self._sent(Call("DELETE", f"/{what}"))

    def _sent(self, call: Call) -> Any:  # noqa: ANN401 # any JSON value
        try:
            answer = self._api.send(call)
        except Unreachable as error:
            raise Failure(
                f"The simulated deployment {self.name} does not run (any more): start the "
                "sandbox with 'spe-gateway demo'."
            ) from error
        if answer.status >= REFUSED:
            raise Failure(f"{self.name}: {answer.body['error']}")
        return answer.body

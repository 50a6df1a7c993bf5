"""Deployments are asked for their licences now, side by side, each in its own lane."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from gateway.billing.answers import licences_of
from gateway.errors import GatewayError, UpstreamTimeout
from gateway.model import now
from gateway.spe.command import Command
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST

Aside = Callable[[str, Callable[[], None]], None]
"""Has something done in the lane of a deployment."""

Read = Callable[[str, Command], Any]
"""Reads something of a deployment; raises the errors of ``spe``."""


@dataclass(frozen=True)
class Said:
    """What came of asking a deployment.

    Attributes:
        licences: by the names that SPE knows; None where there is a problem.
        time: when the answer came.
        problem: the code of the error that came instead.
    """

    licences: Mapping[str, int] | None
    time: datetime
    problem: str | None = None


class Asking:
    """Asks many deployments at once; who is late is not waited for.

    Args:
        aside: has a thread for each deployment.
        read: asks one.
    """

    def __init__(self, aside: Aside, read: Read) -> None:
        self._aside = aside
        self._read = read

    def licences(self, deployments: Sequence[str], seconds: float) -> Mapping[str, Said]:
        """Return what each deployment says of its licences, or why it says nothing.

        Args:
            deployments: ids.
            seconds: how long to wait for all of them.
        """
        asked: dict[str, Future[Said]] = {deployment: Future() for deployment in deployments}
        for deployment, future in asked.items():
            self._aside(deployment, partial(self._answer, deployment, future))
        wait(asked.values(), timeout=seconds)
        late = Said(None, now(), UpstreamTimeout.code)
        return {name: future.result() if future.done() else late for name, future in asked.items()}

    def _answer(self, deployment: str, future: Future[Said]) -> None:
        try:
            found = licences_of(self._read(deployment, CREATE_LICENSE_REQUEST))
        except GatewayError as error:
            future.set_result(Said(None, now(), error.code))
        else:
            future.set_result(Said(found, now()))

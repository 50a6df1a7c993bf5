"""Sends ids to the queue, and holds up nobody when there is none."""

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Final

from celery import Celery

from gateway.worker.outage import SENDING, Outage

if TYPE_CHECKING:
    from kombu.connection import Connection

LIFE_SECONDS: Final = 5
"""After which a message says nothing new: the sweep has sent another, or done it itself."""

OUTAGE_SECONDS: Final = 5.0
"""Between two tries of a queue that is not to be had."""

WRITE_SECONDS: Final = 2.0


class Hints:
    """The sending end of the queue; for one thread.

    Args:
        app: whose queue it is.
        task: what is to be done with the ids.
        outage: told when the queue is not to be had.
    """

    def __init__(self, app: Celery, task: str, outage: Outage) -> None:
        self._outage = outage
        self._app = app
        self._task = task
        self._connection: Connection | None = None
        self._failed: float | None = None

    def send(self, operations: Sequence[str]) -> bool:
        """Send ids in one message; false when that failed just now, or a moment ago."""
        if self._failed is not None and monotonic() - self._failed < OUTAGE_SECONDS:
            return False
        try:
            self._publish(operations)
        except Exception as error:  # noqa: BLE001 - each transport raises errors of its own
            self._fail(error)
            return False
        self._outage.end()
        self._failed = None
        return True

    def _publish(self, operations: Sequence[str]) -> None:
        if self._connection is None:
            self._connection = self._app.connection_for_write(transport_options=_options(self._app))
        self._app.tasks[self._task].apply_async(
            (list(operations),), connection=self._connection, retry=False, expires=LIFE_SECONDS
        )

    def _fail(self, error: Exception) -> None:
        self._outage.begin(SENDING, error)
        self._failed = monotonic()
        self.close()

    def close(self) -> None:
        """Drop the connection, whatever state it is in."""
        if self._connection is not None:
            self._connection.collect(socket_timeout=WRITE_SECONDS)  # type: ignore[no-untyped-call] # kombu's own
            self._connection = None


def _options(app: Celery) -> dict[str, object]:
    """Return what keeps a try short: one, and no wait for a server that does not read."""
    once = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    if app.conf.broker_url.startswith("amqp"):
        return {**once, "read_timeout": WRITE_SECONDS, "write_timeout": WRITE_SECONDS}
    return {**once, "socket_timeout": WRITE_SECONDS}

"""Celery's worker, bare: it takes messages and runs tasks in threads."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, Final

from celery import Celery
from celery.concurrency.thread import TaskPool
from celery.exceptions import WorkerShutdown
from celery.worker import WorkController
from celery.worker.consumer import Consumer
from celery.worker.consumer.consumer import STOP_CONDITIONS
from kombu.connection import Connection

from gateway.worker.outage import TAKING

RETRY_SECONDS: Final = 1.0
GLANCE_SECONDS: Final = 0.2
THREADS: Final = 4
"""Tasks only claim and hand over, so few do."""


class Threads(TaskPool):  # type: ignore[misc] # Celery ships no types
    """Threads that know whose they are, since several applications may share a process."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 # Celery's signature
        super().__init__(*args, **options)
        self.executor = ThreadPoolExecutor(
            self.limit, thread_name_prefix="tracker", initializer=self.app.set_current
        )


class BareConsumer(Consumer):  # type: ignore[misc] # Celery ships no types
    """Neither listens to other workers nor tells them anything, and sets up no delays."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc] # Celery ships no types
        """The parts that are left."""

        default_steps = (
            "celery.worker.consumer.connection:Connection",
            "celery.worker.consumer.tasks:Tasks",
            "celery.worker.consumer.consumer:Evloop",
        )

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 # Celery's signature
        self.is_ending = Event()
        super().__init__(*args, **options)

    def ensure_connected(self, conn: Connection) -> Connection:
        """Connect, again and again, but for a stop."""

        def note(error: Exception, _seconds: float) -> None:
            self.app.outage.begin(TAKING, error)

        conn.ensure_connection(  # type: ignore[no-untyped-call] # kombu's own
            note, None, RETRY_SECONDS, 0, RETRY_SECONDS, callback=self._require_running
        )
        self.app.outage.end()
        return conn

    def register_with_event_loop(self, hub: Any) -> None:  # noqa: ANN401 # Celery's signature
        """Let the loop look again and again whether it is to end."""
        super().register_with_event_loop(hub)
        hub.call_repeatedly(GLANCE_SECONDS, self._require_running)

    def end(self) -> bool:
        """Have a loop end in its own thread; false where there is none.

        A farewell to the message broker from another thread would wait for an answer that the
        loop's thread reads.
        """
        self.is_ending.set()
        return self.hub is not None

    def _require_running(self) -> None:
        if self.is_ending.is_set() or self.blueprint.state in STOP_CONDITIONS:
            raise WorkerShutdown(0)


def create_worker(app: Celery, ready: Any) -> WorkController:  # noqa: ANN401 # Celery's callback
    """Build a worker.

    Args:
        app: whose tasks it runs.
        ready: called, with the consumer, as soon as messages may come.
    """
    return WorkController(
        app,
        hostname=f"tracker@{uuid.uuid4().hex}",
        pool_cls=Threads,
        consumer_cls=BareConsumer,
        concurrency=THREADS,
        ready_callback=ready,
        loglevel="WARNING",
    )

"""The Celery application: its tasks, its queue and how little of Celery is switched on."""

import uuid
from typing import Any, Final

from celery import Celery
from kombu.entity import Queue

from gateway.worker import memory, tracking
from gateway.worker.hints import Hints
from gateway.worker.outage import Outage
from gateway.worker.tracking import SWEEP, Tracking

TRACK: Final = "operations.track"
DO: Final = "chores.do"
QUEUE: Final = "spe-gateway"
CONNECT_SECONDS: Final = 2.0
HEARTBEAT_SECONDS: Final = 10

_REDIS: Final = {
    "visibility_timeout": 15,  # tasks take moments; what a dead process had comes back soon
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": CONNECT_SECONDS,
}


def create_application(url: str, duties: Tracking) -> Celery:
    """Build the application of one process; it is nobody's default.

    Args:
        url: of the message broker; empty for a queue of this process alone.
        duties: what its tasks do.
    """
    app = Celery("spe-gateway", set_as_current=False)
    app.conf.update(_settings(url))
    app.conf.beat_schedule = _schedule(duties)
    app.outage = Outage()
    hints = Hints(app, TRACK, app.outage)

    # Functions, not methods: Celery takes a method's object for an argument.
    def track(message: object) -> None:
        duties.track(message)

    def sweep() -> None:
        duties.sweep(hints.send)

    def do(name: object) -> None:
        duties.do(name)

    for task, does in ((TRACK, track), (SWEEP, sweep), (DO, do)):
        app.task(does, name=task, shared=False, lazy=False)
    app.finalize(auto=True)
    return app


def _settings(url: str) -> dict[str, Any]:
    """Return what differs from Celery's defaults: JSON only, no events, no remote control."""
    name = QUEUE if url else f"{QUEUE}.{uuid.uuid4().hex}"
    return {
        "broker_url": url or memory.URL,
        "broker_transport_options": _REDIS if url.startswith("redis") else {},
        "broker_connection_timeout": CONNECT_SECONDS,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": HEARTBEAT_SECONDS,
        "task_queues": [_queue(url, name)],
        "task_default_queue": name,
        "task_default_exchange": name,
        "task_default_routing_key": name,
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_publish_retry": False,
        "worker_prefetch_multiplier": 1,
        "worker_detect_quorum_queues": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_disable_rate_limits": True,
    }


def _queue(url: str, name: str) -> Queue:
    """Return our one queue; RabbitMQ's is a quorum queue, which survives one of its servers."""
    arguments = {"x-queue-type": "quorum"} if url.startswith("amqp") else {}
    return Queue(name, routing_key=name, queue_arguments=arguments)  # type: ignore[no-untyped-call] # kombu's own


def _schedule(duties: Tracking) -> dict[str, dict[str, Any]]:
    """Return the timetable: the sweep, and each chore in its own time."""
    chores = {
        chore.name: {"task": DO, "schedule": chore.seconds, "args": [chore.name]}
        for chore in duties.chores.values()
    }
    return {SWEEP: {"task": SWEEP, "schedule": tracking.GLANCE_SECONDS}, **chores}

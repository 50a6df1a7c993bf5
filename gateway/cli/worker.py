"""``spe-gateway worker``: tracks operations for the gateways of a cluster."""

import os
import signal
import sys
from threading import Event, Timer

import rich_click as click
import structlog

from gateway import serving
from gateway.cli.examples import examples
from gateway.cli.lifeline import end_with_standard_input, lifeline_option
from gateway.errors import ConfigurationError
from gateway.exposition import showing
from gateway.factory import create_gateway
from gateway.settings import Settings
from gateway.worker.tracker import Tracker

START_SECONDS = 10.0
"""How long the message broker is waited for; without it, the worker works, but not as fast."""

log = structlog.get_logger()


@click.command(epilog=examples("spe-gateway worker"))
@lifeline_option
def worker(*, lifeline: bool) -> None:
    """Track operations, and do the gateway's chores, in a cluster.

    Takes the ids of operations from the message broker of SPE_GATEWAY_BROKER_URL. Start as many
    as you like, on as many hosts. Says on standard error when it is ready. SIGTERM lets calls that
    are under way end, at most 35 seconds, and leaves the rest to the other workers at once.
    """
    settings = Settings.from_environment()
    _require_cluster(settings)
    with serving.prepare(settings):
        if lifeline:
            end_with_standard_input(os.getpid())
        _work(settings)


def _require_cluster(settings: Settings) -> None:
    if not settings.broker_url:
        raise ConfigurationError(
            "Workers need a message broker: set SPE_GATEWAY_BROKER_URL. Without one, "
            "'spe-gateway serve' tracks operations itself."
        )
    if settings.is_embedded:
        raise ConfigurationError(
            "SQLite is for one process: workers need a PostgreSQL in SPE_GATEWAY_DATABASE_URL."
        )


def _work(settings: Settings) -> None:
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    gateway = create_gateway(settings)
    shown = showing.shown(settings, gateway)
    tracker = Tracker(gateway.services.broker, gateway.chores, settings.broker_url)
    tracker.start()
    tracker.wait(START_SECONDS)
    sys.stderr.write("spe-gateway worker is ready\n")
    sys.stderr.flush()
    ended.wait()
    bound = Timer(serving.graceful_timeout, _leave)
    bound.daemon = True
    bound.start()
    tracker.stop()
    gateway.close()
    shown.close()
    bound.cancel()


def _leave() -> None:
    """End although a call is still under way: its lease ends, and another worker settles it."""
    log.warning("worker.left_calls")
    os._exit(0)

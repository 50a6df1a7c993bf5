"""How gunicorn serves the gateway; its configuration: ``-c python:gateway.serving app:app``.

Embedded (SQLite) means one process with threads: one worker, which tracks operations too, and
the home folder locked. Threads start after the fork. The lower-case names are gunicorn's own.
"""

import gc
import os
import signal
import sys
from contextlib import ExitStack
from datetime import timedelta
from threading import Timer
from types import FrameType
from typing import Any, Final

import structlog
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from gateway import allocator, descriptors, logs
from gateway.errors import ConfigurationError, SetupError, StorageUnavailable
from gateway.exposition import showing
from gateway.factory import Gateway, create_gateway
from gateway.home import held
from gateway.measures.account import Account, account
from gateway.settings import Settings
from gateway.storage import deliveries, operations
from gateway.storage.database import Database, unusable
from gateway.web.hooks import EXTENSION
from gateway.web.request_ids import HEADER

bind = "127.0.0.1:8080"
workers = 1
worker_class = "gateway.lingering.LingeringWorker"
preload_app = False
control_socket_disable = True
logger_class = "gateway.serving.ServerLog"
loglevel = "warning"
# The one that is tested with malformed requests, also where gunicorn finds another installed.
http_parser = "python"
# A token of 900 seconds and every permission by name fits into 8 KiB, and little else needs to.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Prefer: wait=30 is the longest that an answer takes.
graceful_timeout = 35
timeout = 60
# Longer than a proxy keeps an idle connection: nginx 60 s.
keepalive = 75
# A client's SCRIPT_NAME or X-Forwarded-Proto means nothing, also when a proxy on this host passes
# it on. Who calls says X-Forwarded-For, to ProxyFix, and only with SPE_GATEWAY_PROXIES.
forwarded_allow_ips = ""
forwarder_headers = ""

_TRACKER: Final = "spe-gateway-tracker"
_SHOWN: Final = "spe-gateway-shown"
ANNOUNCING: Final = signal.SIGUSR2
"""Tells a worker that it will be stopped, while requests still come."""

log = structlog.get_logger(__name__)


def prepare(settings: Settings) -> ExitStack:
    """Start the logs, lock the home of an embedded gateway and try out what the worker needs.

    Returns:
        What is held; until it is closed, or the process ends.

    Raises:
        ConfigurationError: the gateway could not serve with these settings.
    """
    allocator.keep_little()
    descriptors.raise_limit()
    with ExitStack() as undo:
        _try_out(settings)
        if settings.is_embedded:
            undo.enter_context(held(settings.home))
            _take_over(settings)
        undo.enter_context(showing.prepared(settings))
        logs.configure(settings.log_level)
        return undo.pop_all()


def _take_over(settings: Settings) -> None:
    """Let go of what a dead process held: who holds the home is alone, and need not wait."""
    database = Database(settings.database)
    try:
        with database.write() as connection:
            operations.free(connection)
            deliveries.free(connection)
    finally:
        database.close()


def _try_out(settings: Settings) -> None:
    try:
        gateway = create_gateway(settings)
        try:
            if not gateway.key_ring.verification_keys().keys:
                raise ConfigurationError("The database is not set up: run 'spe-gateway init'.")
        finally:
            gateway.close()
    except StorageUnavailable as error:
        raise unusable(settings.database, error) from error


def on_starting(server: Arbiter) -> None:
    """Check everything before the first fork (hook of gunicorn's).

    Raises:
        RuntimeError: the gateway cannot serve; gunicorn prints it as one line.
    """
    try:
        settings = Settings.from_environment()
        if settings.is_embedded and server.cfg.workers != 1:
            raise ConfigurationError("Only one process may use a home: leave workers at 1.")
        if not settings.redis_url and server.cfg.workers != 1:
            raise ConfigurationError(
                "Several workers need a Redis to count together: set "
                "SPE_GATEWAY_REDIS_URL, or leave workers at 1."
            )
        server.held = prepare(settings)
    except SetupError as error:
        raise RuntimeError(error.detail) from error
    stop_gently(server, settings.drain_seconds)
    server.cfg.set("threads", settings.http_threads)


def stop_gently(server: Arbiter, seconds: int) -> None:
    """Have SIGTERM tell the workers first, and stop after a pause; the second stops at once.

    Args:
        server: gunicorn's.
        seconds: for which requests are still taken.
    """
    stop = server.handle_term

    def announce() -> None:
        server.handle_term = stop
        server.kill_workers(ANNOUNCING)
        log.info("gateway.draining", seconds=seconds)
        pause = Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
        pause.daemon = True
        pause.start()

    if seconds:
        server.handle_term = announce


def _heed(worker: Worker) -> None:
    """Let the worker know when it is to be left alone, and when to end."""
    departure = _gateway(worker).services.broker.ledger.departure
    leave = signal.getsignal(signal.SIGTERM)

    def announced(_number: int, _frame: FrameType | None) -> None:
        departure.announce()

    def ended(number: int, frame: FrameType | None) -> None:
        departure.begin()
        if callable(leave):
            leave(number, frame)

    signal.signal(ANNOUNCING, announced)
    signal.signal(signal.SIGTERM, ended)
    for number in (ANNOUNCING, signal.SIGTERM):
        signal.siginterrupt(number, False)  # noqa: FBT003 # the system's signature


def post_worker_init(worker: Worker) -> None:
    """Start the tracker, now that the fork is over, and say that we are ready (hook)."""
    _heed(worker)
    settings, gateway = Settings.from_environment(), _gateway(worker)
    worker.wsgi.extensions[_SHOWN] = showing.shown(settings, gateway)
    if settings.tracks:
        from gateway.worker.tracker import Tracker  # noqa: PLC0415 # Celery: 7 MB for who tracks

        tracker = Tracker(gateway.services.broker, gateway.chores)
        tracker.start()
        worker.wsgi.extensions[_TRACKER] = tracker
    gc.freeze()  # what is there now stays: no collection need look at it
    sys.stderr.write(f"spe-gateway is ready on {address(worker)}\n")
    sys.stderr.flush()


def worker_exit(server: Arbiter, worker: Worker) -> None:
    """Stop the tracker, let what is under way end, and close every connection (hook)."""
    del server
    if hasattr(worker, "wsgi"):
        tracker = worker.wsgi.extensions.get(_TRACKER)
        if tracker is not None:
            tracker.stop()
        _gateway(worker).close()
        if _SHOWN in worker.wsgi.extensions:
            worker.wsgi.extensions[_SHOWN].close()


def address(worker: Worker) -> str:
    """Return the URL that a worker serves, with the port in effect."""
    return str(worker.sockets[0])


def _gateway(worker: Worker) -> Gateway:
    gateway: Gateway = worker.wsgi.extensions[EXTENSION]
    return gateway


class ServerLog(Logger):  # type: ignore[misc] # gunicorn ships no types
    """Writes gunicorn's log, and one line for each request, like all our logs."""

    def setup(self, cfg: Config) -> None:
        """Leave the records to the root logger's handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self._access_log_enabled = True

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:  # noqa: ANN401 # gunicorn ships no types
        """Log a request without its query and its headers, which may hold secrets.

        It is the last that is said of a request: what the thread knows of it ends here, or the
        next one that cannot even be parsed would be logged as its client's.
        """
        del req
        headers = {name.lower(): value for name, value in resp.headers}
        spent = account() or Account()
        log.info(
            "request",
            request_id=headers.get(HEADER.lower()),
            action=spent.action or None,
            operation=spent.operation,
            deployment=spent.deployment,
            method=environ.get("REQUEST_METHOD"),
            path=str(environ.get("RAW_URI", "")).partition("?")[0],
            status=int(str(resp.status).partition(" ")[0]),
            bytes=resp.sent,
            milliseconds=round(request_time.total_seconds() * 1000, 1),
            upstream_milliseconds=round(spent.upstream_seconds * 1000, 1),
            peer=environ.get("REMOTE_ADDR"),
        )
        structlog.contextvars.clear_contextvars()

"""Answers Prometheus, on an address of its own and never on that of the API.

Every process of a group would answer; the one that has the address does. The others try for it
again and again, so that there is an answer as long as one of them lives.
"""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET6
from threading import Event, Thread
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.exposition import gauges
from gateway.exposition.facts import Facts
from gateway.exposition.folder import forget_the_dead
from gateway.factory import Gateway

METRICS: Final = "/metrics"
FACTS: Final = "/facts"
PULSE_SECONDS: Final = 1.0
"""Between two looks at what this process is doing, and two tries for the address."""

READ_SECONDS: Final = 5.0

log = structlog.get_logger()


class Listener:
    """Shows what the group counts, and what the database knows.

    Args:
        bind: where, as HOST:PORT.
        folder: in which the group counts.
        gateway: of this process.
    """

    def __init__(self, bind: str, folder: Path, gateway: Gateway) -> None:
        host, _, port = bind.rpartition(":")
        self._address = host.removeprefix("[").removesuffix("]"), int(port)
        self._folder = folder
        self._gateway = gateway
        self._facts = CollectorRegistry()
        self._facts.register(Facts(gateway.services.database))
        self._stop = Event()
        self._server: Server | None = None
        self._is_told = False
        self._thread = Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin; after the fork."""
        self._thread.start()

    def close(self) -> None:
        """Leave the address to another process."""
        self._stop.set()
        self._thread.join()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def page(self, path: str) -> bytes | None:
        """Return what is shown under a path; None where nothing is."""
        if path == METRICS:
            gauges.show(self._gateway)
            forget_the_dead(self._folder)
            counted = CollectorRegistry()
            MultiProcessCollector(counted, str(self._folder))  # type: ignore[no-untyped-call] # the library's own
            return generate_latest(counted)
        return generate_latest(self._facts) if path == FACTS else None

    def _run(self) -> None:
        while True:
            try:
                self._pulse()
            except Exception:  # the thread's last resort: the next pulse tries again
                log.exception("metrics.crashed")
            if self._stop.wait(PULSE_SECONDS):
                return

    def _pulse(self) -> None:
        gauges.show(self._gateway)
        if self._server is None:
            self._server = self._bound()
            if self._server is not None:
                Thread(target=self._server.serve_forever, name="metrics-http", daemon=True).start()

    def _bound(self) -> "Server | None":
        """Take the address, if nobody has it."""
        try:
            return Server(self._address, self)
        except OSError as error:
            if not self._is_told:
                self._is_told = True
                log.info("metrics.address_taken", error=error.strerror)
            return None


class Server(ThreadingHTTPServer):
    """A small HTTP server for a scraper that is known.

    Args:
        address: host and port.
        listener: has the pages.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], listener: Listener) -> None:
        self.listener = listener
        if ":" in address[0]:
            self.address_family = AF_INET6
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one scrape."""

    server: Server
    timeout = READ_SECONDS
    server_version = "spe-gateway"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with a page, or 404."""
        page = self.server.listener.page(self.path)
        self.send_response(HTTPStatus.NOT_FOUND if page is None else HTTPStatus.OK)
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(page or b"")))
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
        """Log no scrape."""

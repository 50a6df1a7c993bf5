"""A threaded HTTP/1.1 server for a WSGI application, over TLS where it has a certificate.

The libraries' own servers hide the socket from the application; a simulator has to break
connections on purpose and to count what arrives before any HTTP does.
"""

import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader, BytesIO
from socketserver import TCPServer
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from .wire import Reply

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

IDLE_SECONDS = 120.0
LINGER_SECONDS = 0.2
POLL_SECONDS = 0.02
CONNECTION = "simulator.connection"


class Counts:
    """How far the connections came: TCP, TLS, the first byte of HTTP, whole requests, the end.

    Once as many are closed as were accepted, nothing more can come.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._values = {
            "accepts": 0,
            "handshakes": 0,
            "requestsBegun": 0,
            "requests": 0,
            "closed": 0,
        }

    def add(self, name: str) -> None:
        """Count one."""
        with self._lock:
            self._values[name] += 1

    def document(self) -> dict[str, int]:
        """Return all counts."""
        with self._lock:
            return dict(self._values)


class Connection:
    """The raw side of a request's connection."""

    def __init__(self, handler: "_Handler") -> None:
        self._handler = handler
        self.closed = False

    def send(self, data: bytes) -> None:
        """Send bytes past the server; a client that has gone away is no error."""
        try:
            self._handler.wfile.write(data)
        except OSError:
            self.closed = True

    def close(self) -> None:
        """End the connection; nothing else is sent."""
        self.closed = True
        self._handler.close_connection = True


def render(reply: Reply, length: int | None) -> bytes:
    """Return status line and headers; without a length the end of the connection is the end."""
    headers = [*reply.headers, ("Date", formatdate(usegmt=True))]
    if length is not None:
        headers.insert(0, ("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: "_Server"

    def handle_one_request(self) -> None:
        if cast("BufferedReader", self.rfile).peek(1):
            self.server.counts.add("requestsBegun")
        super().handle_one_request()

    def run(self) -> None:
        self.server.counts.add("requests")
        connection = Connection(self)
        answer: list[Any] = []
        chunks = self.server.application(
            self._environ(connection), lambda *status_and_headers: answer.extend(status_and_headers)
        )
        body = b"".join(chunks)
        if not connection.closed:
            self._send(answer[0], answer[1], body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = run  # noqa: N815 - the library's names

    def version_string(self) -> str:
        return "Microsoft-HTTPAPI/2.0"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Stay silent: the journal records requests."""

    def _environ(self, connection: Connection) -> dict[str, Any]:
        parts = urlsplit(self.path)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(parts.path, "latin-1"),
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http" if self.server.context is None else "https",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            CONNECTION: connection,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        length = environ.pop("HTTP_CONTENT_LENGTH", "")
        if length.isdecimal():
            environ["CONTENT_LENGTH"] = length
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        environ["wsgi.input"] = BytesIO(self.rfile.read(int(length)) if length.isdecimal() else b"")
        return environ

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        reply = Reply(int(status.split(maxsplit=1)[0]), body, headers)
        if ("Connection", "close") in headers:
            self.close_connection = True
        head = render(reply, len(body))
        self.wfile.write(head if self.command == "HEAD" else head + body)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        self.counts = Counts()
        self.context: ssl.SSLContext | None = None
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would look its own name up in the DNS

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - library
        self.counts.add("accepts")
        connection = self._wrapped(request)
        self.open.add(connection)
        try:
            self._shake_hands(connection)
            super().finish_request(connection, client_address)
        finally:
            self.open.discard(connection)
            _linger(connection)
            _close(connection)
            self.counts.add("closed")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - library
        """Report what is wrong with the simulator; clients break connections all the time."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def _wrapped(self, request: socket.socket) -> socket.socket:
        if self.context is None:
            return request
        return self.context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)

    def _shake_hands(self, connection: socket.socket) -> None:
        connection.settimeout(IDLE_SECONDS)
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()
            self.counts.add("handshakes")


class Listener:
    """A WSGI application on a loopback port."""

    def __init__(self, application: Application, port: int = 0) -> None:
        self._server = _Server(port, application)
        self._thread = Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="simulator"
        )
        self.counts = self._server.counts

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def secure(self, context: ssl.SSLContext) -> None:
        """Use a certificate for connections from now on."""
        self._server.context = context

    def start(self) -> None:
        """Serve in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._server.open):
            _close(connection)
        self._server.server_close()


def _linger(connection: socket.socket) -> None:
    """Read what the client still sends: closing earlier would reset its unread answer."""
    try:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(LINGER_SECONDS)
        while connection.recv(65536):
            pass
    except OSError:
        return


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
    finally:
        connection.close()

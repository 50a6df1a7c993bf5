"""An HTTP/1.1 server for a WSGI application, over TLS where it has a certificate.

The libraries' own servers hide the socket from the application; a simulator has to break
connections on purpose and to count what arrives before any HTTP does.
"""

import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler
from io import BufferedReader, BytesIO
from threading import Condition, Event, Lock
from traceback import print_exc
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from .reception import Reception, shut
from .wire import Reply

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

IDLE_SECONDS = 120.0
LINGER_SECONDS = 0.2
FOREVER = float("inf")
NO_LINGERING = struct.pack("ii", 1, 0)
QUEUE = 256
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

    def hang(self) -> None:
        """Leave the client without an answer until it goes away."""
        self.closed = True
        self._handler.hangs = True

    def reset(self) -> None:
        """Break the connection off with a TCP reset, as a server does that dies."""
        self.close()
        plain = socket.socket(fileno=self._handler.connection.detach())
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        plain.close()


def render(reply: Reply, length: int | None) -> bytes:
    """Return status line and headers; without a length the end of the connection is the end."""
    headers = [*reply.headers, ("Date", formatdate(usegmt=True))]
    if length is not None:
        headers.insert(0, ("Content-Length", str(length)))
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Handler(BaseHTTPRequestHandler):
    """One connection, which is served only while there is something to read."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def __init__(self, connection: socket.socket, listener: "Listener") -> None:
        self.request = connection
        self.client_address = ("127.0.0.1", 0)
        self.listener = listener
        self.close_connection = True
        self.hangs = False
        self._met = False
        self.setup()

    def serve(self) -> bool:
        """Answer what has arrived; return whether to wait for more."""
        if not self._met and not self._shake_hands():
            return True
        self.handle_one_request()
        while not (self.close_connection or self.hangs) and self._holds_more():
            self.handle_one_request()
        return not self.close_connection

    def handle_one_request(self) -> None:
        if cast("BufferedReader", self.rfile).peek(1):
            self.listener.counts.add("requestsBegun")
        super().handle_one_request()

    def _shake_hands(self) -> bool:
        """Begin TLS; return whether a request has come with it."""
        self._met = True
        if not isinstance(self.connection, ssl.SSLSocket):
            return True
        self.connection.do_handshake()
        self.listener.counts.add("handshakes")
        return self._holds_more()

    def _holds_more(self) -> bool:
        """Return whether bytes lie here that no selector can see: buffered, or decrypted."""
        self.connection.settimeout(0)
        try:
            return bool(cast("BufferedReader", self.rfile).peek(1))
        except ssl.SSLWantReadError:
            return False
        finally:
            self.connection.settimeout(IDLE_SECONDS)

    def run(self) -> None:
        self.listener.counts.add("requests")
        connection = Connection(self)
        environ = self._environ(connection)
        if environ["wsgi.input"].getbuffer().nbytes < int(environ.get("CONTENT_LENGTH", 0)):
            connection.close()  # the client broke off: half a request is none
            return
        answer: list[Any] = []
        chunks = self.listener.application(
            environ, lambda *status_and_headers: answer.extend(status_and_headers)
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
            "SERVER_PORT": str(self.listener.port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http" if self.listener.context is None else "https",
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


class Listener:
    """A WSGI application on a loopback port; nobody listens there until it is started.

    Args:
        application: what answers.
        port: 0 takes a free one.
        reception: whose threads wait and work.

    Attributes:
        counts: how far the connections came.
        context: the certificate of connections from now on; None is plain HTTP.
    """

    def __init__(self, application: Application, port: int, reception: Reception) -> None:
        self.application = application
        self.counts = Counts()
        self.context: ssl.SSLContext | None = None
        self._reception = reception
        self._open: set[socket.socket] = set()
        self._change = Condition()
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]

    def start(self) -> None:
        """Listen, and answer."""
        _listen(self._socket)
        self._reception.watch(self._socket, self._accept)

    def hang(self) -> None:
        """Listen, and take up no connection: not even TLS begins."""
        self.refuse()
        _listen(self._socket)

    def refuse(self) -> None:
        """Close every connection, and refuse others; the port stays ours."""
        self._shut(self._socket)
        self._socket = _bound(self.port)

    def stop(self) -> None:
        """Close the port, and wait for the end of every connection."""
        self._shut(self._socket)
        with self._change:
            self._change.wait_for(lambda: not self._open)

    def _shut(self, listening: socket.socket) -> None:
        closed = Event()

        def close() -> None:
            listening.close()
            closed.set()

        self._reception.leave(listening, close)
        closed.wait()
        with self._change:
            for connection in self._open:
                shut(connection)

    def _accept(self) -> None:
        try:
            accepted, _ = self._socket.accept()
        except OSError:
            return  # it went away again
        self.counts.add("accepts")
        try:
            handler = _Handler(self._wrapped(accepted), self)
        except OSError:  # its client has broken off already
            accepted.close()
            self.counts.add("closed")
            return
        with self._change:
            self._open.add(handler.connection)
        self._await(handler, IDLE_SECONDS)

    def _wrapped(self, accepted: socket.socket) -> socket.socket:
        if self.context is None:
            return accepted
        return self.context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)

    def _await(self, handler: _Handler, seconds: float) -> None:
        self._reception.await_data(handler.connection, lambda: self._serve(handler), seconds)

    def _serve(self, handler: _Handler) -> None:
        if handler.hangs or not self._served(handler):
            self._end(handler)
        else:
            self._await(handler, FOREVER if handler.hangs else IDLE_SECONDS)

    def _served(self, handler: _Handler) -> bool:
        """Return whether the connection goes on."""
        try:
            return handler.serve()
        except OSError:
            return False  # clients break connections all the time
        except Exception:  # noqa: BLE001 - the simulator's own fault: told, and the others live on
            print_exc()
            return False

    def _end(self, handler: _Handler) -> None:
        connection = handler.connection
        handler.finish()
        _linger(connection)
        _close(connection)
        self.counts.add("closed")
        with self._change:
            self._open.discard(connection)
            self._change.notify_all()


def _bound(port: int) -> socket.socket:
    """Return a socket that has a port to itself, also while nobody listens."""
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)  # others may not share it
        bound.settimeout(0)
    except OSError:
        bound.close()
        raise
    return bound


def _listen(bound: socket.socket) -> None:
    """Listen, also while connections of a predecessor on the port are not quite over."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.listen(QUEUE)


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

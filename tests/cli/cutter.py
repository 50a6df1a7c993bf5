"""A way to the gateway that can be cut: everything that passes is noted, then the line is dead."""

import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

CHUNK = 65536


class Cutter:
    """Passes connections on to a port, until it is told to cut them.

    Args:
        port: of loopback, where they lead to.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = Lock()
        self._open: list[socket.socket] = []
        self._asked = b""
        self._server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", 0), self._handle, bind_and_activate=True
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def asked(self) -> str:
        """All that was sent to the gateway so far."""
        with self._lock:
            return self._asked.decode()

    def cut(self) -> None:
        """Break every connection that is open now; later ones are passed on."""
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _handle(self, near: socket.socket, *_: object) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as far:
            with self._lock:
                self._open += [near, far]
            back = Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            with suppress(OSError):
                while part := near.recv(CHUNK):
                    self._note(part)
                    far.sendall(part)
            with suppress(OSError):
                far.shutdown(socket.SHUT_RDWR)
            back.join()

    def _note(self, part: bytes) -> None:
        with self._lock:
            self._asked += part


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(CHUNK):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def cutter(port: int) -> Iterator[Cutter]:
    """Put a cutter before a port."""
    made = Cutter(port)
    server = made._server  # noqa: SLF001 - its own module starts and ends it
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        made.cut()

"""gunicorn's worker with threads, whose threads wait a moment for the next request of a client.

Gunicorn hands a connection back to its main thread after each request, to be told of the next
one. Whoever calls one request after the other sends it at once, and to change threads for it twice
takes longer than gunicorn needs for all else. It also sends the head of an answer by itself, which
wakes the client for a part that it cannot use.
"""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from select import POLLIN, poll
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_MILLISECONDS: Final = 5
"""The longest that a request waits for a thread because all of them linger."""


class Threads(ThreadPoolExecutor):
    """A pool that knows whether anything waits for one of its threads."""

    @property
    def is_wanted(self) -> bool:
        """Whether anything waits."""
        return not self._work_queue.empty()


class Outgoing:
    """A socket whose first piece, the head of an answer, leaves together with the second.

    Args:
        sock: that of the connection.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._head: bytes | None = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 # whatever the socket has
        """Be the socket in all else; what was held back leaves before anything happens to it."""
        self.flush()
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        """Hold the first piece back, and send the others with what was held back."""
        if self._head == b"":
            self._head = data
        else:
            head, self._head = self._head, None
            self._sock.sendall(head + data if head else data)

    def flush(self) -> None:
        """Send what is held back: an answer without a body, or one whose body is a file."""
        if self._head:
            head, self._head = self._head, None
            self._sock.sendall(head)


@dataclass
class Conversation:
    """As much of gunicorn's connection as one request needs."""

    sock: Outgoing
    client: Any
    server: Any


class LingeringWorker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    """Serves requests in threads."""

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the threads."""
        return Threads(self.cfg.threads, thread_name_prefix="request")

    def handle(self, conn: TConn) -> object:
        """Answer the requests of a connection that come one upon the other.

        Returns:
            As gunicorn has it: whether the connection is kept, or that nothing has come yet.
        """
        kept = super().handle(conn)
        while kept is True and self._lingers(conn):
            kept = super().handle(conn)
        return kept

    def handle_request(self, req: Any, conn: TConn) -> object:  # noqa: ANN401 # gunicorn's
        """Answer a request.

        Returns:
            As gunicorn has it: whether the connection may be kept.
        """
        outgoing = Outgoing(conn.sock)
        kept = super().handle_request(req, Conversation(outgoing, conn.client, conn.server))
        outgoing.flush()
        return kept

    def _lingers(self, conn: TConn) -> bool:
        """Whether the next request is there, and nobody else waits for the thread."""
        if not self.alive or conn.is_http2 or self.tpool.is_wanted:
            return False
        if conn.parser.unreader.buf.getvalue():
            return False  # gunicorn sees to what was read ahead
        readable = poll()
        readable.register(conn.sock, POLLIN)
        return bool(readable.poll(LINGER_MILLISECONDS))

"""gunicorn's worker with threads, whose threads wait a moment for the next request of a client.

Gunicorn hands a connection back to its main thread after each request, to be told of the next
one. Whoever calls one request after the other sends it at once, and to change threads for it twice
takes longer than gunicorn needs for all else.
"""

from concurrent.futures import ThreadPoolExecutor
from select import POLLIN, poll
from typing import Final

from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_MILLISECONDS: Final = 5
"""The longest that a request waits for a thread because all of them linger."""


class Threads(ThreadPoolExecutor):
    """A pool that knows whether anything waits for one of its threads."""

    @property
    def is_wanted(self) -> bool:
        """Whether anything waits."""
        return not self._work_queue.empty()


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

    def _lingers(self, conn: TConn) -> bool:
        """Whether the next request is there, and nobody else waits for the thread."""
        if not self.alive or conn.is_http2 or self.tpool.is_wanted:
            return False
        if conn.parser.unreader.buf.getvalue():
            return False  # gunicorn sees to what was read ahead
        readable = poll()
        readable.register(conn.sock, POLLIN)
        return bool(readable.poll(LINGER_MILLISECONDS))

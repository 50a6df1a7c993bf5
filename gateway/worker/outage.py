"""One outage of the message broker, which both ends of the queue notice, each in its own time."""

from threading import Lock

import structlog

SENDING = "queue.unavailable"
TAKING = "queue.unreachable"
"""What is logged, by the end that notices."""

log = structlog.get_logger()


class Outage:
    """Logs once for each end that the broker is away, and once that it is there again."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._lock = Lock()

    def begin(self, end: str, error: Exception) -> None:
        """Note that an end has no connection."""
        with self._lock:
            is_new = end not in self._seen
            self._seen.add(end)
        if is_new:
            log.warning(end, error=type(error).__name__)

    def end(self) -> None:
        """Note that an end has a connection; whichever is first tells for both."""
        with self._lock:
            is_over = bool(self._seen)
            self._seen.clear()
        if is_over:
            log.info("queue.available")

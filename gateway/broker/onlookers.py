"""Who in this process waits for operations: each is woken by what is written of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Onlookers:
    """Those who wait, by the ids of their operations; for many threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Event]] = {}
        self._lock = Lock()

    @contextmanager
    def of(self, operation: str) -> Iterator[Event]:
        """Yield what is set whenever this process has written something of an operation."""
        news = Event()
        with self._lock:
            self._waiting.setdefault(operation, []).append(news)
        try:
            yield news
        finally:
            self._leave(operation, news)

    def _leave(self, operation: str, news: Event) -> None:
        with self._lock:
            self._waiting[operation].remove(news)
            if not self._waiting[operation]:
                del self._waiting[operation]

    def tell(self, *operations: str | None) -> None:
        """Wake those who wait for these; of a part that ended, the whole has news as well."""
        with self._lock:
            told = [news for each in operations if each for news in self._waiting.get(each, ())]
        for news in told:
            news.set()

"""Celery's scheduler with two differences: whose clock it goes by, and where tasks are run.

Celery's own reckons by the time of day, so that a clock set back by an hour stops it for one; ours
by the monotonic clock. Celery's own sends tasks to the queue, and finds nothing when that is
gone or late; ours runs them in this process, in threads of their own. Nothing is kept in files.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

from celery.beat import ScheduleEntry, Scheduler

HANDS: Final = 4
"""How many entries are being run at once: a slow chore holds up no sweep."""

SHORTEST: Final = 0.005


class Beat(Scheduler):  # type: ignore[misc] # Celery ships no types
    """Runs each entry in its time, and no entry twice at once."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 # Celery's signature
        super().__init__(*args, **options)
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="beat")
        self._next = dict.fromkeys(self.schedule, monotonic())
        self._running: dict[str, Future[None]] = {}

    def install_default_entries(self, data: Any) -> None:  # noqa: ANN401 # Celery's signature
        """Install none: there are no results to clean up."""

    def tick(self) -> float:
        """Run what is due; returns the seconds until the next entry is."""
        for name, entry in self.schedule.items():
            if self._next[name] <= monotonic():
                self._next[name] = monotonic() + entry.schedule.seconds
                self._begin(entry)
        return max(SHORTEST, min(self._next.values()) - monotonic())

    def _begin(self, entry: ScheduleEntry) -> None:
        running = self._running.get(entry.name)
        if running is None or running.done():
            task = self.app.tasks[entry.task]
            self._running[entry.name] = self._hands.submit(task.apply, entry.args)

    def close(self) -> None:
        """Let what is being run end."""
        self._hands.shutdown()
        super().close()

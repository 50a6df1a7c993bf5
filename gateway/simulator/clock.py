"""A clock that runs like the machine's and that a test can move."""

import time
from datetime import UTC, datetime
from threading import Condition, RLock

LONGEST_WAIT = 3600.0


class Clock:
    """Simulated time: the machine's plus an offset.

    Attributes:
        monitor: the lock around the simulated server; notified when time jumps or ends.
        stopped: whether the server goes down, so that nobody waits any longer.
    """

    def __init__(self) -> None:
        self.monitor = Condition(RLock())
        self.stopped = False
        self._offset = 0.0

    def seconds(self) -> float:
        """Return the simulated time in seconds since 1970."""
        return time.time() + self._offset

    def now(self) -> datetime:
        """Return the simulated time in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock by a number of seconds."""
        with self.monitor:
            self._offset += seconds
            self.monitor.notify_all()

    def set(self, moment: datetime) -> None:
        """Move the clock to a moment, from where it runs on."""
        self.advance(moment.timestamp() - self.seconds())

    def stop(self) -> None:
        """End every wait, now and later."""
        with self.monitor:
            self.stopped = True
            self.monitor.notify_all()

    def wait(self, deadline: float) -> None:
        """Give up the monitor until something happens, at the latest until the deadline."""
        with self.monitor:
            if not self.stopped:
                self.monitor.wait(min(max(0.0, deadline - self.seconds()), LONGEST_WAIT))

    def sleep(self, seconds: float) -> None:
        """Wait for a simulated time; without holding the monitor."""
        deadline = self.seconds() + seconds
        with self.monitor:
            while not self.stopped and self.seconds() < deadline:
                self.wait(deadline)

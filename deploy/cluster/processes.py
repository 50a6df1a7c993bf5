"""A process of the cluster: it can be killed, and started again in its place."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from gateway.cli.demo.processes import READY_SECONDS, Child
from gateway.cli.failure import Failure

GLANCE_SECONDS: Final = 0.05


class _Life(Child):
    """One life of a process."""

    @property
    def pid(self) -> int:
        """Of the process that leads the others of its session."""
        return self._process.pid

    def await_words(self, words: str) -> None:
        """Wait until it has said something on standard error.

        Raises:
            Failure: it ended, or it did not say it within a minute.
        """
        end = monotonic() + READY_SECONDS
        while words not in self._log.read_text(errors="replace"):
            self.require_alive()
            if monotonic() > end:
                raise Failure(f"{self.name} is not ready: {self._last_words()}")
            sleep(GLANCE_SECONDS)

    def ask_to_end(self) -> None:
        """Begin to end it."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it with all its children, and wait until none of them runs."""
        _kill(self.pid)
        self._process.communicate()
        while _alive(self.pid):
            sleep(GLANCE_SECONDS)


class Member:
    """A process of the cluster, in all its lives.

    Args:
        name: for messages and its logs.
        arguments: of ``spe-gateway``.
        environment: of the process.
        folder: gets a log for each life.
        words: what it says on standard error when it is ready; empty: a line of JSON on the
            standard output.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        words: str = "",
    ) -> None:
        self.name = name
        self.said: dict[str, Any] = {}
        self._arguments = arguments
        self._environment = environment
        self._folder = folder
        self._words = words
        self._lives = 0
        self._life: _Life | None = None

    def start(self) -> None:
        """Start it; ``await_ready`` waits for it."""
        self._lives += 1
        name = f"{self.name}-{self._lives}"
        self._life = _Life(name, self._arguments, self._environment, self._folder)

    def await_ready(self) -> None:
        """Wait until it serves; ``said`` has what it announced.

        Raises:
            Failure: it ended before, or took a minute.
        """
        if self._words:
            self._alive.await_words(self._words)
        else:
            self.said = self._alive.announcement()

    def require_alive(self) -> None:
        """Raise Failure if it has ended."""
        self._alive.require_alive()

    def kill(self) -> None:
        """Kill it and its children with SIGKILL."""
        self._alive.kill()

    def ask_to_end(self) -> None:
        """Begin to end it, if it was started."""
        if self._life is not None:
            self._life.ask_to_end()

    def end(self) -> None:
        """End it; by force if it does not want to, and its children with it."""
        if self._life is not None:
            self._life.end()
            _kill(self._life.pid)

    @property
    def pid(self) -> int:
        """Of the process that leads the others of its session."""
        return self._alive.pid

    @property
    def _alive(self) -> _Life:
        if self._life is None:
            raise Failure(f"{self.name} was not started.")
        return self._life


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _alive(session: int) -> bool:
    """Whether a process of a session runs; one that nobody has buried yet does not."""
    return any(stat[0] not in {"Z", "X"} for stat in _session(session))


def _session(session: int) -> list[list[str]]:
    """Return the statuses of a session's processes: proc(5), /proc/PID/stat from field 3 on."""
    found = (_stat(path) for path in Path("/proc").glob("[0-9]*/stat"))
    return [stat for stat in found if stat and int(stat[3]) == session]


def _stat(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []

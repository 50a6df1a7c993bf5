"""The processes of a fleet: started, listened to, and ended together."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

from gateway.simulator.signals import ending_signals

from .document import Fleet

PATIENCE = 10.0

Announcement = dict[str, Any]


class FleetError(Exception):
    """A process of the fleet could not start, or died."""


class _Process:
    """A process, whose lines become events; an empty one is its end."""

    def __init__(self, fleet: Fleet, share: int, events: "SimpleQueue[Event]") -> None:
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter, and no shell
            [sys.executable, "-m", __package__, str(share)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events = events
        self._reader = Thread(target=self._read, name="fleet", daemon=True)
        self._reader.start()
        self._tell(fleet.model_dump_json(by_alias=True, exclude_unset=True))

    def end(self) -> None:
        """Ask for its end, by a signal while it starts and by its lifeline once it serves."""
        self._child.terminate()
        if self._child.stdin is not None:
            self._child.stdin.close()

    def wait(self) -> None:
        """Wait for its end; do not wait for ever."""
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._reader.join()
        with self._child:  # closes the pipes
            return

    def obituary(self) -> str:
        """Return what is said of a process that has died."""
        status = self._child.wait(PATIENCE)
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"the process {self._child.pid} of the fleet has died ({how})"

    def _tell(self, line: str) -> None:
        if self._child.stdin is not None:
            try:
                self._child.stdin.write(line + "\n")
                self._child.stdin.flush()
            except BrokenPipeError:
                return  # it has died, as its reader tells

    def _read(self) -> None:
        for line in self._child.stdout or ():
            self._events.put((self, line))
        self._events.put((self, ""))


Event = tuple[_Process, str] | None
"""A line of a process, or None once a signal asks for the end."""


def run(fleet: Fleet, announce: Callable[[Announcement], None]) -> None:
    """Run a fleet until SIGTERM or SIGINT.

    Args:
        fleet: what runs.
        announce: gets the announcement of each deployment once it listens, with `name` and
            `processId`.

    Raises:
        FleetError: one of the processes could not start or died; the others have ended too.
    """
    events: SimpleQueue[Event] = SimpleQueue()
    with ending_signals() as wait, _processes(fleet, events):
        Thread(target=_tell_end, args=(wait, events), name="signals", daemon=True).start()
        while (event := events.get()) is not None:
            announce(_announcement(*event))


def _tell_end(wait: Callable[[], None], events: "SimpleQueue[Event]") -> None:
    with suppress(OSError):  # the fleet has ended by itself
        wait()
        events.put(None)


@contextmanager
def _processes(fleet: Fleet, events: "SimpleQueue[Event]") -> Iterator[None]:
    processes = [_Process(fleet, share, events) for share in range(fleet.processes)]
    try:
        yield
    finally:
        for process in processes:
            process.end()
        for process in processes:
            process.wait()


def _announcement(process: _Process, line: str) -> Announcement:
    if not line:
        raise FleetError(process.obituary())
    document: Announcement = json.loads(line)
    if "error" in document:
        raise FleetError(f"a deployment cannot start: {document['error']}")
    return document

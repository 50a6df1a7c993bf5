"""A process of the gateway that a drill may kill and start again."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ARMED = [sys.executable, "-m", "tests.faults.kills.armed"]
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


class Process:
    """The program, armed; it ends with the test process, however that ends.

    Args:
        orders: the folder of its orders.
        words: what follows the name of the program.
        environment: all of it.
        log: where it writes its log.
    """

    def __init__(
        self, orders: Path, words: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self._command = [*guarded(), *ARMED, str(orders), *words]
        self._environment = environment
        self._log = log
        self._running: subprocess.Popen[str] | None = None

    @property
    def log(self) -> str:
        """What it said on standard error so far, in all its lives."""
        return self._log.read_text()

    @property
    def is_running(self) -> bool:
        """Whether it lives, or its parent."""
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that was started last; its children are in its group."""
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Start it, in a process group of its own."""
        with self._log.open("a") as log:
            self._running = subprocess.Popen(  # noqa: S603 - our own program, and no shell
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def first_line(self) -> dict[str, str]:
        """Return the first line of its standard output, waiting for it."""
        assert self._running is not None
        assert self._running.stdout is not None
        stdout = self._running.stdout
        assert select.select([stdout], [], [], PATIENCE)[0], self.log
        line = stdout.readline()
        assert line, self.log
        found: dict[str, str] = json.loads(line)
        return found

    def await_end(self) -> None:
        """Wait for its end, and let go of its pipes."""
        assert self._running is not None
        self._running.wait(PATIENCE)
        for pipe in (self._running.stdin, self._running.stdout):
            assert pipe is not None
            pipe.close()

    def stop(self) -> None:
        """Kill it with all its children; what would be lost, a drill is to find."""
        if self._running is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)
        self.await_end()


def guarded() -> list[str]:
    """Return what ends a process with us; without it, standard input is all that tells it."""
    guard = shutil.which("setpriv")
    return [guard, "--pdeathsig", "KILL"] if guard else []

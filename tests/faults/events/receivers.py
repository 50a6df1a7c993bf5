"""The receivers of ``examples/``, one for each webhook, that a drill may kill and start again."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.kills.processes import PATIENCE, ROOT, guarded
from tests.simulated import JSON

PROGRAM = ROOT / "examples/webhook_receiver.py"
TAKEN, FORGED = '" 204 ', '" 401 '


class Receiver:
    """A process that keeps events in a file.

    Args:
        folder: for its files.
        name: of the files.
        port: in all its lives.
        secret: that signs what it takes.
    """

    def __init__(self, folder: Path, name: str, port: int, secret: str) -> None:
        self.name = name
        self._port = port
        self._secrets = folder / f"{name}.secret"
        self._events = folder / f"{name}.jsonl"
        self._log = folder / f"{name}.log"
        self._secrets.write_text(secret)
        self._running: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """Of its present life."""
        assert self._running is not None
        return self._running.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._running is not None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        files = ["--secrets", str(self._secrets), "--events", str(self._events)]
        command = [*guarded(), sys.executable, str(PROGRAM), *files, "--port", str(self._port)]
        with self._log.open("a") as log:
            self._running = subprocess.Popen(  # noqa: S603 - our own program, and no shell
                command, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._running.stdout is not None
        assert select.select([self._running.stdout], [], [], PATIENCE)[0], self._log.read_text()
        assert self._running.stdout.readline(), self._log.read_text()

    def kill(self) -> None:
        """Kill it as kill -9 does."""
        if self._running is not None:
            os.kill(self._running.pid, signal.SIGKILL)
            self._running.wait(PATIENCE)
            assert self._running.stdout is not None
            self._running.stdout.close()
            self._running = None

    @property
    def lines(self) -> list[JSON]:
        """What it has kept; half a line at the end is of a write that was cut off."""
        whole = self._events.read_text() if self._events.exists() else ""
        return [json.loads(line) for line in whole.splitlines(keepends=True) if line.endswith("\n")]

    @property
    def taken(self) -> int:
        """How often it has answered that it has an event, those that it had before included."""
        return self._log.read_text().count(TAKEN)

    @property
    def forged(self) -> int:
        """How often a signature did not fit."""
        return self._log.read_text().count(FORGED)

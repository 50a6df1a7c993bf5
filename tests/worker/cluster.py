"""Real worker processes on a PostgreSQL and a message broker, and what they track."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread

from gateway.model import Operation
from gateway.settings import child_environment
from gateway.simulator.server import Simulator
from tests.core import Core, make_home, until
from tests.simulated import Control

LEASE_SECONDS = 2
READY = "spe-gateway worker is ready"
PATIENCE = 120.0


class Worker:
    """A process ``spe-gateway worker`` with short leases.

    Args:
        settings: of it, as its environment says them.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.worker.brief", str(LEASE_SECONDS), "worker"]
        self._process = subprocess.Popen(  # noqa: S603 - a program of ours, and no shell
            [*command, "--lifeline"],
            env=child_environment(**settings),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()
        self.await_line(READY)

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._lines.put(line)

    def await_line(self, text: str) -> str:
        """Wait until it writes a line with some text, and return that."""
        seen: list[str] = []
        while not seen or text not in seen[-1]:
            seen.append(self._lines.get(timeout=PATIENCE))
        return seen[-1]

    def await_event(self, name: str) -> dict[str, object]:
        """Wait until it logs an event, and return that."""
        return dict(json.loads(self.await_line(f'"event": "{name}"')))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its status."""
        self.send(number)
        status = self._process.wait(PATIENCE)
        self._reader.join()
        assert self._process.stdin is not None
        self._process.stdin.close()
        return status

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None


@dataclass
class Cluster:
    """A database with one deployment, and the workers that a test starts.

    Attributes:
        home: the folder of the keys.
        simulator: the deployment.
        database_url: of the PostgreSQL.
        broker_url: of the message broker.
    """

    home: Path
    simulator: Simulator
    database_url: str
    broker_url: str
    _workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        make_home(self.home, self.simulator, self.database_url)
        self.core = Core(self.home, url=self.database_url)
        self.control = Control(self.simulator.control_url)

    def worker(self) -> Worker:
        """Start a worker."""
        made = Worker(
            {
                "home": str(self.home),
                "database_url": self.database_url,
                "broker_url": self.broker_url,
            }
        )
        self._workers.append(made)
        return made

    def ended(self, operations: Sequence[str]) -> list[Operation]:
        """Wait for the end of operations, and return them."""

        def final() -> list[Operation]:
            found = [self.core.broker.fetch(each) for each in operations]
            return found if all(each.status.is_final for each in found) else []

        return until(final)

    def close(self) -> None:
        """End what still runs."""
        for worker in self._workers:
            if worker.is_alive:
                worker.send(signal.SIGCONT)
                worker.end(signal.SIGKILL)
        self.core.close()


@contextmanager
def cluster(
    home: Path, simulator: Simulator, database_url: str, broker_url: str
) -> Iterator[Cluster]:
    """Set a cluster up for as long as the block lasts."""
    made = Cluster(home, simulator, database_url, broker_url)
    try:
        yield made
    finally:
        made.close()

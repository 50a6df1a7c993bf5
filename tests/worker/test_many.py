"""A thousand operations that run at once on one deployment take neither threads nor connections."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest
from sqlalchemy import func, select

from gateway.broker.engine import lanes
from gateway.broker.engine.plan import Invocation, Place, operation_for
from gateway.model import FINAL, OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.storage import operations
from gateway.storage.tables import operations as rows
from gateway.worker.consumer import THREADS
from gateway.worker.tracker import Tracker
from tests.core import Core, make_home, until
from tests.simulated import Control

MANY = 1_000
VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
OURS = ("lane", "tracker", "beat", "Beat", "leases", "polls")


@pytest.fixture
def core(tmp_path: Path, simulator: Simulator, postgresql_url: str) -> Iterator[Core]:
    made = Core(make_home(tmp_path, simulator, postgresql_url), url=postgresql_url)
    yield made
    made.close()


@dataclass
class Watch:
    """Counts threads and connections, again and again, and keeps the most."""

    core: Core
    control: Control
    threads: int = 0
    sessions: int = 0
    calls: int = 0
    _ended: Event = field(default_factory=Event)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._run, name="watch")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            ours = [each for each in threading.enumerate() if each.name.startswith(OURS)]
            self.threads = max(self.threads, len(ours))
            pool = self.core.database.engine.pool
            self.sessions = max(self.sessions, pool.checkedout())  # type: ignore[attr-defined] # a queue's
            said = self.control.connections()
            self.calls = max(self.calls, said["accepts"] - said["closed"])


def begin(core: Core, control: Control) -> None:
    """Make rows as a gateway leaves them that was killed before it sent anything."""
    place = Place(core.deployment, core.root.id, core.root.path, core.planted(control, "acme"))
    with core.database.write() as connection:
        for _ in range(MANY):
            operation = operation_for(core.caller("verifyStore"), place, [VERIFY])
            operation.lock = None
            operations.add(connection, operation, core.vault, "dead")
            operations.release(connection, operation)


def count(core: Core, *statuses: OperationStatus) -> int:
    query = select(func.count()).select_from(rows).where(rows.c.status.in_(statuses))
    with core.database.read() as connection:
        return connection.execute(query).scalar_one()


@pytest.mark.timeout(300)
def test_a_thousand_running_operations_are_tracked_by_a_few_threads(
    core: Core, control: Control
) -> None:
    begin(core, control)
    control.pause()  # none ends before the last has begun
    tracker = Tracker(core.broker)
    with Watch(core, control) as watch:
        tracker.start()
        until(lambda: count(core, OperationStatus.RUNNING) == MANY, seconds=120)
        control.resume()
        control.advance(60)
        until(lambda: count(core, *FINAL) == MANY, seconds=120)
        tracker.stop()

    assert count(core, OperationStatus.SUCCEEDED) == MANY
    assert watch.threads <= 2 * lanes.WIDTH + THREADS + 8
    assert watch.sessions <= 2 * lanes.WIDTH + THREADS + 8
    assert watch.calls <= 2 * lanes.WIDTH

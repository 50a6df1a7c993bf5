"""What it costs to track 100 to 10,000 operations that run for long.

Those on a few deployments say the same at each poll; those apart get on, as a fleet's do.
"""

import json
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, process_time, sleep
from typing import Any, Final

from sqlalchemy import Connection, insert

from benchmarks.figures import Goal
from benchmarks.growth.busy import line
from benchmarks.growth.capacity import APART, TOGETHER
from benchmarks.growth.fit import Curve
from benchmarks.processes import PYTHON, program
from gateway.broker.bootstrap import set_up
from gateway.factory import Gateway, create_app
from gateway.model import (
    Operation,
    OperationStatus,
    Prefix,
    Reseller,
    Step,
    StepStatus,
    new_id,
    now,
)
from gateway.settings import Settings, child_environment
from gateway.storage import operations, resellers
from gateway.storage.database import Database
from gateway.storage.tables import deployments
from gateway.storage.tables import operations as table
from gateway.storage.vault import Vault, create_keys
from gateway.worker.tracker import Tracker

OF: Final = "running operations"
FIRST: Final = 1
"""SPE's version of a command that has said nothing yet."""

SITES: Final = 20
AGE: Final = timedelta(minutes=10)
"""By then an operation is polled as seldom as any."""

PACE: Final = 4.2
"""Lines of log in a second: 420 messages are verified, and each hundred is told, as the simulator's
deployments do it."""

LINES: Final = int(AGE.total_seconds() * PACE)
"""That each operation has in its log when it is watched, where it gets on."""

SLOWEST: Final = 10.0
"""Seconds between two polls of one."""

WARM: Final = 12.0
"""Seconds before anything is counted: each was polled once."""


@dataclass(frozen=True)
class Running:
    """What runs.

    Attributes:
        operations: their number.
        sites: deployments that they are on.
        pace: lines of log that each writes in a second.
    """

    operations: int
    sites: int
    pace: float = 0.0

    @property
    def lines(self) -> int:
        """Return how many lines each has written already."""
        return LINES if self.pace else 0


@dataclass(frozen=True)
class Load:
    """What tracking cost.

    Attributes:
        running: operations.
        cores: of the processor.
        threads: of the process, at most.
        connections: to one deployment, at most.
        interval: seconds from one poll of an operation to the next, on average.
    """

    running: int
    cores: float
    threads: int
    connections: int
    interval: float


def measured(
    folder: Path, sizes: Sequence[int], apart: Sequence[int], seconds: float
) -> tuple[list[Curve], list[Goal]]:
    """Measure tracking with more and more running operations, each in a new gateway.

    Args:
        folder: an empty one.
        sizes: how many operations, on a few deployments.
        apart: how many where each is on a deployment of its own.
        seconds: for which each is watched.
    """
    found = [_load(folder / str(size), Running(size, SITES), seconds) for size in sizes]
    alone = [_load(folder / f"{each}-apart", Running(each, each, PACE), seconds) for each in apart]
    curves = [
        Curve(name, OF, unit, {each.running: getattr(each, member) for each in found})
        for name, unit, member in (
            (TOGETHER, "cores", "cores"),
            ("threads", "number", "threads"),
            ("connections to a deployment", "number", "connections"),
            ("mean interval", "s", "interval"),
        )
    ]
    curves.append(Curve(APART, OF, "cores", {each.running: each.cores for each in alone}))
    most = found[-1]
    return curves, [
        Goal(f"processor of tracking {most.running} operations", most.cores, 1, 0.5, "cores"),
        Goal("threads of tracking", most.threads, 1, 64, "threads"),
        Goal("connections to a deployment", most.connections, 1, 8, "connections"),
        Goal("8 s / mean interval of polls", 8, most.interval, 1),
    ]


def _load(home: Path, running: Running, seconds: float) -> Load:
    home.mkdir()
    numbers = running.sites, running.pace, FIRST + running.lines
    words = [PYTHON, "-m", "benchmarks.growth.busy", str(home), *map(str, numbers)]
    with program(home, "busy", words, child_environment(home=str(home))) as busy:
        gateway = _gateway(home, busy.said[0], running)
        tracker = Tracker(gateway.services.broker)
        tracker.start()
        try:
            sleep(WARM)
            return _watched(home, running.operations, seconds)
        finally:
            tracker.stop()
            gateway.close()


def _watched(home: Path, size: int, seconds: float) -> Load:
    before, cpu, began, threads = _counts(home)["polls"], process_time(), monotonic(), 0
    while monotonic() - began < seconds:
        sleep(0.5)
        threads = max(threads, threading.active_count())
    cpu, passed, after = process_time() - cpu, monotonic() - began, _counts(home)
    interval = size * passed / max(1, after["polls"] - before)
    return Load(size, cpu / passed, threads, after["connections"], interval)


def _counts(home: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((home / "counts.json").read_text())
    return found


def _gateway(home: Path, announced: dict[str, Any], running: Running) -> Gateway:
    settings = Settings(home=home, deployment_networks=("127.0.0.0/8",), log_level="error")
    vault = Vault(create_keys(home))
    with closing(Database(settings.database)) as database:
        set_up(database, vault)
        with database.write() as connection:
            _fill(connection, vault, announced, running)
    gateway: Gateway = create_app(settings).extensions["spe-gateway"]
    return gateway


def _fill(
    connection: Connection, vault: Vault, announced: dict[str, Any], running: Running
) -> None:
    owner = resellers.root(connection)
    if owner is None:
        raise RuntimeError("The database is not set up.")
    sites = [_site(connection, vault, announced, port) for port in announced["ports"]]
    size, first = running.operations, _running(owner, sites[0], running.lines)
    operations.add(connection, first, vault, None)
    row = dict(connection.execute(table.select()).mappings().one())
    copies = [
        {
            **row,
            "id": new_id(Prefix.OPERATION),
            "deployment": sites[each % len(sites)],
            "next_poll_time": now() + timedelta(seconds=SLOWEST * each / size),
        }
        for each in range(1, size)
    ]
    connection.execute(insert(table), copies)


def _site(connection: Connection, vault: Vault, announced: dict[str, Any], port: int) -> str:
    site = new_id(Prefix.DEPLOYMENT)
    words = {"labels": {}, "commands": {}, "cordoned": False, "drained": False, "revision": 1}
    row = {
        "id": site,
        "name": site,
        "host": "127.0.0.1",
        "port": port,
        "user_name": announced["userName"],
        "password": vault.seal(announced["password"]),
        "pin": announced["sha256"],
        "create_time": now(),
        "update_time": now(),
    }
    connection.execute(insert(deployments), row | words)
    return site


def _running(owner: Reseller, site: str, lines: int) -> Operation:
    step = Step("VerifyStores", {}, StepStatus.RUNNING, attempts=1)
    step.token, step.version = "token", FIRST + lines
    return Operation(
        id=new_id(Prefix.OPERATION),
        kind="verifyStores",
        reseller=owner.id,
        reseller_path=owner.path,
        client="cli_0",
        deployment=site,
        instance=None,
        on_behalf_of=None,
        request_id="growth",
        steps=[step],
        deadline=now() + timedelta(days=1),
        status=OperationStatus.RUNNING,
        log="".join(line(FIRST + each) for each in range(1, lines + 1)),
        create_time=now() - AGE,
        next_poll_time=now(),
    )

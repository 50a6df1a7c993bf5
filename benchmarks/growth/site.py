"""Gateways in processes of their own before many deployments, as they are after a quiet day."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Final, TypeVar

from sqlalchemy import delete, func, select, update

from benchmarks.api import Api
from benchmarks.growth.tracking import AGE
from benchmarks.processes import JSON, served, set_up
from benchmarks.processor import Processes
from benchmarks.world import SERVER_CORE
from gateway.model import now
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.storage.tables import chores, inventories, operations

Result = TypeVar("Result")
Thing = TypeVar("Thing")

CALLERS: Final = 4
PATIENCE: Final = "60"
"""Seconds that a live list may take: the most that the gateway lets anybody set."""

TURNS: Final = ("synchronise dep_%", "visit dep_%", "licences dep_%")
"""The names of what is done to each deployment in turn."""


@dataclass(frozen=True)
class Size:
    """How large a gateway is by the kernel's own count.

    Attributes:
        megabytes: resident, of its largest process.
        threads: of all its processes.
        files: that they have open, connections among them.
    """

    megabytes: float
    threads: int
    files: int


@dataclass(frozen=True)
class Site:
    """A gateway that serves, and who calls it.

    Attributes:
        api: calls as the first operator.
        meter: of the gateway's processes.
        home: its folder.
    """

    api: Api
    meter: Processes
    home: Path

    def size(self) -> Size:
        """Return how large the gateway is now."""
        return Size(self.meter.largest(), self.meter.threads(), self.meter.files())

    def looks(self, seconds: float) -> int:
        """Return how many inventories were read in the last seconds."""
        recent = inventories.c.try_time > now() - timedelta(seconds=seconds)
        query = select(func.count()).where(recent)
        with closing(_database(self.home)) as database, database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def cores(self, seconds: float) -> float:
        """Return the processor that the gateway takes for so many seconds from now on."""
        before, began = self.meter.read(), monotonic()
        sleep(seconds)
        return (self.meter.read() - before) / (monotonic() - began)


@dataclass(frozen=True)
class Ground:
    """A home that was set up, for gateways one after the other.

    Attributes:
        home: its folder.
        environment: of a gateway.
        operator: the first one.
    """

    home: Path
    environment: dict[str, str]
    operator: JSON

    @contextmanager
    def serving(self) -> Iterator[Site]:
        """Serve it, on one core."""
        with served(self.home, self.environment, SERVER_CORE) as started:
            api = Api(started.said[0]["url"], self.operator)
            yield Site(api, Processes(started.pid), self.home)

    def rest(self) -> None:
        """Let a day pass while nobody serves it.

        What was made at once, is visited at once for ever after; the turns are drawn anew, over
        each period. What is still running is old.
        """
        with closing(_database(self.home)) as database, database.write() as connection:
            for each in TURNS:
                connection.execute(delete(chores).where(chores.c.name.like(each)))
            begun = (operations.c.end_time.is_(None), operations.c.create_time > now() - AGE)
            aged = update(operations).where(*begun)
            connection.execute(aged.values(create_time=now() - AGE))


def prepared(home: Path) -> Ground:
    """Set a home up.

    Args:
        home: a folder that is not there yet.
    """
    home.mkdir()
    environment, operator = set_up(home, list_seconds=PATIENCE)
    return Ground(home, environment, operator)


class Callers:
    """A few who call, each over a connection of its own.

    Args:
        api: of whom they are.
        number: of them.
    """

    def __init__(self, api: Api, number: int = CALLERS) -> None:
        self._free: SimpleQueue[Api] = SimpleQueue()
        for _ in range(number):
            self._free.put(api.another())

    def lend(self, work: Callable[[Api], Result]) -> Result:
        """Do some work with one who is free; wait for one if need be."""
        caller = self._free.get()
        try:
            return work(caller)
        finally:
            self._free.put(caller)


def shared(api: Api, work: Callable[[Api, Thing], Result], things: Sequence[Thing]) -> list[Result]:
    """Do some work for each of many things, by a few callers; return what came of it, in order."""
    callers = Callers(api)
    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(lambda each: callers.lend(lambda caller: work(caller, each)), things))


def _database(home: Path) -> Database:
    return Database(Settings(home=home).database)

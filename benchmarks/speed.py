"""One read with one upstream call: what each server costs, and what it adds to a call.

Every server is started and checked before the first is measured; then each has its turn in each
round, on a core that it has to itself while it has it.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks.calls import COMMAND, FORM_TYPE, OURS, VENDOR, basic, one_caller
from benchmarks.figures import Goal, Sample
from benchmarks.limit import haproxy
from benchmarks.load import Run, Target, load
from benchmarks.processor import Nobody
from benchmarks.results import LIMIT
from benchmarks.servers import Server, fastapi, flask, ours, peer
from benchmarks.world import LOAD_CORE, SLOW_SITES, World, stubs, world
from deploy.servers import Postgresql, started

CONNECTIONS: Final = 16
SQLITE: Final = "spe-gateway, SQLite"
POSTGRESQL: Final = "spe-gateway, PostgreSQL"
FASTAPI_SQLITE: Final = "FastAPI + aiohttp, SQLite"
FASTAPI_POSTGRESQL: Final = "FastAPI + aiohttp, PostgreSQL"
FLASK: Final = "naive Flask, SQLite"
DIRECT: Final = "direct, pooled"
FRAME: Final = "the frame of spe-gateway alone: /healthz"
MOST_MEGABYTES: Final = 120
MOST_ADDED: Final = 0.003

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        rounds: in which each server has a turn.
        seconds: of a turn.
        calls: of a turn of one caller.
    """

    rounds: int
    seconds: float
    calls: int


@dataclass(frozen=True)
class Speed:
    """What came out.

    Attributes:
        servers: the runs of each server, with a deployment that answers at once; and of a call
            that asks neither a table nor a deployment.
        slow: with one that takes 20 ms, and of calls that go there directly.
        callers: the seconds of one caller's calls, by way.
        memory: of each server's largest process, in megabytes.
    """

    servers: Mapping[str, Sequence[Run]]
    slow: Mapping[str, Sequence[Run]]
    callers: Mapping[str, Sample]
    memory: Mapping[str, float]

    def sample(self, name: str, member: str) -> Sample:
        """Return one figure of a server: rate, p50, p99 or processor."""
        return _sample(self.servers[name], member)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "servers": {
                name: {**_document(runs), "megabytes": self.memory.get(name)}
                for name, runs in self.servers.items()
            },
            "slow": {name: _document(runs) for name, runs in self.slow.items()},
            "callers": {name: each.document() for name, each in self.callers.items()},
        }

    def goals(self) -> list[Goal]:
        """Return what the figures must be."""
        return [
            self._processor(SQLITE, FASTAPI_SQLITE, 1.5),
            self._processor(POSTGRESQL, FASTAPI_POSTGRESQL, 1.5),
            self._processor(SQLITE, FLASK, 3.0),
            Goal(
                "p50 through the gateway / the vendor's way, directly",
                self.callers[OURS].median,
                self.callers[VENDOR].median,
                0.6,
            ),
            *(self._added(name) for name in (SQLITE, POSTGRESQL)),
            *(
                Goal(f"memory of a process of {name}", self.memory[name], MOST_MEGABYTES, 1, "MB")
                for name in (SQLITE, POSTGRESQL)
            ),
        ]

    def _processor(self, name: str, other: str, times: float) -> Goal:
        """So many times the requests per core means so much less processor for each."""
        mine, theirs = self.sample(name, "processor"), self.sample(other, "processor")
        return Goal(
            f"processor for each read, {name} / {other} ({times:g} times the requests per core)",
            mine.median,
            theirs.median,
            1 / times,
        )

    def _added(self, name: str) -> Goal:
        through, direct = (_sample(self.slow[each], "p50").median for each in (name, DIRECT))
        return Goal(
            f"added p50 of {name}, 20 ms upstream, {CONNECTIONS} connections / 3 ms",
            max(0.0, through - direct),
            MOST_ADDED,
            1,
        )


def _sample(runs: Sequence[Run], member: str) -> Sample:
    return Sample(tuple(getattr(run, member) for run in runs))


def _document(runs: Sequence[Run]) -> dict[str, Any]:
    members = ("rate", "processor", "p50", "p99")
    return {member: _sample(runs, member).document() for member in members}


def measured(folder: Path, effort: Effort, say: Say) -> Speed:
    """Start everything, check it, and measure.

    Args:
        folder: an empty one.
        effort: how much is measured.
        say: is told what goes on.

    Raises:
        BenchmarkError: a server does not start, or does not do what it should.
    """
    with _on_the_load_core(), servers(folder, say) as found:
        fast = _in_turn([*found, Frame(found[0])], effort, ("fast",), say)
        slow = _in_turn([*found[:4], Direct(found[0])], effort, SLOW_SITES, say)
        say("one caller")
        callers = one_caller(found[0], effort.rounds, effort.calls)
        memory = {server.name: server.processes.largest() for server in found}
    return Speed(fast, slow, callers, memory)


@contextmanager
def servers(folder: Path, say: Say) -> Iterator[list[Server]]:
    """Run all servers that are compared; the first four know both deployments."""
    with ExitStack() as stack:
        say("deployments, databases, gateways")
        sites = stack.enter_context(stubs(folder))
        postgresql = stack.enter_context(started(Postgresql()))
        places = [folder / name for name in ("sqlite", "postgresql")]
        for place in places:
            place.mkdir()
        url = stack.enter_context(postgresql.empty_database())
        embedded: World = stack.enter_context(world(places[0], sites))
        shared: World = stack.enter_context(world(places[1], sites, database_url=url))
        found = [ours(SQLITE, embedded), ours(POSTGRESQL, shared)]
        theirs = stack.enter_context(postgresql.empty_database())
        for name, words, served, database in (
            (FASTAPI_SQLITE, fastapi(), embedded, ""),
            (FASTAPI_POSTGRESQL, fastapi(), shared, theirs),
            (FLASK, flask(), embedded, ""),
        ):
            say(f"{name}: checked before it is measured")
            made = peer(name, folder / str(len(found)), words, served, database)
            found.append(stack.enter_context(made))
        say(f"{LIMIT}: checked before it is measured")
        found.append(stack.enter_context(haproxy(LIMIT, folder / "haproxy", embedded)))
        yield found


def _in_turn(
    found: Sequence[Server], effort: Effort, instances: Sequence[str], say: Say
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {server.name: [] for server in found}
    for number in range(effort.rounds + 1):
        for server in found:
            say(f"{instances[0]}, round {number} of {effort.rounds}: {server.name}")
            target = server.target(*instances)
            run = load(target, CONNECTIONS, effort.seconds, server.processes)
            if number:  # what is slow the first time only does not count
                runs[server.name].append(run)
    return runs


class Frame(Server):
    """A gateway that is asked whether it lives: what gunicorn, Flask and our hooks cost."""

    def __init__(self, server: Server) -> None:
        super().__init__(FRAME, server.url, server.processes, server.world)

    def target(self, *instances: str) -> Target:
        """Return the call that does nothing."""
        del instances
        return Target(f"{self.url}/healthz", {})


class Direct(Server):
    """The first of some deployments itself, over connections that are kept."""

    def __init__(self, server: Server) -> None:
        super().__init__(DIRECT, server.url, Nobody(), server.world)

    def target(self, *instances: str) -> Target:
        """Return the command that a read costs."""
        site = self.world.sites[instances[0]]
        body = urlencode(self.world.form(instances[0]))
        headers = {**basic(site), "Content-Type": FORM_TYPE}
        return Target(f"https://127.0.0.1:{site['port']}{COMMAND}", headers, "POST", body)


@contextmanager
def _on_the_load_core() -> Iterator[None]:
    """Keep this process, and what it starts without another word, off the measured core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)

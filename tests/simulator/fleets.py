"""Fleets for tests: in this process, where all is seen, or in processes of their own."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from gateway.simulator.fleet.file import load
from gateway.simulator.fleet.member import Member, members
from gateway.simulator.premises import Premises
from gateway.simulator.server import Simulator
from tests.cli.program import PATIENCE, Running, environment, running
from tests.simulator.client import JSON

Deployments = dict[str, Simulator]


@dataclass(frozen=True)
class Announced:
    """A deployment of a fleet in another process, as its line told."""

    facts: JSON

    def announcement(self) -> JSON:
        """Return what a client needs."""
        return self.facts


def written(folder: Path, text: str) -> Path:
    """Return the file of a fleet."""
    path = folder / "fleet.yaml"
    path.write_text(text)
    return path


def described(folder: Path, text: str) -> list[Member]:
    """Return the deployments that a file describes."""
    return list(members(load(written(folder, text))))


@contextmanager
def fleet(folder: Path, text: str) -> Iterator[Deployments]:
    """Run the deployments of a file in this process."""
    with ExitStack() as stack:
        premises = stack.enter_context(closing(Premises()))
        yield {
            one.name: stack.enter_context(
                Simulator(
                    one.name,
                    one.port,
                    scenario=one.scenario,
                    conduct=one.conduct,
                    premises=premises,
                )
            )
            for one in described(folder, text)
        }


@contextmanager
def processes(folder: Path, text: str) -> Iterator[tuple[Running, dict[str, Announced]]]:
    """Run the fleet of a file as a user does; all of its deployments listen."""
    path = written(folder, text)
    awaited = len(load(path).names())
    arguments = ["simulate", "--scenario", str(path), "--lifeline"]
    with running(arguments, environment(folder), folder / "log") as process:
        assert process.process.stdout is not None
        rest = islice(process.process.stdout, awaited - 1)
        lines = [process.first_line(), *(json.loads(line) for line in rest)]
        yield process, {line["name"]: Announced(line) for line in lines}


def is_alive(process: int) -> bool:
    """Return whether a process is there and not a zombie."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@contextmanager
def watched(ids: set[int]) -> Iterator[Callable[[], set[int]]]:
    """Watch processes that are not our children; yield what waits, and says which have ended."""
    with ExitStack() as stack, DefaultSelector() as selector:
        for process in ids:
            handle = os.pidfd_open(process)
            stack.callback(os.close, handle)
            selector.register(handle, EVENT_READ, process)

        def ends() -> set[int]:
            ended = set()
            while len(ended) < len(ids) and (ready := selector.select(PATIENCE)):
                for key, _ in ready:
                    selector.unregister(key.fd)
                    ended.add(key.data)
            return ended

        yield ends


def kill(process: int) -> None:
    """End a process without a word."""
    os.kill(process, signal.SIGKILL)

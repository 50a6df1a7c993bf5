"""The processes of a run: a fleet of simulated deployments, and a gateway before it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from gateway.settings import child_environment

END_SECONDS: Final = 15
UNHURRIED: Final = "1000000/minute"
LIST_SECONDS: Final = 2
PYTHON: Final = sys.executable
GATEWAY: Final = (PYTHON, "-m", "gateway.cli")

JSON = dict[str, Any]


class BenchmarkError(Exception):
    """A process did not start, or an answer is not what was asked for."""


@dataclass(frozen=True)
class Started:
    """A process that is ready.

    Attributes:
        pid: of the process; those that it starts are its own.
        said: its lines of JSON.
    """

    pid: int
    said: list[JSON]


@contextmanager
def program(
    folder: Path,
    name: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    lines: int = 1,
    core: int | None = None,
) -> Iterator[Started]:
    """Run a program, and yield it when it has said that it is ready.

    Args:
        folder: gets its log.
        name: of the log.
        words: the command.
        environment: of the process.
        lines: of JSON, how many are awaited.
        core: the only one that it runs on; None for all.

    Raises:
        BenchmarkError: it ended before.
    """
    log = folder / f"{name}.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 # programs that we name, and no shell
            [*pinned(core), *words],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            said = [json.loads(line) for line in islice(process.stdout or (), lines)]
            if len(said) < lines:
                raise BenchmarkError(f"{name} did not start: {log.read_text()[-500:]}")
            yield Started(process.pid, said)
        finally:
            _end(process)


def pinned(core: int | None) -> list[str]:
    """Return the words in front of a command that keep it on a core; none for None."""
    return [] if core is None else ["taskset", "--cpu-list", str(core)]


@contextmanager
def spe_gateway(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], lines: int = 1
) -> Iterator[list[JSON]]:
    """Run ``spe-gateway`` and yield the lines of JSON that it says when it is ready.

    Args:
        folder: gets its log.
        arguments: the command.
        environment: of the process.
        lines: how many are awaited.

    Raises:
        BenchmarkError: it ended before.
    """
    words = [*GATEWAY, *arguments]
    with program(folder, arguments[0], words, environment, lines) as started:
        yield started.said


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def fleet(folder: Path, count: int, seconds: float) -> Iterator[list[JSON]]:
    """Run simulated deployments that take so many seconds for each call."""
    group = {"name": "site-###", "count": count, "latency": seconds}
    path = folder / "fleet.yaml"
    path.write_text(json.dumps({"seed": 1, "processes": min(2, count), "groups": [group]}))
    arguments = ["simulate", "--scenario", str(path), "--lifeline"]
    with spe_gateway(folder, arguments, child_environment(home=str(folder)), count) as said:
        yield said


def set_up(home: Path, **settings: str) -> tuple[dict[str, str], JSON]:
    """Make a home; return the environment of its gateway and the first operator.

    Args:
        home: an empty folder.
        settings: beside those of every benchmark.
    """
    common = {
        "home": str(home),
        "client_rate": UNHURRIED,
        "reseller_rate": UNHURRIED,
        "list_seconds": str(LIST_SECONDS),
        "log_level": "error",
    }
    environment = child_environment(**common | settings)
    with spe_gateway(home, ["init"], environment) as said:
        return environment, said[0]


@contextmanager
def served(
    home: Path, environment: Mapping[str, str], core: int | None = None
) -> Iterator[Started]:
    """Serve a home; what it says has the URL."""
    words = [*GATEWAY, "serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with program(home, "serve", words, environment, core=core) as started:
        yield started


@contextmanager
def gateway(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve a home; yield the URL."""
    with served(home, environment) as started:
        yield started.said[0]["url"]

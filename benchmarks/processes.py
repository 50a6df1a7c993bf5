"""The processes of a run: a fleet of simulated deployments, and a gateway before it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from gateway.settings import child_environment

END_SECONDS: Final = 15
UNHURRIED: Final = "1000000/minute"
LIST_SECONDS: Final = 2

JSON = dict[str, Any]


class BenchmarkError(Exception):
    """A process did not start, or an answer is not what was asked for."""


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
    log = folder / f"{arguments[0]}.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 # our own program, and no shell
            [sys.executable, "-m", "gateway.cli", *arguments],
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
                raise BenchmarkError(f"{arguments[0]} did not start: {log.read_text()[-500:]}")
            yield said
        finally:
            _end(process)


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


def set_up(home: Path) -> tuple[dict[str, str], JSON]:
    """Make a home; return the environment of its gateway and the first operator."""
    environment = child_environment(
        home=str(home),
        client_rate=UNHURRIED,
        reseller_rate=UNHURRIED,
        list_seconds=str(LIST_SECONDS),
        log_level="error",
    )
    with spe_gateway(home, ["init"], environment) as said:
        return environment, said[0]


@contextmanager
def gateway(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve a home; yield the URL."""
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with spe_gateway(home, arguments, environment) as said:
        yield said[0]["url"]

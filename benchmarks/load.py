"""The load: wrk with keep-alive connections, on a core of its own."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.processes import BenchmarkError, pinned
from benchmarks.processor import Meter
from benchmarks.world import LOAD_CORE

SCRIPT: Final = Path(__file__).with_name("load.lua")
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class Target:
    """What is asked for, again and again.

    Attributes:
        url: of the server, with the path.
        headers: of each request.
        method: of HTTP.
        body: of each request.
        paths: each connection asks for one after the other; by default for that of the URL.
    """

    url: str
    headers: dict[str, str]
    method: str = "GET"
    body: str = ""
    paths: Sequence[str] = ()


@dataclass(frozen=True)
class Run:
    """What came of one run, in seconds and requests per second.

    Attributes:
        rate: requests that were answered in a second.
        p50: half of the requests took at most so long.
        p99: and 99 of 100 so long.
        processor: of the server, for each request; 0 where nobody looked.
    """

    rate: float
    p50: float
    p99: float
    processor: float = 0.0


def load(target: Target, connections: int, seconds: float, meter: Meter) -> Run:
    """Send requests over so many connections for so long.

    Args:
        target: what is asked for.
        connections: each sends the next request once it has the answer to the last.
        seconds: of the run.
        meter: of the server.

    Raises:
        BenchmarkError: a request failed: then nothing has been measured.
    """
    before = meter.read()
    said = _wrk(target, connections, seconds)
    spent = meter.read() - before
    if said["failed"] or not said["requests"]:
        raise BenchmarkError(f"{target.url}: {said['failed']} of {said['requests']} failed")
    return Run(
        rate=said["requests"] * MICROSECONDS / said["microseconds"],
        p50=said["p50"] / MICROSECONDS,
        p99=said["p99"] / MICROSECONDS,
        processor=spent / said["requests"],
    )


def _wrk(target: Target, connections: int, seconds: float) -> dict[str, int]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchmarkError("wrk is not here: scripts/bench-services installs it")
    headers = [
        word for name, value in target.headers.items() for word in ("-H", f"{name}: {value}")
    ]
    length = f"{max(1, round(seconds))}s"
    options = [
        "-t",
        "1",
        "-c",
        str(connections),
        "-d",
        length,
        "--timeout",
        "30s",
        "-s",
        str(SCRIPT),
        *headers,
    ]
    done = subprocess.run(  # noqa: S603 # a program of the system, and no shell
        [
            *pinned(LOAD_CORE),
            wrk,
            *options,
            target.url,
            "--",
            target.method,
            target.body,
            *target.paths,
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise BenchmarkError(f"wrk ended with {done.returncode}: {done.stderr[-500:]}")
    said: dict[str, int] = json.loads(done.stdout.strip().splitlines()[-1])
    return said

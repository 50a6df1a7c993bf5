"""The demonstration of the cluster, from nothing to nothing."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import pytest

from deploy.cluster.proxy import configuration
from deploy.servers import Absent, Haproxy, Postgresql, RedisServer
from tests.architecture.tree import ROOT
from tests.services import ABSENT, leave_out

COMMAND = [sys.executable, "-m", "deploy.cluster"]
SECONDS = 580
GLANCE_SECONDS = 0.05
RETRIES = re.compile(r"^ *((?:retry-on|option redispatch|http-request disable).*)$", re.MULTILINE)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where all files of a demonstration lie; PostgreSQL, another user, may pass through."""
    with TemporaryDirectory(prefix="spe-cluster-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def surroundings(folder: Path) -> dict[str, str]:
    """The environment of a demonstration."""
    try:
        for server in (Postgresql(), RedisServer(), Haproxy(folder, 1, "")):
            server.remove()
    except Absent as error:
        leave_out(f"A cluster {ABSENT} ({error}): scripts/test-services installs it.")
    return {**os.environ, "TMPDIR": str(folder)}


def processes(folder: Path) -> Iterator[str]:
    """Yield the commands of the processes that were started with a folder, or work in it."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            traces = (process / "environ").read_bytes(), os.fsencode((process / "cwd").readlink())
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if any(os.fsencode(folder) in trace for trace in traces):
            yield command


@pytest.mark.timeout(600)
def test_the_main_job_survives_a_gateway_and_a_worker_that_are_killed(
    folder: Path, surroundings: dict[str, str]
) -> None:
    outcome = subprocess.run(  # noqa: S603 - our own program, and no shell
        [*COMMAND, "--exit", "--json"],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )

    assert outcome.returncode == 0, outcome.stderr + outcome.stdout
    told = json.loads(outcome.stdout)
    assert told["holds"]
    assert all(verdict["holds"] for verdict in told["verdicts"])
    assert "Killed gateway-a and worker-a (SIGKILL)" in outcome.stderr
    assert list(processes(folder)) == []
    assert list(folder.iterdir()) == []


def test_a_demonstration_that_is_ended_leaves_nothing_behind(
    folder: Path, surroundings: dict[str, str]
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program, and no shell
        COMMAND, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            assert "Starting PostgreSQL" in demo.stdout.readline()
            while not any("redis-server" in each for each in processes(folder)):
                assert demo.poll() is None
                sleep(GLANCE_SECONDS)
            demo.send_signal(signal.SIGTERM)
            demo.wait(SECONDS)
        finally:
            demo.kill()  # what it has started ends with it

    assert demo.returncode == 128 + signal.SIGTERM
    assert list(processes(folder)) == []
    assert list(folder.iterdir()) == []


def test_the_proxy_repeats_what_the_recommended_one_repeats() -> None:
    ours = configuration(8080, {"gateway-a": "http://127.0.0.1:8081"})
    recommended = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
    assert len(RETRIES.findall(ours)) == 3
    assert set(RETRIES.findall(ours)) <= set(RETRIES.findall(recommended))

"""The lines of docs/simulator.md are carried out as they are written."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import requests

from gateway.simulator.conduct import CONDITIONS
from gateway.simulator.faults import KINDS
from gateway.simulator.fleet.document import Fleet, Group, Sizes
from gateway.simulator.latency import CLASSES
from tests.contract.conftest import Listening, listen
from tests.docs.reader import blocks, end, surroundings
from tests.docs.tables import ROOT
from tests.world import World

PAGE = ROOT / "docs/simulator.md"
PATIENCE = 100
HOLD = "\necho; echo ready\nread -r _\nkill %1\nwait\n"


@pytest.fixture
def listening(own_world: World) -> Iterator[Listening]:
    """A gateway on a socket."""
    yield from listen(own_world)


@pytest.fixture
def shell(listening: Listening, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A shell in which all blocks are carried out, and which then waits for a line."""
    (tmp_path / "examples").mkdir()
    shutil.copy(ROOT / "examples/fleet.yaml", tmp_path / "examples")
    known = {"GATEWAY": listening.url, "OPERATOR": str(listening.world.operator.token)}
    script = "\n".join(blocks("docs/simulator.md")) + HOLD
    with subprocess.Popen(  # noqa: S603 - no shell but the one that is meant
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's shell
        cwd=tmp_path,
        env=surroundings() | known,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        try:
            yield started
        finally:
            end(started.pid)


def test_the_example_is_started_registered_and_broken(
    listening: Listening, shell: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert shell.stdout is not None
    said = list(takewhile("ready\n".__ne__, shell.stdout))
    told = [json.loads(line) for line in (tmp_path / "fleet.ndjson").read_text().splitlines()]
    page = listening.world.call("GET", "/deployments?limit=100")
    registered = {each["name"] for each in page["items"]}
    broken = {one["name"]: one for one in told}["frankfurt-04"]
    (fault,) = requests.get(f"{broken['controlUrl']}/faults", timeout=10).json()
    _, complaints = shell.communicate("\n", timeout=PATIENCE)

    assert shell.returncode == 0, complaints
    assert said[0].split() == ["19", "201"]
    assert {one["name"] for one in told} - registered == {"closed"}
    assert (fault["kind"], fault["share"], fault["count"]) == ("status", 0.5, None)
    assert complaints == "20 deployments listen; Ctrl-C ends them.\n"


def test_the_page_names_everything_that_a_file_may_say() -> None:
    text = PAGE.read_text()
    named = [
        *(field.alias for part in (Fleet, Group, Sizes) for field in part.model_fields.values()),
        *KINDS,
        *CLASSES,
        *CONDITIONS,
    ]

    assert [name for name in named if f"`{name}`" not in text] == []

"""The example of the page on retries is carried out as it is written."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import Listening, listen
from tests.docs.tables import ROOT
from tests.docs.test_words import FENCE
from tests.world import World


@pytest.fixture
def listening(own_world: World) -> Iterator[Listening]:
    """A gateway on a socket, with an archive."""
    yield from listen(own_world)


def test_the_example_makes_one_store_however_often_it_is_sent(
    listening: Listening, tmp_path: Path
) -> None:
    ((_, script),) = FENCE.findall((ROOT / "docs/retries.md").read_text())
    known = {
        "GATEWAY": listening.url,
        "TOKEN": str(listening.world.operator.token),
        "INSTANCE": listening.archive["id"],
    }
    ran = subprocess.run(  # noqa: S603 - no shell but the one that is meant
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - the reader's shell
        cwd=tmp_path,
        env={**os.environ, **known, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert "idempotency-replayed: true" in ran.stdout.lower()
    stores = listening.world.call("GET", f"/instances/{listening.archive['id']}/stores")
    assert [each["name"] for each in stores["items"]].count("2027") == 1

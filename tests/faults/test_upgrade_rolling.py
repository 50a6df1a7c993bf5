"""A rolling upgrade under load: code of N and N+1 side by side, and the way back.

The version after this one is made here: the same code with one more migration, which only adds.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.server import Simulator
from gateway.storage.revisions import NEWEST
from tests.faults.rolling import Cluster, next_version, rolling
from tests.simulated import Control


@pytest.fixture
def cluster(
    tmp_path: Path, simulator: Simulator, empty_postgresql_url: str, redis_url: str
) -> Iterator[Cluster]:
    Control(simulator.control_url).reset()
    with rolling(tmp_path, simulator, empty_postgresql_url, redis_url) as made:
        yield made


def upgrade(cluster: Cluster, code: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the upgrade of another version."""
    return subprocess.run(  # noqa: S603 # our own program, and no shell
        [sys.executable, "-P", "-m", "gateway.cli", "upgrade", *words],
        env=cluster.env() | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_no_request_fails_while_the_version_changes_and_changes_back(
    cluster: Cluster, tmp_path: Path
) -> None:
    newer = next_version(tmp_path, NEWEST, oldest=NEWEST)
    (first,) = cluster.nodes
    with cluster.under_load():
        cluster.await_calls()
        seen = json.loads(upgrade(cluster, newer, "--dry-run").stdout)
        assert [step["revision"] for step in seen["steps"]] == ["9000"]
        assert (seen["schema"], seen["refusal"]) == (NEWEST, None)
        assert list(seen["connections"]) == [NEWEST]
        done = upgrade(cluster, newer)
        assert done.returncode == 0, done.stderr
        cluster.await_calls()  # the old code on the new schema
        second = cluster.start(code=newer)
        cluster.await_calls()  # both
        assert cluster.stop(first) == 0
        cluster.await_calls()  # the new code
        cluster.start()  # the old code starts on the new schema: the way back
        cluster.await_calls()
        assert cluster.stop(second) == 0
        cluster.await_calls()


def test_a_schema_that_takes_away_waits_for_the_old_code_to_be_gone(
    cluster: Cluster, tmp_path: Path
) -> None:
    newer = next_version(tmp_path, NEWEST, oldest="9000")
    (first,) = cluster.nodes

    refused = upgrade(cluster, newer)

    assert refused.returncode == 1
    assert f"for schema {NEWEST} are connected" in refused.stderr
    assert json.loads(upgrade(cluster, newer, "--dry-run").stdout)["schema"] == NEWEST
    assert cluster.stop(first) == 0
    assert upgrade(cluster, newer).returncode == 0
    with pytest.raises(AssertionError, match="install the newer version"):
        cluster.start()
    cluster.start(code=newer)
    assert cluster.call("GET", "/me")

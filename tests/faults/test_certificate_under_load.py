"""A deployment gets another certificate while clients call: no valid request fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.server import Simulator
from tests.faults.rolling import Cluster, rolling
from tests.simulated import Control


@pytest.fixture
def site() -> Iterator[Simulator]:
    """A deployment of its own: others rely on the certificate of theirs."""
    with Simulator("exchanged") as running:
        yield running


@pytest.fixture
def cluster(
    tmp_path: Path, site: Simulator, empty_postgresql_url: str, redis_url: str
) -> Iterator[Cluster]:
    with rolling(tmp_path, site, empty_postgresql_url, redis_url) as made:
        yield made


def test_a_certificate_that_was_announced(cluster: Cluster, site: Simulator) -> None:
    control, said = Control(site.control_url), site.announcement()
    path, former = f"/deployments/{cluster.deployment}", {"pin": said["sha256"]}
    following = {"pin": control.next_certificate()["sha256"], "password": said["password"]}
    announced = {"certificate": {**former, "nextPin": following["pin"]}}
    (first,) = cluster.nodes
    with cluster.under_load():
        cluster.await_calls()
        cluster.call("PATCH", path, {**announced, "password": said["password"]})
        cluster.await_calls()
        control.exchange_certificate()
        before = control.connections()["handshakes"]
        cluster.start()  # meets the new one, while the first goes on with connections to the old
        cluster.await_calls()
        assert control.connections()["handshakes"] > before
        assert cluster.stop(first) == 0
        cluster.call("POST", f"{path}/repin", following)
        cluster.await_calls()
    found = cluster.call("GET", path)
    assert (found["certificate"], found["quarantine"]) == ({"pin": following["pin"]}, None)

"""Every key is changed while clients call: no valid request fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.simulator.server import Simulator
from gateway.storage.vault import KEY_FILE
from tests.cli.program import run
from tests.faults.rolling import Cluster, rolling
from tests.simulated import Control


@pytest.fixture
def cluster(
    tmp_path: Path, simulator: Simulator, empty_postgresql_url: str, redis_url: str
) -> Iterator[Cluster]:
    Control(simulator.control_url).reset()
    with rolling(tmp_path, simulator, empty_postgresql_url, redis_url) as made:
        made.start()
        yield made


def test_the_keys_that_need_no_restart(cluster: Cluster) -> None:
    webhook = {"name": "W", "url": "http://127.0.0.1:9/"}
    made = cluster.call("POST", "/webhooks", webhook)
    with cluster.under_load():
        cluster.await_calls()
        assert run(["rotate-keys"], cluster.env()).returncode == 0
        cluster.await_calls()
        assert cluster.call("POST", f"/webhooks/{made['id']}/rotate-secret")
        path = f"/deployments/{cluster.deployment}/rotate-credential"
        assert cluster.call("POST", path, {"keepPassword": True})
        cluster.await_calls(40)
        client = cluster.call("GET", "/me")["client"]
        rotated = cluster.call("POST", f"/clients/{client}/rotate-secret")
        cluster.await_calls()
        cluster.secret = {**cluster.secret, "client_secret": rotated["clientSecret"]}
        cluster.await_calls()


def test_the_master_key(cluster: Cluster) -> None:
    keys = cluster.folder / "home" / KEY_FILE
    old, new = keys.read_text().strip(), Fernet.generate_key().decode()
    with cluster.under_load():
        keys.write_text(f"{old}\n{new}\n")
        cluster.restart_all()
        keys.write_text(f"{new}\n{old}\n")
        cluster.restart_all()
        done = run(["rotate-keys", "--master"], cluster.env())
        assert done.returncode == 0, done.stderr
        cluster.await_calls()
        keys.write_text(f"{new}\n")
        cluster.restart_all()
    judged = run(["check", "--json"], cluster.env())
    assert '"The first master key opens everything that is stored."' in judged.stdout

"""Whoever waits at a gateway is answered when a worker, another process, has ended it."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from tests.cli.program import environment, running
from tests.core import Core, registration, until
from tests.simulated import Control
from tests.worker.cluster import Worker

SECONDS = 30


@dataclass(frozen=True)
class Gateway:
    """A gateway's process, and what is set up on its database.

    Attributes:
        url: where it is served.
        headers: of its operator.
        verify: the path that verifies a store.
        settings: of each process of the cluster.
    """

    url: str
    headers: dict[str, str]
    verify: str
    settings: dict[str, str]

    def post(self, path: str) -> requests.Response:
        """Call, and wait for the end."""
        headers = {**self.headers, "Prefer": f"wait={SECONDS}"}
        return requests.post(self.url + path, headers=headers, timeout=SECONDS * 2)

    def newest(self) -> dict[str, str]:
        """Return the operation that was begun last."""
        address = f"{self.url}/operations?limit=1"
        page = requests.get(address, headers=self.headers, timeout=SECONDS).json()
        found: dict[str, str] = page["items"][0]
        return found


@pytest.fixture
def gateway(
    tmp_path: Path,
    simulator: Simulator,
    control: Control,
    empty_postgresql_url: str,
    redis_url: str,
    queue_url: str,
) -> Iterator[Gateway]:
    control.clear_faults()
    home = tmp_path / "home"
    settings = {"database_url": empty_postgresql_url, "redis_url": redis_url}
    operator = initialise(Settings(home=home, database_url=empty_postgresql_url))
    with closing(Core(home, url=empty_postgresql_url)) as core:
        core.deployments.register(core.caller(), registration(simulator))
        instance = core.planted(control, "acme").id
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    env = environment(home, broker_url=queue_url, **settings)
    with running(arguments, env, tmp_path / "gateway.log") as process:
        url = process.first_line()["url"]
        form = {
            "grant_type": "client_credentials",
            "client_id": operator.client_id,
            "client_secret": operator.client_secret,
        }
        answer = requests.post(f"{url}/oauth/token", data=form, timeout=SECONDS).json()
        yield Gateway(
            url,
            {"Authorization": f"Bearer {answer['access_token']}"},
            f"/instances/{instance}/stores/1/verify",
            {"home": str(home), "broker_url": queue_url, **settings},
        )


def test_a_call_that_waits_is_answered_with_what_a_worker_ended(
    gateway: Gateway, control: Control
) -> None:
    worker = Worker(gateway.settings)
    worker.send(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(gateway.post, gateway.verify)
        until(control.operations)
        until(lambda: gateway.newest()["status"] == "running")
        control.advance(600)
        before = gateway.newest()["status"], control.commands()
        worker.send(signal.SIGCONT)
        answer = waiting.result()
    assert worker.end() == 0

    assert before[0] == "running"
    assert "get-status" not in before[1]
    assert answer.status_code == 200, answer.text
    assert answer.json() is not None
    assert gateway.newest()["status"] == "succeeded"
    assert "get-status" in control.commands()

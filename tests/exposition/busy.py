"""A cluster at work: three processes that serve, one that tracks, and those who watch them."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from deploy.servers.daemon import free_port
from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.program import PROGRAM, Running, environment
from tests.cli.test_serve import gunicorn
from tests.core import until
from tests.docs.stage import asked
from tests.exposition.collector import Collector, collector
from tests.simulated import Control
from tests.world import registration

WORKERS = 3
CANARY = "Canary Holdings"
"""A customer, whose name nobody who watches has to know."""

Labels = tuple[tuple[str, str], ...]
Scrape = dict[tuple[str, Labels], float]


@dataclass(frozen=True)
class Busy:
    """What runs.

    Attributes:
        known: the environment of the operator.
        simulator: the deployment.
        collector: has the spans and the webhooks.
        gateway: gunicorn with its workers.
        worker: what tracks.
        targets: where the two show their metrics.
        deployment: its opaque id.
        instance: likewise.
    """

    known: dict[str, str]
    simulator: Simulator
    collector: Collector
    gateway: Running
    worker: Running
    targets: tuple[str, str]
    deployment: str
    instance: str

    @property
    def control(self) -> Control:
        """The control plane of the deployment."""
        return Control(self.simulator.control_url)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Return what the gateway answers the operator."""
        return asked(self.known, method, path, body, **headers)

    def refused(self, path: str, body: object, **headers: str) -> str:
        """Send a call that is refused or fails; return the id of the request."""
        with pytest.raises(AssertionError) as caught:
            self.ask("POST", path, body, **headers)
        return str(json.loads(str(caught.value).partition("\nassert")[0])["requestId"])

    def knock(self, times: int) -> None:
        """Have the API answered so many times, by whichever process comes."""

        def get(_number: int) -> int:
            url = f"{self.known['SPE_GATEWAY_URL']}/healthz"
            return requests.get(url, headers={"Connection": "close"}, timeout=20).status_code

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(get, range(times))) == [200] * times

    def metrics(self) -> Scrape:
        """Scrape the gateway."""
        return scraped(f"{self.targets[0]}/metrics")

    def verify(self, **headers: str) -> str:
        """Verify a store, which takes SPE a while, and return the operation, which has ended."""
        self.control.pause()
        body = {"arguments": {"instanceID": "acme", "id": 1, "includeIndexes": False}}
        begun = self.ask(
            "POST",
            f"/deployments/{self.deployment}/commands/VerifyStore",
            body,
            Prefer="wait=0",
            Confirm="VerifyStore",
            **headers,
        )
        path = f"/operations/{begun['id']}"
        until(lambda: self.ask("GET", path)["steps"][0]["status"] == "running")
        self.control.resume()
        until(lambda: self.ask("GET", path)["status"] == "succeeded")
        return str(begun["id"])

    def processes(self) -> list[int]:
        """Return the processes that serve."""
        children = Path(
            f"/proc/{self.gateway.process.pid}/task/{self.gateway.process.pid}/children"
        )
        return [int(each) for each in children.read_text().split()]

    def kill_one(self) -> None:
        """Kill a process that serves, and wait until another is in its place."""
        before = set(self.processes())
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(set(self.processes()) - before) == 1)

    def lines(self) -> list[dict[str, Any]]:
        """Return every line that was logged; the few that are for people are left out."""
        logs = (self.gateway.log, self.worker.log)
        said = [line for log in logs for line in log.splitlines(keepends=True)]
        whole = [line for line in said if line.endswith("\n")]
        return [json.loads(line) for line in whole if not line.startswith("spe-gateway ")]

    def line(self, **members: object) -> dict[str, Any]:
        """Return the last line with these members, as soon as it is there: after the answer."""
        wanted = members.items()
        return until(lambda: [each for each in self.lines() if wanted <= each.items()])[-1]


def scraped(url: str) -> Scrape:
    """Return the samples of a page by name and labels."""
    text = requests.get(url, timeout=20).text
    families = text_string_to_metric_families(text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def total(scrape: Scrape, name: str, **labels: str) -> float:
    """Add up the samples of a name that have some labels."""
    wanted = set(labels.items())
    return sum(
        value for (known, has), value in scrape.items() if known == name and wanted <= set(has)
    )


@contextmanager
def busy(folder: Path, database_url: str, redis_url: str) -> Iterator[Busy]:
    """Set a cluster up and let it do some of everything.

    Args:
        folder: an empty one.
        database_url: of an empty PostgreSQL database.
        redis_url: of an empty Redis.
    """
    home, ports = folder / "home", (free_port(), free_port())
    operator = initialise(Settings(home=home, database_url=database_url))
    with ExitStack() as stack:
        collecting = stack.enter_context(collector())
        simulator = stack.enter_context(Simulator("alpha", scenario=Scenario(verify_rate=700)))
        shared = {
            "database_url": database_url,
            "redis_url": redis_url,
            "broker_url": redis_url,
            "otlp_endpoint": collecting.url,
            "trace_share": "1",
            "webhook_networks": "127.0.0.0/8",
        }
        both = [environment(home, metrics_bind=f"127.0.0.1:{port}", **shared) for port in ports]
        gateway = _started(stack, gunicorn("-w", str(WORKERS)), both[0], folder / "gateway.log")
        worker = _started(stack, [*PROGRAM, "worker"], both[1], folder / "worker.log")
        ready = "spe-gateway is ready on "
        until(lambda: gateway.log.count(ready) == WORKERS and "worker is ready" in worker.log)
        known = {
            "SPE_GATEWAY_URL": gateway.log.partition(ready)[2].split()[0],
            "SPE_GATEWAY_CLIENT_ID": operator.client_id,
            "SPE_GATEWAY_CLIENT_SECRET": operator.client_secret,
        }
        targets = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        deployment, instance = _furnished(known, simulator, collecting)
        yield Busy(known, simulator, collecting, gateway, worker, targets, deployment, instance)


def _furnished(
    known: dict[str, str], simulator: Simulator, collecting: Collector
) -> tuple[str, str]:
    """Register the deployment, a customer and a webhook; return the first two."""
    hook = {"name": "hook", "url": f"{collecting.url}/hook"}
    asked(known, "POST", "/webhooks", hook)
    deployment = asked(known, "POST", "/deployments", registration(simulator, "alpha"))["id"]
    acme = {"instanceID": "acme", "displayName": CANARY, "archiveAdmin": True}
    made = asked(known, "POST", "/instances", {**acme, "store": {"name": "2026"}}, Prefer="wait=20")
    return deployment, made["id"]


def _started(stack: ExitStack, command: list[str], env: dict[str, str], log: Path) -> Running:
    made = Running([sys.executable, *command[1:]], env, log)
    stack.callback(made.stop)
    return made

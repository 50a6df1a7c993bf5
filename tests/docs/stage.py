"""The stage on which runbooks are played: a deployment, a gateway, an instance with a store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.program import Running, environment, running
from tests.simulated import Control
from tests.world import registration

ARGUMENTS = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
ACME = {
    "instanceID": "acme",
    "displayName": "Acme",
    "archiveAdmin": True,
    "store": {"name": "2026"},
}


@dataclass(frozen=True)
class Stage:
    """What a runbook finds.

    Attributes:
        known: the environment of the operator who reads it.
        simulator: the deployment.
        deployment: its opaque id.
        gateway: the process that serves.
    """

    known: dict[str, str]
    simulator: Simulator
    deployment: str
    gateway: Running

    @property
    def control(self) -> Control:
        """The control plane of the deployment."""
        return Control(self.simulator.control_url)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Return what the gateway answers the operator."""
        return asked(self.known, method, path, body, **headers)

    def begin_verifying(self) -> str:
        """Begin a verification that stands still at SPE, and return its operation."""
        self.control.pause()
        body = {"arguments": {"instanceID": "acme", "id": 1, "includeIndexes": False}}
        path = f"/deployments/{self.deployment}/commands/VerifyStore"
        begun = self.ask("POST", path, body, Prefer="wait=0", Confirm="VerifyStore")
        while begun["steps"][0]["status"] != "running":
            assert not begun["endTime"], begun
            begun = self.ask("GET", f"/operations/{begun['id']}")
        return str(begun["id"])


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Set everything up in an empty folder."""
    operator = initialise(Settings(home=folder / "home"))
    with (
        Simulator("alpha", scenario=Scenario(verify_rate=700)) as simulator,
        running(ARGUMENTS, environment(folder / "home"), folder / "gateway.log") as gateway,
    ):
        known = {
            "SPE_GATEWAY_HOME": str(folder / "home"),
            "SPE_GATEWAY_URL": gateway.first_line()["url"],
            "SPE_GATEWAY_CLIENT_ID": operator.client_id,
            "SPE_GATEWAY_CLIENT_SECRET": operator.client_secret,
        }
        made = asked(known, "POST", "/deployments", registration(simulator, "alpha"))
        asked(known, "POST", "/instances", ACME, Prefer="wait=20")
        yield Stage(known, simulator, made["id"], gateway)


def asked(
    known: Mapping[str, str], method: str, path: str, body: object = None, **headers: str
) -> dict[str, Any]:
    """Return what the gateway answers the client that is known."""
    url = known["SPE_GATEWAY_URL"]
    form = {
        "grant_type": "client_credentials",
        "client_id": known["SPE_GATEWAY_CLIENT_ID"],
        "client_secret": known["SPE_GATEWAY_CLIENT_SECRET"],
    }
    token = requests.post(f"{url}/oauth/token", data=form, timeout=10).json()["access_token"]
    signed = {"Authorization": f"Bearer {token}", **headers}
    answer = requests.request(method, url + path, json=body, headers=signed, timeout=40)
    assert answer.ok, answer.text
    return answer.json()

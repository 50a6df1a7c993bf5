"""SIGTERM to a real gateway: the proxy sees it first, nobody is cut off, and it ends well."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.conftest import Served, furnish
from tests.cli.program import environment, running
from tests.core import until
from tests.simulated import Control

DRAIN_SECONDS = "300"
"""A pause that no slow machine outlasts; a second signal ends it."""


@pytest.fixture
def leaving(tmp_path: Path) -> Iterator[Served]:
    """A gateway of its own, on whose deployment a verification stands still."""
    operator = initialise(Settings(home=tmp_path / "home"))
    env = environment(tmp_path / "home", drain_seconds=DRAIN_SECONDS)
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with (
        Simulator("alpha", scenario=Scenario(verify_rate=700)) as simulator,
        running(arguments, env, tmp_path / "gateway.log") as process,
    ):
        url, control = process.first_line()["url"], Control(simulator.control_url)
        secret = operator.client_secret
        made = Served(url, operator.client_id, secret, "", control, process)
        deployment = furnish(made, simulator)
        control.pause()
        yield Served(**vars(made) | {"deployment": deployment})


def begin(served: Served) -> str:
    body = {"arguments": {"instanceID": "acme", "id": 1, "includeIndexes": False}}
    path = f"/deployments/{served.deployment}/commands/VerifyStore"
    return str(served.ask("POST", path, body, Prefer="wait=0", Confirm="VerifyStore")["id"])


def ready(served: Served) -> requests.Response:
    return requests.get(f"{served.url}/readyz", timeout=20)


def test_a_gateway_leaves_in_good_form(leaving: Served) -> None:
    """One operation is followed in three ways when the gateway is told to end."""
    operation = begin(leaving)
    headers = {"Authorization": f"Bearer {leaving.token()}", "Prefer": "wait=30"}
    path = f"{leaving.url}/operations/{operation}"

    def poll() -> requests.Response:
        return requests.get(path, headers=headers, timeout=60)

    opened = requests.get(f"{path}/stream", headers=headers, timeout=60, stream=True)
    with opened, ThreadPoolExecutor(1) as hands:
        waiting = hands.submit(poll)
        leaving.process.process.send_signal(signal.SIGTERM)
        until(lambda: not ready(leaving).ok)
        refused = ready(leaving)
        alive = requests.get(f"{leaving.url}/healthz", timeout=20)
        served_still = requests.get(f"{leaving.url}/me", headers=headers, timeout=20)
        leaving.process.process.send_signal(signal.SIGTERM)
        polled, told = waiting.result(), opened.text

    assert (refused.status_code, refused.json()["code"]) == (503, "GATEWAY_STOPPING")
    assert (alive.status_code, served_still.status_code) == (200, 200)
    assert polled.status_code == 200
    assert not polled.json()["endTime"]
    assert told.rstrip().splitlines()[-2] == ": this gateway stops; another goes on"
    assert told.rstrip().splitlines()[-1].startswith("retry: ")
    assert leaving.process.status() == 0


def test_a_call_under_way_is_answered_with_its_operation(leaving: Served) -> None:
    headers = {
        "Authorization": f"Bearer {leaving.token()}",
        "Prefer": "wait=30",
        "Confirm": "VerifyStore",
    }
    path = f"{leaving.url}/deployments/{leaving.deployment}/commands/VerifyStore"
    body = {"arguments": {"instanceID": "acme", "id": 1, "includeIndexes": False}}
    with ThreadPoolExecutor(1) as hands:
        answer = hands.submit(requests.post, path, json=body, headers=headers, timeout=60)
        leaving.control.await_command("VerifyStore")
        leaving.process.process.send_signal(signal.SIGTERM)
        until(lambda: not ready(leaving).ok)
        leaving.process.process.send_signal(signal.SIGTERM)
        begun = answer.result()

    assert begun.status_code == 202
    assert begun.headers["Location"] == f"/operations/{begun.json()['id']}"
    assert leaving.process.status() == 0


def test_a_second_signal_ends_the_pause(leaving: Served) -> None:
    leaving.process.process.send_signal(signal.SIGTERM)
    until(lambda: not ready(leaving).ok)
    leaving.process.process.send_signal(signal.SIGTERM)

    assert leaving.process.status() == 0

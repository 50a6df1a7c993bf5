import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import structlog

from gateway.cli import main
from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.cutter import Cutter, cutter
from tests.cli.program import Running, environment
from tests.cli.program import running as running_program
from tests.served import UNHURRIED
from tests.simulated import Control


@dataclass(frozen=True)
class Outcome:
    """How the program ended."""

    status: int
    out: str
    err: str


Program = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_process_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give back what a program may change of its process; begin without settings of ours."""
    for name in [name for name in os.environ if name.startswith("SPE_GATEWAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root, config, umask = logging.getLogger(), structlog.get_config(), os.umask(0o022)
    handlers, level = list(root.handlers), root.level
    yield
    os.umask(umask)
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that is not set up."""
    folder = tmp_path / "home"
    monkeypatch.setenv("SPE_GATEWAY_HOME", str(folder))
    return folder


@pytest.fixture
def ready_home(home: Path) -> Path:
    """A home that is set up."""
    initialise(Settings(home=home))
    return home


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Program:
    """The program, run in this process."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["spe-gateway", *arguments])
        status = 0
        try:
            main()
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        said = capfd.readouterr()
        return Outcome(status, said.out, said.err)

    return run


@dataclass(frozen=True)
class Served:
    """A gateway that is served, with one deployment and one instance on it."""

    url: str
    client_id: str
    client_secret: str
    deployment: str
    control: Control
    process: Running

    @property
    def env(self) -> dict[str, str]:
        """The environment of somebody who invokes commands."""
        return environment(
            "/nonexistent",
            url=self.url,
            client_id=self.client_id,
            client_secret=self.client_secret,
        )

    def token(self) -> str:
        """Return an access token of the operator."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return requests.post(f"{self.url}/oauth/token", data=form, timeout=10).json()[
            "access_token"
        ]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Return what the gateway answers the operator."""
        signed = {"Authorization": f"Bearer {self.token()}", **headers}
        answer = requests.request(method, self.url + path, json=body, headers=signed, timeout=40)
        assert answer.ok, answer.text
        return answer.json()

    def newest(self) -> dict[str, Any]:
        """Return the operation that was begun last."""
        return self.ask("GET", "/operations?limit=1")["items"][0]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One gateway for all tests: the deployment alpha, the instance acme, one store."""
    folder = tmp_path_factory.mktemp("served")
    operator = initialise(Settings(home=folder / "home"))
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    unhurried = environment(folder / "home", address_rate=UNHURRIED, client_rate=UNHURRIED)
    with (
        Simulator("alpha", scenario=Scenario(verify_rate=700)) as simulator,
        running_program(arguments, unhurried, folder / "gateway.log") as process,
    ):
        found = Served(
            url=process.first_line()["url"],
            client_id=operator.client_id,
            client_secret=operator.client_secret,
            deployment="",
            control=Control(simulator.control_url),
            process=process,
        )
        deployment = furnish(found, simulator)
        yield Served(**vars(found) | {"deployment": deployment})


@pytest.fixture
def held(served: Served) -> Iterator[Served]:
    """The gateway; on its deployment every command stands still until somebody lets it go on."""
    served.control.pause()
    yield served
    served.control.resume()
    served.control.advance(60)
    last = served.ask("GET", f"/operations/{served.newest()['id']}", Prefer="wait=30")
    assert last["endTime"], last


@pytest.fixture
def running(held: Served) -> str:
    """A verification that stands still."""
    body = {"arguments": {"instanceID": "acme", "id": 1, "includeIndexes": False}}
    path = f"/deployments/{held.deployment}/commands/VerifyStore"
    begun = held.ask("POST", path, body, Prefer="wait=0", Confirm="VerifyStore")
    while begun["steps"][0]["status"] != "running":
        assert not begun["endTime"], begun
        begun = held.ask("GET", f"/operations/{begun['id']}")
    return str(begun["id"])


@pytest.fixture
def line(served: Served) -> Iterator[Cutter]:
    """A way to the gateway that can be cut."""
    with cutter(urlsplit(served.url).port or 0) as made:
        yield made


def furnish(served: Served, simulator: Simulator) -> str:
    """Register a deployment and make an instance on it; return the id of the deployment."""
    server = simulator.announcement()
    headers = {"Authorization": f"Bearer {served.token()}", "Prefer": "wait=20"}
    deployment = {
        "name": "alpha",
        "host": "127.0.0.1",
        "port": server["port"],
        "userName": server["userName"],
        "password": server["password"],
        "certificate": {"pin": server["sha256"]},
    }
    instance = {"instanceID": "acme", "displayName": "Acme", "archiveAdmin": True}
    made = requests.post(f"{served.url}/deployments", json=deployment, headers=headers, timeout=30)
    assert made.status_code == 201, made.text
    with_store = instance | {"store": {"name": "Mail"}}
    answer = requests.post(f"{served.url}/instances", json=with_store, headers=headers, timeout=30)
    assert answer.status_code == 201, answer.text
    return made.json()["id"]


@pytest.fixture
def operator(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose environment names the gateway and the client."""
    for name, value in served.env.items():
        if name.startswith("SPE_GATEWAY_"):
            monkeypatch.setenv(name, value)

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import structlog

from gateway.cli import main
from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.program import Running, environment, running
from tests.simulated import Control


@dataclass(frozen=True)
class Outcome:
    """How the program ended."""

    status: int
    out: str
    err: str


Program = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_process_state(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back what a program may change of its process; begin without settings of ours."""
    for name in [name for name in os.environ if name.startswith("SPE_GATEWAY_")]:
        monkeypatch.delenv(name)
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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One gateway for all tests: the deployment alpha, the instance acme, one store."""
    folder = tmp_path_factory.mktemp("served")
    operator = initialise(Settings(home=folder / "home"))
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with (
        Simulator("alpha", scenario=Scenario(verify_rate=700)) as simulator,
        running(arguments, environment(folder / "home"), folder / "gateway.log") as process,
    ):
        found = Served(
            url=process.first_line()["url"],
            client_id=operator.client_id,
            client_secret=operator.client_secret,
            deployment="",
            control=Control(simulator.control_url),
            process=process,
        )
        deployment = _furnish(found, simulator)
        yield Served(**vars(found) | {"deployment": deployment})


def _furnish(served: Served, simulator: Simulator) -> str:
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

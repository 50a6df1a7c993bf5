"""A simulated SPE server as a whole: ports, certificate, data folder."""

import json
import secrets
import ssl
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from . import certificate
from .application import Application
from .clock import Clock
from .conduct import CONDITIONS, WRONG_CERTIFICATE, Conduct
from .control import Control
from .deployment import Deployment
from .listener import Listener
from .logins import Logins
from .management_server import ManagementServer
from .operations import Operations
from .premises import Premises
from .scenario import Scenario, load
from .seed import plant_administrator, plant_scenario
from .signals import ending_signals
from .state import Forgetful, State, StateFile
from .system_administrators import authenticates


class Simulator:
    """An SPE Management Server on loopback, with a control plane beside it.

    Args:
        name: the stem of its server names.
        port: of the Management API; 0 takes a free one.
        data_folder: where certificate, password and state are kept; None takes a folder that
            goes with the simulator.
        scenario: what it starts with if the data folder is empty.
        conduct: how it behaves; None answers everything well and at once.
        premises: what it shares with others; None has all of it to itself.

    Attributes:
        application: what the SPE port runs.
        server: what executes commands.
        control_url: the address of the control plane, without a slash at the end.
    """

    def __init__(
        self,
        name: str,
        port: int = 0,
        data_folder: Path | None = None,
        scenario: Scenario | None = None,
        conduct: Conduct | None = None,
        premises: Premises | None = None,
    ) -> None:
        self._scenario = scenario or Scenario()
        self._conduct = conduct or Conduct()
        self._condition = self._conduct.condition
        with ExitStack() as undo:
            self._premises = premises or undo.enter_context(closing(Premises()))
            self._folder = data_folder or Path(undo.enter_context(TemporaryDirectory()))
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / "certificate.pem"
            self._certificate = certificate.keep(path, name, self._premises.key)
            self._password = self._kept_password()
            self.server = self._load(name)
            undo.callback(self.server.save)
            deployment = self.server.deployment
            self._logins = Logins(deployment.clock, partial(authenticates, deployment))
            self.application = Application(self.server, self._logins, self._conduct)
            self._api = Listener(self.application, port, self._premises.reception)
            undo.callback(self._api.stop)
            self.control_url = self._premises.take_in(f"/{name}" if premises else "", Control(self))
            self._end = undo.pop_all()

    @property
    def port(self) -> int:
        """The port of the Management API."""
        return self._api.port

    @property
    def condition(self) -> str:
        """How it answers; one of `conduct.CONDITIONS`."""
        return self._condition

    def announcement(self) -> dict[str, Any]:
        """Return what a client needs: port, pins, credentials, control plane."""
        return {
            "port": self.port,
            "thumbprint": self._certificate.thumbprint,
            "sha256": self._certificate.sha256,
            "userName": self._scenario.user_name,
            "password": self._password,
            "controlUrl": self.control_url,
        }

    def counts(self) -> dict[str, int]:
        """Return how many connections to the SPE port came how far."""
        return self._api.counts.document()

    def start(self) -> None:
        """Enter the condition that it starts in."""
        self.enter(self._conduct.condition)

    def enter(self, condition: str) -> None:
        """Answer, refuse connections, hang, or show another certificate than is announced.

        Args:
            condition: one of `conduct.CONDITIONS`; every connection is closed.

        Raises:
            ValueError: it is none of them.
        """
        if condition not in CONDITIONS:
            raise ValueError(f"A condition is one of {', '.join(CONDITIONS)}")
        self._condition = condition
        self._api.refuse()
        shown = self._wrong_certificate() if condition == WRONG_CERTIFICATE else self._certificate
        self._api.context = _context(shown.path)
        if condition == "hanging":
            self._api.hang()
        elif condition != "down":
            self._api.start()

    def stop(self) -> None:
        """Close both ports, end every wait and keep the state."""
        self.server.deployment.clock.stop()
        self._end.close()

    def reset(self) -> None:
        """Go back to the scenario and the present; operations, journal and faults are gone."""
        deployment = self.server.deployment
        deployment.clock.set(datetime.now(UTC))
        deployment.state = State()
        self._plant(deployment)
        deployment.operations.forget()
        deployment.operations = self._operations(deployment.clock)
        self.server.recount(self._scenario.asynchronous)
        self.server.save()
        self._logins.forget()
        self.application.journal.clear()
        self.application.replant()
        if self._condition != self._conduct.condition:
            self.enter(self._conduct.condition)

    def next_certificate(self) -> dict[str, str]:
        """Return the pins of the certificate that the next exchange brings, which is made now."""
        found = certificate.keep(self._next, self.server.deployment.name, self._premises.key)
        return {"thumbprint": found.thumbprint, "sha256": found.sha256}

    def exchange_certificate(self, *, expired: bool = False) -> None:
        """Use another certificate for new connections.

        Args:
            expired: take one that ended yesterday.
        """
        path, host, key = self._next, self.server.deployment.name, self._premises.key
        if expired:
            certificate.make(path, host, datetime.now(UTC) - timedelta(days=1), key)
        certificate.keep(path, host, key)
        self._certificate = certificate.read(path.replace(self._certificate.path))
        self.server.deployment.thumbprint = self._certificate.thumbprint
        self._api.context = _context(self._certificate.path)

    @property
    def _next(self) -> Path:
        return self._folder / "next.pem"

    def _wrong_certificate(self) -> certificate.Certificate:
        path, host = self._folder / "wrong.pem", self.server.deployment.name
        return certificate.keep(path, host, self._premises.key)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _load(self, name: str) -> ManagementServer:
        file, clock = StateFile(self._folder / "state.json"), Clock()
        kept = file.load()
        deployment = Deployment(
            name,
            self._scenario,
            clock,
            kept or State(),
            self._certificate.thumbprint,
            self._operations(clock),
        )
        server = ManagementServer(deployment, Forgetful() if self._conduct.forgets else file)
        if self._conduct.population is not None:
            deployment.contents = self._conduct.population
        if kept is None:
            self._plant(deployment)
            server.save()
        return server

    def _operations(self, clock: Clock) -> Operations:
        return Operations(clock, self._scenario.token_lifetime)

    def _plant(self, deployment: Deployment) -> None:
        plant_administrator(
            deployment, {"userName": self._scenario.user_name, "password": self._password}
        )
        plant_scenario(deployment)
        if self._conduct.population is not None:
            self._conduct.population.settle(deployment)

    def _kept_password(self) -> str:
        path = self._folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(self._scenario.password or secrets.token_urlsafe(18), encoding="utf-8")
        return path.read_text(encoding="utf-8")


def _context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path)
    return context


def run(name: str, port: int, data_folder: Path | None, scenario_path: Path | None) -> None:
    """Serve until SIGTERM or SIGINT; print the announcement as one line when listening.

    Raises:
        OSError: the port is taken or the scenario cannot be read.
        ValueError: the scenario is wrong.
    """
    scenario = load(Path(scenario_path)) if scenario_path else None
    with ending_signals() as wait, Simulator(name, port, data_folder, scenario) as simulator:
        sys.stdout.write(json.dumps(simulator.announcement()) + "\n")
        sys.stdout.flush()
        wait()

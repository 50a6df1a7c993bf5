"""Three simulated deployments and a gateway whose month passes in hours of a test.

Nothing runs by itself: the test moves the time and does the gateway's chores when they are due.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import time_machine

from gateway.billing.verification import Finding, verify
from gateway.broker.broker import Broker
from gateway.broker.rounds import VISIT
from gateway.factory import create_app
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.answers import JSON, golden_contract
from tests.billing.month.oracle import Oracle
from tests.schema import set_up_at_once
from tests.served import DEFAULTS, CheckedClient, Served
from tests.simulated import Control

TICK = timedelta(minutes=20)
"""Short enough that two readings are never an hour and a half apart by it."""

ASKED = "CreateLicenseRequest"


@dataclass
class Site:
    """A simulated deployment.

    Attributes:
        id: as the gateway calls it.
        simulator: the server.
        control: its control plane.
    """

    id: str
    simulator: Simulator
    control: Control

    def was_asked(self) -> bool:
        """Whether it has answered for its licences since the last look; its journal is emptied."""
        journal = self.simulator.application.journal
        with self.simulator.server.deployment.clock.monitor:
            new = journal.document()
            journal.clear()
        return any(entry["command"] == ASKED and entry["status"] == 200 for entry in new)


@dataclass
class Month:
    """What the test acts in.

    Attributes:
        served: the gateway.
        traveller: moves the time of all.
        sites: by name.
        resellers: opaque ids by name.
        oracle: looks on.
    """

    served: Served
    traveller: Any
    sites: dict[str, Site] = field(default_factory=dict)
    resellers: dict[str, str] = field(default_factory=dict)
    oracle: Oracle = field(default_factory=Oracle)
    _due: dict[str, datetime] = field(default_factory=dict)

    def client(self) -> CheckedClient:
        """Sign the operator in: tokens live for a quarter of an hour only."""
        operator = self.served.operator
        return self.served.log_in(operator.client_id, operator.client_secret)

    def call(self, method: str, path: str, body: JSON | None = None, status: int = 200) -> JSON:
        """Call as the operator, and return the body of the answer."""
        response = self.client().open(path, method=method, json=body)
        assert response.status_code == status, response.text
        return response.get_json(silent=True) or {}

    def tick(self) -> None:
        """Let some time pass, and the gateway do what is due."""
        self.traveller.shift(TICK)
        self.work()

    def work(self) -> None:
        """Do every chore that is due, and look what the servers were asked."""
        present = datetime.now(UTC)
        for chore in self.served.gateway.chores:
            if chore.name != VISIT and self._due.get(chore.name, present) <= present:
                self._due[chore.name] = present + timedelta(seconds=chore.seconds)
                chore.run()
        for site in self.sites.values():
            if site.was_asked():
                self.oracle.look(site.id, datetime.now(UTC), site.control.state())

    def findings(self) -> list[Finding]:
        """Return what the verification of the statements finds."""
        with self.served.gateway.services.database.read() as connection:
            return verify(connection, [], lambda _: None).findings

    def until(self, moment: datetime) -> None:
        """Let time pass up to a moment."""
        while datetime.now(UTC) < moment:
            self.tick()


@contextmanager
def month(home: Path, start: datetime, names: tuple[str, ...]) -> Iterator[Month]:
    """Set a gateway up with deployments of some names at a moment."""
    with ExitStack() as undo:
        undo.enter_context(patch.object(Broker, "aside", lambda _self, _deployment, run: run()))
        traveller = undo.enter_context(time_machine.travel(start, tick=True))
        made = Month(undo.enter_context(_served(home)), traveller)
        for name in names:
            simulator = Simulator(name, scenario=Scenario(messages_per_store=40))
            undo.callback(simulator.stop)
            simulator.start()
            made.sites[name] = _registered(made, name, simulator)
        yield made


@contextmanager
def _served(home: Path) -> Iterator[Served]:
    home.mkdir()
    settings = Settings(home=home, **{**DEFAULTS, "watch_seconds": 0})
    operator = set_up_at_once(home, settings.database)
    app = create_app(settings)
    gateway = app.extensions["spe-gateway"]
    try:
        yield Served(app, gateway, settings, operator, golden_contract())
    finally:
        gateway.close()


def _registered(made: Month, name: str, simulator: Simulator) -> Site:
    said = simulator.announcement()
    body = {
        "name": name,
        "host": "127.0.0.1",
        "port": said["port"],
        "userName": said["userName"],
        "password": said["password"],
        "certificate": {"pin": said["sha256"]},
    }
    return Site(
        made.call("POST", "/deployments", body, 201)["id"], simulator, Control(said["controlUrl"])
    )

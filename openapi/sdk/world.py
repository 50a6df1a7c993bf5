"""A gateway with simulated deployments, for the main job of an SDK."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from gateway.cli.demo.processes import Child
from gateway.settings import child_environment
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator


@dataclass(frozen=True)
class Stage:
    """What one run of the main job has for itself.

    Args:
        name: of the deployment that it registers and of the instance that it makes.
        simulator: that deployment.
        client_id: of the first operator.
        client_secret: likewise.
    """

    name: str
    simulator: Simulator
    client_id: str
    client_secret: str = field(repr=False)

    def environment(self, url: str) -> dict[str, str]:
        """Return what the program finds in its environment.

        Args:
            url: of the gateway, or of what stands before it.
        """
        server = self.simulator.announcement()
        return child_environment() | {
            "GATEWAY_URL": url,
            "OPERATOR_CLIENT_ID": self.client_id,
            "OPERATOR_CLIENT_SECRET": self.client_secret,
            "SPE_NAME": self.name,
            "SPE_HOST": "127.0.0.1",
            "SPE_PORT": str(server["port"]),
            "SPE_THUMBPRINT": server["sha256"],
            "SPE_USER": server["userName"],
            "SPE_PASSWORD": server["password"],
        }


class World:
    """A gateway served by a process of its own, and a simulated deployment for each run.

    Attributes:
        url: of the gateway.
    """

    def __init__(self) -> None:
        self._running = ExitStack()
        self._stages: list[Stage] = []
        self._operator: dict[str, Any] = {}
        self.url = ""

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            folder = Path(undo.enter_context(TemporaryDirectory(prefix="spe-gateway-sdks-")))
            with _child("init", ["init"], folder) as first:
                self._operator = first.announcement()
            serve = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
            gateway = undo.enter_context(_child("gateway", serve, folder))
            self.url = gateway.announcement()["url"]
            self._running = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def stage(self, label: str) -> Stage:
        """Start a deployment for one run; it stays until the world ends.

        Args:
            label: tells runs apart: lower case letters, digits and hyphens, at most 20.
        """
        name = f"{label}-{len(self._stages)}"
        simulator = Simulator(name, scenario=Scenario(verify_rate=400))
        simulator.start()
        self._running.callback(simulator.stop)
        made = Stage(name, simulator, self._operator["clientId"], self._operator["clientSecret"])
        self._stages.append(made)
        return made

    def sent(self, command: str, stage: Stage) -> int:
        """Return how often a command was sent for the instance of a run, to any deployment."""
        names = re.compile(rf"\b{re.escape(stage.name)}\b")
        return sum(
            entry["command"] == command and bool(names.search(repr(entry["arguments"])))
            for each in self._stages
            for entry in each.simulator.application.journal.document()
        )


def _child(name: str, arguments: list[str], folder: Path) -> Child:
    return Child(name, arguments, child_environment(home=str(folder / "home")), folder)

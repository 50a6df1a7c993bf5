"""What the demonstration runs: simulated deployments, and the gateway in front of them."""

import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from gateway.cli.demo.processes import Child
from gateway.cli.demo.screen import Screen
from gateway.cli.sandbox.cast import Site
from gateway.settings import child_environment

SETTINGS: Final = {
    "webhook_networks": "127.0.0.0/8",
    "licence_seconds": "120",
    "watch_seconds": "180",
}
"""Of the gateway: webhooks may go to this machine, and usage is there within minutes."""

VERIFY_RATE: Final = 2000
"""Messages that a verification takes in a second: the largest stores take half a minute."""


class Stage:
    """Starts processes that end with the stage.

    Args:
        folder: where everything is kept.
        screen: shows what is started.
        stack: ends what was started.
    """

    def __init__(self, folder: Path, screen: Screen, stack: ExitStack) -> None:
        self.folder = folder
        self._screen = screen
        self._stack = stack
        self._children: list[Child] = []

    def simulate(self, site: Site, port: int, scenario: Path | None) -> Child:
        """Start a simulated deployment.

        Args:
            site: its name and version.
            port: where it listens; 0 takes a free one.
            scenario: what it starts with; by default nothing.
        """
        begin = scenario or self._scenario(site)
        kept = ["--data", str(self.folder / site.name), "--scenario", str(begin)]
        return self._start(site.name, "simulate", *_port(port), "--name", site.name, *kept)

    def initialise(self) -> dict[str, Any]:
        """Set the gateway up, and return the credentials of its first operator."""
        child = self._start("init", "init")
        operator = child.announcement()
        self._children.remove(child)
        return operator

    def serve(self, bind: str) -> str:
        """Start the gateway, and return its URL."""
        place = chosen(bind)
        serve = ("serve", "--bind", place, "--json")
        child = self._start("gateway", *serve, issuer=f"http://{place}")
        return str(child.announcement()["url"])

    def require_alive(self) -> None:
        """Raise Failure if one of the processes has ended."""
        for child in self._children:
            child.require_alive()

    def _start(self, name: str, *arguments: str, **settings: str) -> Child:
        lifeline = [] if name == "init" else ["--lifeline"]
        self._screen.literally(f"$ spe-gateway {' '.join([*arguments, *lifeline])}")
        environment = self._environment(settings)
        child = Child(name, [*arguments, *lifeline], environment, self.folder)
        self._children.append(child)
        return self._stack.enter_context(child)

    def _environment(self, settings: Mapping[str, str]) -> Mapping[str, str]:
        return child_environment(home=str(self.folder / "home"), **SETTINGS, **settings)

    def _scenario(self, site: Site) -> Path:
        path = self.folder / f"{site.name}.json"
        path.write_text(json.dumps({"version": site.version, "verifyRate": VERIFY_RATE}))
        return path


def chosen(bind: str) -> str:
    """Return where to listen, with a free port for port 0: what clients know is told before.

    Args:
        bind: HOST:PORT; what is wrong about it is found where it is listened on.
    """
    host, _, port = bind.rpartition(":")
    if port != "0":
        return bind
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), 0), family=family) as listener:
            return f"{host}:{listener.getsockname()[1]}"
    except OSError:
        return bind


def _port(port: int) -> list[str]:
    return ["--port", str(port)] if port else []

"""``spe-gateway demo``: everything from nothing."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from types import FrameType
from typing import Any

import rich_click as click
from rich.console import Console

from gateway.cli.api_client import Api
from gateway.cli.demo.guide import Guide
from gateway.cli.demo.processes import Child
from gateway.cli.demo.screen import GATEWAY, Screen
from gateway.cli.demo.tour import Tour
from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.settings import child_environment

NAMES = ("alpha", "beta")
GLANCE_SECONDS = 1.0


@click.command(epilog=examples("spe-gateway demo", "spe-gateway demo --exit", "make demo"))
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where everything is kept: new or empty; by default a folder that goes with the demo.",
)
@click.option(
    "--bind", default="127.0.0.1:0", metavar="HOST:PORT", help="Where the gateway listens."
)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What the simulated deployments start with.",
)
@click.option("--exit", "leave", is_flag=True, help="End after the tour.")
def demo(home: Path | None, bind: str, scenario: Path | None, *, leave: bool) -> None:
    """Show the main job: two simulated deployments, the gateway, a tour through its REST API.

    Every request is printed as curl, with its answer. Afterwards everything stays up to be
    tried out, unless --exit is given. The status is 0 only if every step went as it should.
    """
    signal.signal(signal.SIGTERM, _end)
    screen = Screen(Console(highlight=False))
    with ExitStack() as stage:
        folder = home or Path(stage.enter_context(TemporaryDirectory(prefix="spe-gateway-demo-")))
        Demonstration(folder, bind, scenario, screen, stage).run(leave=leave)


def _end(number: int, _frame: FrameType | None) -> None:
    """Leave in an orderly way, so that everything that was started is ended."""
    sys.exit(128 + number)


class Demonstration:
    """Sets the stage, walks the tour and stays.

    Args:
        folder: where everything is kept.
        bind: where the gateway listens.
        scenario: what the simulated deployments start with.
        screen: shows everything.
        stage: ends what was started.
    """

    def __init__(
        self, folder: Path, bind: str, scenario: Path | None, screen: Screen, stage: ExitStack
    ) -> None:
        self._folder = folder
        self._bind = bind
        self._scenario = scenario
        self._screen = screen
        self._stage = stage
        self._children: list[Child] = []

    def run(self, *, leave: bool) -> None:
        """Do it all.

        Args:
            leave: end after the tour instead of staying up.

        Raises:
            Failure: a step did not go as it should.
        """
        began = monotonic()
        self._require_empty()
        url, operator, deployments = self._set_up()
        guide = Guide(Api(url), self._screen)
        tour = Tour(guide, deployments)
        tour.walk(operator["clientId"], operator["clientSecret"])
        self._screen.heading(f"Done in {monotonic() - began:.0f} s: every step went as it should")
        if not leave:
            self._sum_up(url, tour, deployments)
            self._stay()

    def _require_empty(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if any(self._folder.iterdir()):
            raise Failure(f"{self._folder} is not empty: the demonstration begins from nothing.")

    def _set_up(self) -> tuple[str, dict[str, Any], dict[str, dict[str, Any]]]:
        """Start everything; return the gateway's URL, the operator and the deployments."""
        screen = self._screen
        screen.heading("From nothing")
        screen.say("Both deployments are simulated: no MailStore server is touched.")
        servers = {name: self._start(name, *self._simulation(name)) for name in NAMES}
        first = self._start("init", "init")
        deployments = {name: server.announcement() for name, server in servers.items()}
        operator = first.announcement()
        self._children.remove(first)
        gateway = self._start("gateway", "serve", "--bind", self._bind, "--json", "--lifeline")
        url = gateway.announcement()["url"]
        screen.say(f"The gateway is ready on {url}; try its reference at {url}/docs.")
        screen.variable(GATEWAY, url)
        return url, operator, deployments

    def _start(self, name: str, *arguments: str) -> Child:
        self._screen.literally(f"$ spe-gateway {' '.join(arguments)}")
        environment = child_environment(home=str(self._folder / "home"))
        child = Child(name, arguments, environment, self._folder)
        self._children.append(child)
        return self._stage.enter_context(child)

    def _simulation(self, name: str) -> list[str]:
        scenario = ["--scenario", str(self._scenario)] if self._scenario else []
        data = ["--data", str(self._folder / name)]
        return ["simulate", "--name", name, *data, *scenario, "--lifeline"]

    def _sum_up(self, url: str, tour: Tour, deployments: dict[str, dict[str, Any]]) -> None:
        screen = self._screen
        screen.say("Everything stays up now. Copy these lines into a shell to go on by yourself:")
        screen.variable(GATEWAY, url)
        for visitor in tour.visitors:
            screen.literally(f"# {visitor.client_id} {visitor.client_secret}")
            screen.variable(visitor.variable, visitor.token)
        screen.say("A token lasts 15 minutes; the client's id and secret above get another.")
        screen.literally(f"Gateway    {url}  reference {url}/docs")
        for name, server in deployments.items():
            screen.literally(
                f"{name:10} https://127.0.0.1:{server['port']}  simulated, "
                f"control plane {server['controlUrl']}"
            )
        screen.say("Ctrl-C ends it all.")

    def _stay(self) -> None:
        """Wait for Ctrl-C, or for one of the processes to end."""
        never = Event()
        try:
            while not never.wait(GLANCE_SECONDS):
                for child in self._children:
                    child.require_alive()
        except KeyboardInterrupt:
            self._screen.say("Ended.")

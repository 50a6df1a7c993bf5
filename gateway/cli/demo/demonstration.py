"""Sets the stage, walks the tour, fills the sandbox and stays."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.cli.api_client import Api
from gateway.cli.demo.guide import Guide, Visitor
from gateway.cli.demo.screen import GATEWAY, Screen
from gateway.cli.demo.stage import Stage
from gateway.cli.demo.tour import Tour
from gateway.cli.failure import Failure
from gateway.cli.sandbox.cast import SITES, Site
from gateway.cli.sandbox.ground import filled, resumed
from gateway.cli.sandbox.kept import FILE, Kept
from gateway.cli.sandbox.receiver import Receiver
from gateway.cli.sandbox.view import lines_of

GLANCE_SECONDS: Final = 1.0
FREE: Final = "127.0.0.1:0"
TOURED: Final = SITES[:2]
DELIVERIES: Final = "deliveries.ndjson"

Servers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Wishes:
    """What somebody wants to see.

    Args:
        bind: where the gateway listens; None for the place of before, or a free port.
        scenario: what the simulated deployments start with.
        tour: walk it.
        leave: end after it.
        as_json: print the sandbox as JSON once it is ready.
        ready_file: gets the same.
    """

    bind: str | None = None
    scenario: Path | None = None
    tour: bool = True
    leave: bool = False
    as_json: bool = False
    ready_file: Path | None = None


class Demonstration:
    """The demonstration in a folder.

    Args:
        folder: where everything is kept.
        wishes: what is to be seen.
        screen: shows everything.
        stack: ends what was started.
    """

    def __init__(self, folder: Path, wishes: Wishes, screen: Screen, stack: ExitStack) -> None:
        self._folder = folder
        self._wishes = wishes
        self._screen = screen
        self._stack = stack
        self._stage = Stage(folder, screen, stack)

    def run(self) -> None:
        """Do it all.

        Raises:
            Failure: a step did not go as it should.
        """
        if self._wishes.ready_file is not None:
            self._wishes.ready_file.unlink(missing_ok=True)
        if (self._folder / FILE).exists() and not self._wishes.leave:
            self._stay(self._go_on(Kept.read(self._folder)), [])
        else:
            self._begin()

    def _begin(self) -> None:
        """Begin from nothing."""
        began = monotonic()
        self._require_empty()
        self._screen.heading("From nothing")
        servers = self._simulate(TOURED if self._wishes.leave else SITES, {})
        operator = self._stage.initialise()
        announced = {name: server.announcement() for name, server in servers.items()}
        url = self._serve(self._wishes.bind or FREE)
        visitors = self._tour(url, operator, announced, began) if self._wishes.tour else []
        if not self._wishes.leave:
            self._stay(self._fill(url, operator, announced), visitors)

    def _go_on(self, kept: Kept) -> Kept:
        """Bring a sandbox of before up, where it was."""
        self._screen.heading(f"The sandbox in {self._folder} goes on")
        ports = {each["name"]: each["port"] for each in kept.deployments}
        servers = self._simulate(SITES, ports)
        announced = {name: server.announcement() for name, server in servers.items()}
        url = self._serve(self._wishes.bind or urlsplit(kept.url).netloc)
        self._receive(urlsplit(kept.webhook["url"]).port or 0)
        return resumed(kept, url, announced)

    def _require_empty(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if any(self._folder.iterdir()):
            raise Failure(
                f"{self._folder} is not empty and no sandbox: the demonstration begins from "
                "nothing."
            )

    def _simulate(self, sites: tuple[Site, ...], ports: dict[str, int]) -> dict[str, Any]:
        self._screen.say("Every deployment is simulated: no MailStore server is touched.")
        scenario = self._wishes.scenario
        return {
            site.name: self._stage.simulate(site, ports.get(site.name, 0), scenario)
            for site in sites
        }

    def _serve(self, bind: str) -> str:
        url = self._stage.serve(bind)
        self._screen.say(f"The gateway is ready on {url}; try its reference at {url}/docs.")
        self._screen.variable(GATEWAY, url)
        return url

    def _tour(
        self, url: str, operator: dict[str, Any], announced: Servers, began: float
    ) -> list[Visitor]:
        toured = {site.name: announced[site.name] for site in TOURED}
        tour = Tour(Guide(Api(url), self._screen), toured)
        tour.walk(operator["clientId"], operator["clientSecret"])
        self._screen.heading(f"Done in {monotonic() - began:.0f} s: every step went as it should")
        return tour.visitors

    def _fill(self, url: str, operator: dict[str, Any], announced: Servers) -> Kept:
        self._screen.heading("The sandbox")
        self._screen.say("Made-up resellers and customers, made through the REST API.")
        receiver = self._receive(0)
        made = filled(self._folder, url, operator, announced, receiver.url, self._screen.console)
        made.deliveries = str(self._folder / DELIVERIES)
        return made

    def _receive(self, port: int) -> Receiver:
        try:
            receiver = Receiver(self._folder / DELIVERIES, port)
        except OSError as error:
            raise Failure(f"The receiver of webhooks cannot listen on port {port}.") from error
        return self._stack.enter_context(receiver)

    def _stay(self, kept: Kept, visitors: list[Visitor]) -> None:
        """Say what there is, and wait for Ctrl-C, or for one of the processes to end."""
        kept.write(self._folder / FILE)
        self._tell(kept, visitors)
        if self._wishes.ready_file is not None:
            kept.write(self._wishes.ready_file)
        never = Event()
        try:
            while not never.wait(GLANCE_SECONDS):
                self._stage.require_alive()
        except KeyboardInterrupt:
            self._screen.say("Ending …")

    def _tell(self, kept: Kept, visitors: list[Visitor]) -> None:
        if self._wishes.as_json:
            sys.stdout.write(kept.text())
            sys.stdout.flush()
            return
        self._screen.heading("The sandbox is ready")
        for line in lines_of(kept):
            self._screen.literally(line)
        if visitors:
            names = ", ".join(f"${visitor.variable}" for visitor in visitors)
            self._screen.say(f"The tour's tokens, {names}, stand above; each lasts 15 minutes.")
        self._screen.say("Ctrl-C ends it all.")

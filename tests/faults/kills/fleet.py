"""A running stack: a simulated deployment, a home, the armed processes, and a caller."""

import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, TypeVar

import requests
from sqlalchemy import select

from gateway.cli.init import initialise
from gateway.settings import Settings, child_environment
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.storage.database import Database
from gateway.storage.tables import operations
from tests.faults.kills.orders import Orders
from tests.faults.kills.processes import Process
from tests.faults.kills.stacks import Queue, Stack
from tests.simulated import JSON, Control
from tests.world import registration

T = TypeVar("T")
PATIENCE = 30.0
GLANCE_SECONDS = 0.05
TOKEN_SECONDS = 600.0
UNHURRIED = "1000000/minute"


class Late(Exception):
    """Something did not come in time."""


class NotReached(Exception):
    """A process did not pass the point at which it was to die."""


def await_(seen: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Wait for something that other processes bring about, and return it.

    Raises:
        Late: it did not come.
    """
    end = monotonic() + seconds
    while (found := seen()) is None or found is False:
        if monotonic() > end:
            raise Late(what)
        sleep(GLANCE_SECONDS)
    return found


@dataclass
class Fleet:
    """All of it.

    Attributes:
        stack: which.
        control: of the deployment.
        orders: of all processes.
        queue: the message broker, if it is a server.
        gateways: the processes that serve.
        workers: those that track.
        urls: of the gateways.
        operator: client id and secret.
        reseller: who owns what drills make.
        deployment: the id of the deployment.
        database: its URL.
    """

    stack: Stack
    control: Control
    orders: Orders
    queue: Queue | None = None
    gateways: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    operator: tuple[str, str] = ("", "")
    reseller: str = ""
    deployment: str = ""
    database: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _token: tuple[str, float] = ("", 0.0)

    def send(
        self,
        method: str,
        path: str,
        body: JSON | None = None,
        *,
        key: str = "",
        gateway: int = 0,
        wait: int = 20,
    ) -> requests.Response:
        """Call one of the gateways as the operator, once.

        Raises:
            requests.ConnectionError: it died meanwhile, or is dead.
        """
        headers = {"Authorization": f"Bearer {self._bearer()}", "Prefer": f"wait={wait}"}
        headers |= {"Connection": "close", **({"Idempotency-Key": key} if key else {})}
        url = self.urls[gateway % len(self.urls)] + path
        return _request(method, url, headers=headers, json=body)

    def call(self, method: str, path: str, body: JSON | None = None) -> JSON:
        """Call the last gateway until it answers with a success; drills kill the first."""
        key = f"setup-{uuid.uuid4().hex}" if method == "POST" else ""

        def answered() -> requests.Response | None:
            try:
                found = self.send(method, path, body, key=key, gateway=-1)
            except requests.ConnectionError:
                self.revive()  # a killed process may take a moment to be gone
                return None
            return None if found.status_code in {409, 503} else found

        answer = await_(answered, f"{method} {path} is not answered")
        assert answer.status_code in {200, 201, 204}, answer.text
        found: JSON = answer.json() if answer.content else {}
        return found

    def every(self, path: str) -> list[JSON]:
        """Return all items of a list."""
        items, cursor = [], ""
        mark = "&" if "?" in path else "?"
        while True:
            page = self.call("GET", f"{path}{mark}limit=200{cursor}")
            items += page["items"]
            if page["nextCursor"] is None:
                return items
            cursor = f"&cursor={page['nextCursor']}"

    def locks(self) -> list[str]:
        """Return the operations that hold a lock."""
        query = select(operations.c.id).where(operations.c.lock.is_not(None))
        with closing(Database(self.database)) as database, database.read() as connection:
            return list(connection.execute(query).scalars())

    def new_archive(self, **body: Any) -> JSON:  # noqa: ANN401 - JSON
        """Make a running instance with the store Mail and the user jane."""
        whole = {
            "instanceID": f"tenant-{next(self.numbers)}",
            "displayName": "Before",
            "reseller": self.reseller,
            "archiveAdmin": True,
            "store": {"name": "Mail"},
            "users": [{"userName": "jane"}],
        }
        return self.call("POST", "/instances", whole | body)

    def revive(self) -> None:
        """Start again what is dead."""
        for number, process in enumerate(self.gateways):
            if not process.is_running:
                process.await_end()
                process.start()
                assert process.first_line()["url"] == self.urls[number]
        for process in self.workers:
            if not process.is_running:
                process.await_end()
                process.start()

    def _bearer(self) -> str:
        token, end = self._token
        if monotonic() > end:
            name, secret = self.operator
            form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
            answer = await_(lambda: _answer(f"{self.urls[-1]}/oauth/token", form), "no token")
            token = answer.json()["access_token"]
            self._token = token, monotonic() + TOKEN_SECONDS
        return token


def _request(method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - requests'
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.request(method, url, timeout=PATIENCE, **options)
        except requests.exceptions.ChunkedEncodingError as error:
            raise requests.ConnectionError(error) from error


def _answer(url: str, form: Mapping[str, str]) -> requests.Response | None:
    try:
        answer = _request("POST", url, data=form)
    except requests.ConnectionError:
        return None
    return answer if answer.status_code == requests.codes.ok else None


@contextmanager
def running(stack: Stack, **more: str) -> Iterator[Fleet]:
    """Run a stack for as long as the block lasts.

    Args:
        stack: which.
        more: settings of all its processes, beside those of every drill.
    """
    with ExitStack() as undo:
        folder = Path(undo.enter_context(TemporaryDirectory(prefix="spe-kills-")))
        ground = undo.enter_context(stack.ground())
        settings = {
            "home": str(folder / "home"),
            "client_rate": UNHURRIED,
            "reseller_rate": UNHURRIED,
            "address_rate": UNHURRIED,
            "log_level": "warning",
            "inventory_seconds": "0",
            "licence_seconds": "0",
            **ground.settings,
            **more,
        }
        simulator = undo.enter_context(Simulator("alpha", scenario=Scenario(verify_rate=1000)))
        chosen = Settings(**settings)  # type: ignore[arg-type] # as the environment
        operator = initialise(chosen)
        orders = Orders(folder / "orders")
        fleet = Fleet(stack, Control(simulator.control_url), orders, ground.queue)
        fleet.database = chosen.database
        fleet.operator = operator.client_id, operator.client_secret
        undo.callback(_stop, fleet)
        _start(fleet, folder, child_environment(**settings))
        _furnish(fleet, simulator)
        yield fleet


def _start(fleet: Fleet, folder: Path, environment: Mapping[str, str]) -> None:
    for number in range(fleet.stack.workers):
        log = folder / f"worker-{number}.log"
        process = Process(folder / "orders", ["worker"], environment, log)
        fleet.workers.append(process)
        process.start()
    for number in range(fleet.stack.gateways):
        bind, log = f"127.0.0.1:{_free_port()}", folder / f"gateway-{number}.log"
        words = ["serve", "--bind", bind, "--json", "--lifeline"]
        process = Process(folder / "orders", words, environment, log)
        fleet.gateways.append(process)
        fleet.urls.append(f"http://{bind}")
        process.start()
    for process, url in zip(fleet.gateways, fleet.urls, strict=True):
        assert process.first_line()["url"] == url


def _free_port() -> int:
    """Return a port that a gateway can have in all its lives."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _furnish(fleet: Fleet, simulator: Simulator) -> None:
    fleet.deployment = fleet.call("POST", "/deployments", registration(simulator, "alpha"))["id"]
    fleet.reseller = fleet.call("POST", "/resellers", {"name": "Acme"})["id"]


def _stop(fleet: Fleet) -> None:
    for process in (*fleet.gateways, *fleet.workers):
        process.stop()

"""Real gateways on PostgreSQL and Redis, a front that plays the proxy, and calls without end."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from tests.cli.program import Running, environment
from tests.core import until
from tests.served import UNHURRIED

ROOT = Path(__file__).parents[2]
GLANCE_SECONDS = 0.5
PAUSE_SECONDS = 0.05
DRAIN_SECONDS = 5
PATIENCE = 60
SERVE = ("serve", "--bind", "127.0.0.1:0", "--json", "--lifeline")


class NobodyListens(AssertionError):
    """No gateway takes connections."""


class Node:
    """One gateway process.

    Args:
        env: its environment.
        log: where its words go.
    """

    def __init__(self, env: dict[str, str], log: Path) -> None:
        command = [sys.executable, "-P", "-m", "gateway.cli", *SERVE]
        self.process = Running(command, env, log)
        try:
            self.url = str(self.process.first_line()["url"])
        except AssertionError:
            self.process.stop()
            raise
        self.is_ready = True

    def look(self) -> None:
        """Note whether it wants requests, as a proxy's health check does."""
        try:
            self.is_ready = requests.get(f"{self.url}/readyz", timeout=10).ok
        except requests.RequestException:
            self.is_ready = False

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        os.killpg(self.process.process.pid, signal.SIGKILL)
        self.process.stop()

    def stop(self) -> int:
        """Ask it to end as an operator does; return its status."""
        self.process.stop()
        return int(self.process.process.returncode)


@dataclass
class Cluster:
    """What a drill has.

    Attributes:
        folder: for homes and logs.
        settings: of every process.
        nodes: those that the front knows.
        failures: what was answered that should not have been.
        users: the names of those that were made.
    """

    folder: Path
    settings: dict[str, str]
    secret: dict[str, str] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    deployment: str = ""
    instance: str = ""
    calls: int = 0
    _numbers: Iterator[int] = field(default_factory=count)
    _turns: Iterator[int] = field(default_factory=count)
    _over: Event = field(default_factory=Event)

    def env(self, home: str = "home", **settings: str) -> dict[str, str]:
        """Return the environment of a process, with a home folder of its own if it has one."""
        return environment(self.folder / home, **{**self.settings, **settings})

    def start(self, home: str = "home", code: Path | None = None, **settings: str) -> Node:
        """Start a gateway and let requests come to it.

        Args:
            home: its folder of keys.
            code: where its code lies, if not here.
            settings: that differ.
        """
        env = self.env(home, **settings) | ({"PYTHONPATH": str(code)} if code else {})
        made = Node(env, self.folder / f"gateway-{next(self._numbers)}.log")
        self.nodes.append(made)
        return made

    def stop(self, node: Node) -> int:
        """Stop a gateway the way it should be, and forget it."""
        status = node.stop()
        self.nodes.remove(node)
        return status

    def restart_all(self) -> None:
        """Put a new process in the place of each, one after the other, under load."""
        for node in list(self.nodes):
            self.start()
            assert self.stop(node) == 0
        self.await_calls()

    def send(self, method: str, path: str, token: str, **options: Any) -> requests.Response:  # noqa: ANN401 # as requests has them
        """Send a call to a gateway that is ready; to another one if nobody listens there."""
        headers = {"Prefer": "wait=20", "Connection": "close", **options.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        turn, nodes = next(self._turns), list(self.nodes)
        by_turns = [nodes[(turn + place) % len(nodes)] for place in range(len(nodes))]
        for node in sorted(by_turns, key=lambda each: not each.is_ready):
            try:
                return requests.request(
                    method, node.url + path, headers=headers, timeout=PATIENCE, **options
                )
            except requests.ConnectionError as error:
                if "Connection refused" not in str(error):
                    raise
        raise NobodyListens

    def token(self) -> str:
        """Fetch a token of the operator."""
        form = {"grant_type": "client_credentials", **self.secret}
        answer = self.send("POST", "/oauth/token", "", data=form)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 # any JSON
        """Return the answer to the operator, which is a success."""
        answer = self.send(method, path, self.token(), json=body)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    @contextmanager
    def under_load(self, clients: int = 2) -> Iterator[None]:
        """Have clients call without end; at the end nothing has failed and nothing is lost."""
        self._over.clear()
        # One client makes users: two at once on one instance would rightly be told to wait.
        makes = [True, *[False] * (clients - 1)]
        threads = [Thread(target=self._client, args=(each,)) for each in makes]
        threads.append(Thread(target=self._watch))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        assert not self.failures, self.failures
        assert self.calls > 0
        found = [each["userName"] for each in self._listed()]
        assert sorted(found) == sorted(self.users)

    def await_calls(self, number: int = 20) -> None:
        """Wait until some more calls were answered."""
        before = self.calls
        until(lambda: self.calls >= before + number or self.failures)
        assert not self.failures, self.failures

    def _listed(self) -> list[dict[str, Any]]:
        found = self.call("GET", f"/instances/{self.instance}/users?limit=1000")
        return [each for each in found["items"] if each["userName"].startswith("u")]

    def _client(self, makes_users: bool) -> None:  # noqa: FBT001 # of a thread
        while not self._over.is_set():
            try:
                token = self.token()
                for method, path, body in self._round(makes_users):
                    self._sent(method, path, token, body)
                    self._over.wait(PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 # every failure is for the end
                self.failures.append(repr(error))
                return

    def _round(self, makes_users: bool) -> Iterator[tuple[str, str, object]]:  # noqa: FBT001 # likewise
        path = f"/instances/{self.instance}"
        for each in ("/me", path, f"{path}/statistics"):
            yield "GET", each, None
        if makes_users:
            name = f"u{uuid4().hex[:12]}"
            yield "POST", f"{path}/users", {"userName": name}
            self.users.append(name)

    def _sent(self, method: str, path: str, token: str, body: object) -> None:
        key = {"Idempotency-Key": uuid4().hex} if body else {}
        answer = self.send(method, path, token, json=body, headers=key)
        if not answer.ok:
            self.failures.append(f"{method} {path}: {answer.status_code} {answer.text}")
        elif answer.status_code == requests.codes.accepted:
            self._followed(answer.json()["id"], token)
        self.calls += 1

    def _followed(self, operation: str, token: str) -> None:
        """An operation whose gateway stopped ends at another one."""
        done: dict[str, Any] = {"endTime": None}
        while not done["endTime"]:
            done = self.send("GET", f"/operations/{operation}", token).json()
        if done["status"] != "succeeded":
            self.failures.append(json.dumps(done))

    def _watch(self) -> None:
        while not self._over.wait(GLANCE_SECONDS):
            for node in list(self.nodes):
                node.look()


@contextmanager
def rolling(
    folder: Path, simulator: Simulator, database_url: str, redis_url: str, **others: str
) -> Iterator[Cluster]:
    """Set a cluster up, with one gateway that runs, a deployment and an instance on it.

    Args:
        folder: for homes and logs.
        simulator: the deployment.
        database_url: of PostgreSQL; empty for SQLite, which one gateway has to itself.
        redis_url: of a Redis, or empty.
        others: settings.
    """
    settings = {
        "database_url": database_url,
        "redis_url": redis_url,
        "drain_seconds": str(DRAIN_SECONDS),
        "address_rate": UNHURRIED,
        "client_rate": UNHURRIED,
        "reseller_rate": UNHURRIED,
        "inventory_seconds": "0",
        "watch_seconds": "0",
        "webhook_networks": "127.0.0.0/8",
        **others,
    }
    home = folder / "home"
    operator = initialise(Settings(home=home, database_url=database_url))
    made = Cluster(folder, settings)
    made.secret = {"client_id": operator.client_id, "client_secret": operator.client_secret}
    with ExitStack() as undo:
        undo.callback(lambda: [node.stop() for node in made.nodes])
        made.start()
        _furnish(made, simulator)
        yield made


def _furnish(made: Cluster, simulator: Simulator) -> None:
    server = simulator.announcement()
    deployment = {
        "name": "alpha",
        "host": "127.0.0.1",
        "port": server["port"],
        "userName": server["userName"],
        "password": server["password"],
        "certificate": {"pin": server["sha256"]},
    }
    made.deployment = made.call("POST", "/deployments", deployment)["id"]
    instance = {"instanceID": "acme", "displayName": "Acme", "archiveAdmin": True}
    store = {"store": {"name": "Mail"}}
    made.call("POST", "/instances", instance | store)
    made.instance = made.call("GET", "/instances")["items"][0]["id"]


NEXT = '''"""What the next version brings."""

import sqlalchemy as sa
from alembic import op

revision = "9000"
down_revision = "{before}"
branch_labels = None
depends_on = None
oldest = "{oldest}"


def upgrade() -> None:
    op.add_column("instances", sa.Column("colour", sa.String(20), server_default="grey"))
    op.add_column("operations", sa.Column("mood", sa.String(20), nullable=True))
    op.create_table("moods", sa.Column("name", sa.String(20), primary_key=True))


def downgrade() -> None:
    """Nobody goes back."""
'''


def next_version(folder: Path, before: str, oldest: str) -> Path:
    """Copy the code, with one more migration: a version that is not written yet."""
    target = folder / f"next-{oldest}"
    shutil.copytree(
        ROOT / "gateway", target / "gateway", ignore=shutil.ignore_patterns("__pycache__")
    )
    versions = target / "gateway/storage/migrations/versions"
    (versions / "9000_next.py").write_text(NEXT.format(before=before, oldest=oldest))
    return target

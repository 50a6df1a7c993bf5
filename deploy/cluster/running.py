"""A running cluster: servers, simulated deployments, gateways, workers, and their proxy."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from deploy.cluster.ground import REDIS, ground
from deploy.cluster.processes import Member
from deploy.cluster.proxy import configuration
from deploy.servers import Haproxy, free_port, started
from gateway.cli.sandbox.control_plane import ControlPlane
from gateway.settings import child_environment

UNHURRIED: Final = "1000000/minute"
SETTINGS: Final = {
    "client_rate": UNHURRIED,
    "reseller_rate": UNHURRIED,
    "address_rate": UNHURRIED,
    "proxies": "1",
}
"""A demonstration is not to wait for limits; they are counted all the same."""

READY_WORDS: Final = "worker is ready"
LETTERS: Final = "abcdefgh"
DEPLOYMENTS: Final = ("alpha", "beta")
VERIFY_RATE: Final = 800
"""Messages that a verification takes in a second: a store of 1,249 takes a second and a half."""


@dataclass(frozen=True)
class Plan:
    """What a cluster is made of.

    Args:
        gateways: how many; each is a process of gunicorn's with threads.
        workers: how many.
        deployments: names of the simulated ones.
        queue: where the workers are told what to do: ``redis`` or ``rabbitmq``.
        settings: of all its processes, beside those that follow from the rest.
        verify_rate: messages that the simulated deployments verify in a second.
    """

    gateways: int = 2
    workers: int = 2
    deployments: Sequence[str] = DEPLOYMENTS
    queue: str = REDIS
    settings: Mapping[str, str] = field(default_factory=dict)
    verify_rate: int = VERIFY_RATE


@dataclass
class Cluster:
    """All of it.

    Args:
        folder: logs, and the home of each host.
        proxy: where clients come in.
        settings: of all processes, with the URLs of the servers.
        operator: ``clientId`` and ``clientSecret``.
        members: the processes by their names.
        urls: of the gateways by their names.
    """

    folder: Path
    proxy: Haproxy
    settings: Mapping[str, str]
    operator: Mapping[str, str] = field(default_factory=dict, repr=False)
    members: dict[str, Member] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def announcements(self) -> dict[str, dict[str, Any]]:
        """What the simulated deployments announced, by their names."""
        return {name: each.said for name, each in self.members.items() if "controlUrl" in each.said}

    @property
    def controls(self) -> dict[str, ControlPlane]:
        """The control planes of the simulated deployments, by their names."""
        said = self.announcements.items()
        return {name: ControlPlane(name, each["controlUrl"]) for name, each in said}

    def start(self, *names: str) -> None:
        """Start processes, all at once, and wait until they are ready.

        Raises:
            Failure: one did not start.
        """
        for name in names:
            self.members[name].start()
        for name in names:
            self.members[name].await_ready()

    def kill(self, *names: str) -> None:
        """Kill processes with SIGKILL, and wait until they are gone."""
        for name in names:
            self.members[name].kill()

    def require_alive(self) -> None:
        """Raise Failure if one of the processes has ended."""
        for member in self.members.values():
            member.require_alive()

    def end(self) -> None:
        """End all processes."""
        for member in self.members.values():
            member.ask_to_end()
        for member in self.members.values():
            member.end()

    @property
    def gateway_pids(self) -> list[int]:
        """The processes that serve, each with children."""
        return [self.members[name].pid for name in self.urls]


@contextmanager
def running_cluster(plan: Plan) -> Iterator[Cluster]:
    """Run a cluster for as long as the block lasts; nothing of it stays.

    Raises:
        Absent: a server is not installed, or did not start.
        Failure: a process did not start.
    """
    with ExitStack() as undo:
        folder = Path(undo.enter_context(TemporaryDirectory(prefix="spe-cluster-")))
        servers = undo.enter_context(ground(plan.queue))
        places = {_gateway(number): f"127.0.0.1:{free_port()}" for number in range(plan.gateways)}
        urls = {name: f"http://{place}" for name, place in places.items()}
        proxy = _proxy(folder, urls)
        settings = {**SETTINGS, **servers, "issuer": proxy.url, **plan.settings}
        cluster = Cluster(folder, proxy, settings, urls=urls)
        undo.callback(cluster.end)
        _set_up(cluster, plan)
        _compose(cluster, plan, places)
        cluster.start(*cluster.members)
        undo.enter_context(started(proxy))
        yield cluster


def _proxy(folder: Path, urls: Mapping[str, str]) -> Haproxy:
    port = free_port()
    return Haproxy(folder, port, configuration(port, urls))


def _set_up(cluster: Cluster, plan: Plan) -> None:
    """Set the gateway up on the first host, and give the others its master keys."""
    homes = [cluster.folder / f"host-{letter}" for letter in _letters(plan)]
    for home in homes:
        home.mkdir()
    environment = child_environment(home=str(homes[0]), **cluster.settings)
    init = Member("init", ["init"], environment, cluster.folder)
    try:
        init.start()
        init.await_ready()
    finally:
        init.end()
    cluster.operator = init.said
    for home in homes[1:]:
        shutil.copy(homes[0] / "master.keys", home)


def _compose(cluster: Cluster, plan: Plan, places: Mapping[str, str]) -> None:
    """Say what is to run: nothing is started."""
    scenario = cluster.folder / "scenario.json"
    scenario.write_text(json.dumps({"verifyRate": plan.verify_rate}))
    for name in plan.deployments:
        words = ["simulate", "--name", name, "--scenario", str(scenario), "--lifeline"]
        _add(cluster, Member(name, words, child_environment(), cluster.folder))
    for name, place in places.items():
        words = ["serve", "--bind", place, "--json", "--lifeline"]
        _add(cluster, Member(name, words, _environment(cluster, name), cluster.folder))
    for letter in LETTERS[: plan.workers]:
        name = f"worker-{letter}"
        environment = _environment(cluster, name)
        words = ["worker", "--lifeline"]
        _add(cluster, Member(name, words, environment, cluster.folder, READY_WORDS))


def _add(cluster: Cluster, member: Member) -> None:
    cluster.members[member.name] = member


def _environment(cluster: Cluster, name: str) -> Mapping[str, str]:
    """Return the environment of a process: its home is that of the host with its letter."""
    home = cluster.folder / f"host-{name[-1]}"
    return child_environment(home=str(home), **cluster.settings)


def _gateway(number: int) -> str:
    return f"gateway-{LETTERS[number]}"


def _letters(plan: Plan) -> str:
    return LETTERS[: max(plan.gateways, plan.workers)]

"""Two simulated deployments behind one gateway, three resellers on them, and who calls.

::

    root ── A ── A1
         ├─ B
         ├─ C ── C1     bound to reading, and below one that is
         └─ S ── S1     suspended, and below one that is
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from gateway.model import now
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.answers import JSON
from tests.served import CheckedClient, Served, served
from tests.simulated import GLANCE, Control

RESELLERS = {"A": "root", "A1": "A", "B": "root", "C": "root", "C1": "C", "S": "root", "S1": "S"}
"""Each with the one above it."""

HOMES = {"A": "alpha", "A1": "alpha", "B": "beta", "C1": "alpha", "S": "alpha", "S1": "alpha"}
"""Where the instances of each lie unless a test says otherwise."""

INSIDE = [
    "archive-admin:login",
    "archive-admin:read",
    "archive-admin:update",
    "instances:create",
    "instances:delete",
    "instances:operate",
    "instances:read",
    "instances:update",
    "operations:cancel",
    "operations:read",
    "resellers:create",
    "clients:create",
    "stores:create",
    "stores:delete",
    "stores:read",
    "stores:run",
    "stores:update",
    "users:admin",
    "users:create",
    "users:delete",
    "users:read",
    "users:update",
]
"""What the restricted client may do, so that only its restriction can stop it."""

PATIENCE = 10.0
"""Seconds."""

QUICK = Scenario(messages_per_store=40, verify_rate=4000.0)
"""Verifications take a hundredth of a second.

Every other command answers at once: the tests in a world count what reaches a deployment, and a
poll for each fifth command would take them several times as long. That a token makes no difference
is proved where nothing is counted, by ``tests/coverage/test_asynchronous.py``: every operation
with a seeded fifth of its commands asynchronous and an impatient caller, and every read with all
of them.
"""


def canary(owner: str) -> str:
    """Return the text that marks what belongs to an owner; it ends where names go on."""
    return f"CANARY-{owner}-"


@dataclass(frozen=True)
class Site:
    """A simulated deployment that is registered."""

    name: str
    id: str
    simulator: Simulator
    control: Control

    def journal(self) -> list[JSON]:
        """Return the journal, as the control plane does, but without a connection."""
        with self.simulator.server.deployment.clock.monitor:
            return self.simulator.application.journal.document()


@dataclass
class World:
    """What the tests act in.

    Attributes:
        served: the gateway.
        operator: a client of the root with the role operator.
        sites: the deployments by their names.
        resellers: opaque ids by letter, with ``root``.
        personas: clients by the names of the personas.
        clients: opaque ids of the API clients by the names of the personas.
        home: the instance that ``a_portal`` is restricted to.
    """

    served: Served
    operator: CheckedClient
    sites: dict[str, Site] = field(default_factory=dict)
    resellers: dict[str, str] = field(default_factory=dict)
    personas: dict[str, CheckedClient] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)
    home: JSON = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def call(self, method: str, path: str, body: JSON | None = None, status: int = 200) -> JSON:
        """Call as the operator, and return the body of the answer."""
        response = self.operator.open(path, method=method, json=body)
        assert response.status_code == status, response.text
        return response.get_json(silent=True) or {}

    def new_instance(self, owner: str, mark: str = "", **body: Any) -> JSON:  # noqa: ANN401 # JSON
        """Make an instance.

        Args:
            owner: letter of the reseller.
            mark: whose canaries its texts hold; by default the owner's.
            body: members of the request.
        """
        sign = canary(mark or owner)
        number = next(self.numbers)
        whole = {
            "instanceID": f"tenant-{number}",
            "displayName": f"{sign}{number}",
            "externalId": f"{sign}external",
            "labels": {"owner": f"{sign}label"},
            "reseller": self.resellers[owner],
            "deployment": self.sites[HOMES[owner]].id,
        }
        return self.call("POST", "/instances", whole | body, 201)

    def new_archive(self, owner: str, mark: str = "") -> JSON:
        """Make an instance that the provider may look into, with a store and the user jane."""
        sign = canary(mark or owner)
        return self.new_instance(
            owner,
            mark,
            archiveAdmin=True,
            store={"name": f"{sign}store"},
            users=[{"userName": "jane", "fullName": f"{sign}jane"}],
        )

    def new_client(self, owner: str, **body: Any) -> JSON:  # noqa: ANN401 # JSON
        """Make an API client."""
        whole = {"name": f"{canary(owner)}client", "reseller": self.resellers[owner], **body}
        return self.call("POST", "/clients", whole, 201)

    def new_reseller(self, parent: str, name: str = "") -> JSON:
        """Make a reseller below another."""
        body = {"name": f"{canary(name or parent)}reseller", "parent": self.resellers[parent]}
        return self.call("POST", "/resellers", body, 201)

    def forget(self) -> None:
        """Empty the journals."""
        for site in self.sites.values():
            with site.simulator.server.deployment.clock.monitor:
                site.simulator.application.journal.clear()

    def journal(self) -> list[JSON]:
        """Return what the deployments were sent since the journals were emptied."""
        return [entry for site in self.sites.values() for entry in site.journal()]

    def changes(self) -> list[JSON]:
        """Return what was sent to change something, of whatever success."""
        return [entry for entry in self.journal() if entry["effect"] != "read" or entry["changed"]]

    def release(self) -> None:
        """Let go on what the deployments hold."""
        for site in self.sites.values():
            site.control.resume()

    def await_command(self, command: str) -> None:
        """Wait until the tracker has sent a command and had an answer."""
        end = monotonic() + PATIENCE
        while (command, True) not in {
            (each["command"], each["status"] is not None) for each in self.journal()
        }:
            assert monotonic() < end, f"{command} was not sent"
            sleep(GLANCE)

    def sent(self) -> list[str]:
        """Return the names of the commands that were sent."""
        return [entry["command"] for entry in self.journal()]


@contextmanager
def world(
    home: Path,
    sites: Sequence[str] = ("alpha", "beta"),
    **settings: Any,  # noqa: ANN401 # as Settings takes them
) -> Iterator[World]:
    """Build a world in an empty folder."""
    with ExitStack() as stack:
        gateway = stack.enter_context(served(home, **settings))
        operator = gateway.log_in(gateway.operator.client_id, gateway.operator.client_secret)
        made = World(gateway, operator)
        for name in sites:
            simulator = stack.enter_context(Simulator(name, scenario=QUICK))
            made.sites[name] = _registered(made, simulator, name)
        _people(made)
        made.forget()
        yield made


def registration(simulator: Simulator, name: str, host: str = "127.0.0.1") -> JSON:
    """Return the body that registers a simulator."""
    announced = simulator.announcement()
    return {
        "name": name,
        "host": host,
        "port": announced["port"],
        "userName": announced["userName"],
        "password": announced["password"],
        "certificate": {"pin": announced["sha256"]},
        "instanceUrl": "https://archive.example.com",
    }


def _registered(made: World, simulator: Simulator, name: str) -> Site:
    body = registration(simulator, f"{canary('root')}{name}")
    found = made.call("POST", "/deployments", body, 201)
    return Site(name, found["id"], simulator, Control(simulator.control_url))


def _people(made: World) -> None:
    me = made.call("GET", "/me")
    made.resellers["root"] = me["reseller"]
    made.clients["operator"] = me["client"]
    for name, parent in RESELLERS.items():
        made.resellers[name] = made.new_reseller(parent, name)["id"]
    made.home = made.new_archive("A", "portal")
    made.personas = {"operator": made.operator}
    grants: Mapping[str, tuple[str, JSON]] = {
        "root_reader": ("root", {"roles": ["read-only"]}),
        "a_admin": ("A", {"roles": ["reseller-admin"]}),
        "a_reader": ("A", {"roles": ["read-only"]}),
        "a_support": ("A", {"roles": ["support"]}),
        "a_billing": ("A", {"roles": ["billing"]}),
        "a_portal": ("A", {"permissions": INSIDE, "instances": [made.home["id"]]}),
        "a1_admin": ("A1", {"roles": ["reseller-admin"]}),
        "b_admin": ("B", {"roles": ["reseller-admin"]}),
        "bounded": ("C1", {"roles": ["reseller-admin"]}),
        "suspended": ("S", {"roles": ["reseller-admin"]}),
        "below_suspended": ("S1", {"roles": ["reseller-admin"]}),
        "disabled": ("A", {"roles": ["reseller-admin"]}),
        "expired": ("A", {"roles": ["reseller-admin"]}),
        "revoked": ("A", {"roles": ["reseller-admin"]}),
    }
    for name, (owner, grant) in grants.items():
        client = made.new_client(owner, **grant)
        made.clients[name] = client["id"]
        made.personas[name] = made.served.log_in(client["clientId"], client["clientSecret"])
    _end_some(made)
    made.personas["anonymous"] = made.served.client()
    made.personas["garbage"] = made.served.client("eyJhbGciOiJub25lIn0.e30.AAAA")


def _end_some(made: World) -> None:
    """Take away what some clients, which have their tokens by now, need to be let in or to act."""
    past = (now() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made.call("PATCH", f"/clients/{made.clients['disabled']}", {"disabled": True})
    made.call("PATCH", f"/clients/{made.clients['expired']}", {"expireTime": past})
    made.call("DELETE", f"/clients/{made.clients['revoked']}", status=204)
    made.call("PATCH", f"/resellers/{made.resellers['C']}", {"roles": ["read-only"]})
    made.call("POST", f"/resellers/{made.resellers['S']}/suspend")

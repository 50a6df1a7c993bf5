"""The resellers of a drill with their clients and webhooks: the root, A, A1 below A, and B."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from gateway.storage.database import Database
from gateway.storage.tables import resellers
from tests.faults.events.people import Person
from tests.faults.events.receivers import Receiver
from tests.faults.kills.fleet import Fleet
from tests.simulated import JSON

PARENTS = {"A": "root", "A1": "A", "B": "root"}
NAMES = ("root", *PARENTS)
WEIGHTS = {"root": 1, "A": 3, "A1": 3, "B": 3}
"""How much happens to each."""

TYPES: Mapping[str, list[str] | None] = {
    "root": ["deployment.*", "reseller.*"],
    "A": None,
    "A1": ["instance.*", "reseller.*"],
    "B": ["instance.*", "operation.*", "reseller.suspended"],
}
"""What their webhooks want."""

LEAVES = 3
"""Resellers below each, which are suspended and resumed."""


@dataclass
class Webhook:
    """A webhook with its receiver.

    Attributes:
        owner: name of the reseller.
        known: as it was made.
        receiver: hears what is sent.
    """

    owner: str
    known: JSON
    receiver: Receiver


@dataclass
class House:
    """All of them.

    Attributes:
        fleet: the stack.
        ids: of the resellers, by name.
        paths: by the ids of all resellers, leaves included.
        people: clients by the names of their resellers.
        leaves: ids by the names of the resellers above.
        webhooks: one for each reseller.
    """

    fleet: Fleet
    ids: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    leaves: dict[str, list[str]] = field(default_factory=dict)
    webhooks: list[Webhook] = field(default_factory=list)

    @property
    def path(self) -> dict[str, str]:
        """The paths by name."""
        return {name: self.paths[each] for name, each in self.ids.items()}


@contextmanager
def furnished(fleet: Fleet, folder: Path, seed: int) -> Iterator[House]:
    """Make everybody; the receivers run for as long as the block lasts."""
    house = House(fleet)
    house.ids["root"] = fleet.call("GET", "/me")["reseller"]
    for name, parent in PARENTS.items():
        house.ids[name] = _made(fleet, name, house.ids[parent])
        house.leaves[name] = [_made(fleet, f"{name}-{n}", house.ids[name]) for n in range(LEAVES)]
    with closing(Database(fleet.database)) as database, database.read() as connection:
        house.paths = dict(connection.execute(select(resellers.c.id, resellers.c.path)).all())  # type: ignore[arg-type] # two columns
    for number, name in enumerate(NAMES):
        client = fleet.operator if name == "root" else _client(fleet, house.ids[name])
        house.people[name] = Person(fleet, client, seed + number)
    try:
        for name in NAMES:
            house.webhooks.append(_webhook(house, folder, name))
        yield house
    finally:
        for webhook in house.webhooks:
            webhook.receiver.kill()


def _made(fleet: Fleet, name: str, parent: str) -> str:
    return str(fleet.call("POST", "/resellers", {"name": name, "parent": parent})["id"])


def _client(fleet: Fleet, reseller: str) -> tuple[str, str]:
    body = {"name": "Shop", "reseller": reseller, "roles": ["reseller-admin"]}
    made = fleet.call("POST", "/clients", body)
    return made["clientId"], made["clientSecret"]


def _webhook(house: House, folder: Path, name: str) -> Webhook:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    body: JSON = {"name": name, "url": f"http://127.0.0.1:{port}/"}
    if TYPES[name] is not None:
        body["types"] = TYPES[name]
    made = house.people[name].call("POST", "/webhooks", body)
    assert made.status_code == 201, made.text
    receiver = Receiver(folder, name, port, made.json()["secret"])
    receiver.start()
    return Webhook(name, made.json(), receiver)

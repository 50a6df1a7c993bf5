"""A deployment whose lists a test writes, and what the gateway makes of them."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from gateway.broker.engine.reader import Reader, Rows
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.errors import CommandFailed
from gateway.model import Instance, InstanceStatus
from gateway.spe.command import Command
from gateway.storage import hosts, instances, inventories, sightings, unowned
from gateway.storage.hosts import Host
from gateway.storage.inventories import Inventory
from gateway.storage.sightings import Drifts
from gateway.storage.unowned import Unowned
from tests.core import Core, add_instance

HOST = {"serverName": "alpha-host1", "port": 8472, "baseDirectory": "D:\\MailStore\\Instances"}


class Lister(Reader):
    """A deployment that lists what a test says."""

    def __init__(self) -> None:
        self.instances: Rows = []
        self.hosts: Rows = [dict(HOST)]
        self.directories: dict[str, str] = {}
        self.problem: Exception | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.asked: list[str] = []

    def discover(self, deployment: str) -> Rows:
        """Answer with the instances as they are now; something may happen before it arrives."""
        self.asked.append(deployment)
        if self.problem is not None:
            raise self.problem
        found = deepcopy(self.instances)
        self.meanwhile()
        return found

    def rows(self, deployment: str, command: Command, instance: Instance | None = None) -> Rows:
        """Answer with the hosts."""
        del deployment, command, instance
        return deepcopy(self.hosts)

    def record(self, deployment: str, command: Command, instance: Instance) -> dict[str, Any]:
        """Answer with the directory of an instance, if it tells one."""
        del command
        self.asked.append(instance.instance_id)
        if instance.instance_id not in self.directories:
            raise CommandFailed("The instance is not there.", deployment=deployment)
        return {"baseDirectory": self.directories[instance.instance_id]}


@dataclass
class Scene:
    """One deployment and the read model of it."""

    core: Core
    lister: Lister = field(default_factory=Lister)

    def __post_init__(self) -> None:
        self.synchronisation = Synchronisation(self.core.database, self.lister)
        self.deployment = self.core.deployment

    # what there is

    def owned(self, name: str, status: InstanceStatus = InstanceStatus.ACTIVE) -> Instance:
        """Make an instance of ours."""
        made = self.core.new_instance(name)
        with self.core.database.write() as connection:
            add_instance(connection, made)
            instances.change(connection, made.id, {"status": status})
        return self.core.instance(made.id)

    def lists(self, *found: Instance | Mapping[str, Any]) -> None:
        """Let the deployment list instances of ours as we know them, and rows as they are."""
        self.lister.instances = [
            row_of(each) if isinstance(each, Instance) else dict(each) for each in found
        ]

    def change(self, instance: Instance, **values: object) -> None:
        """Change the row of an instance as an operation would."""
        with self.core.database.write() as connection:
            instances.change(connection, instance.id, values)

    # what becomes of it

    def refresh(self) -> Inventory:
        """Synchronise."""
        return self.synchronisation.refresh(self.deployment)

    def now(self, instance: Instance) -> Instance:
        """Return an instance's row."""
        return self.core.instance(instance.id)

    def status(self, instance: Instance) -> object:
        """Return what was seen of an instance."""
        return self.now(instance).observed.get("status")

    def state(self) -> Inventory | None:
        """Return what is kept of the last list."""
        with self.core.database.read() as connection:
            return inventories.find(connection, self.deployment)

    def strangers(self) -> dict[str, Unowned]:
        """Return the unowned rows by the names of the instances."""
        with self.core.database.read() as connection:
            return unowned.of(connection, self.deployment)

    def hosts(self) -> list[Host]:
        """Return the hosts."""
        with self.core.database.read() as connection:
            return list(hosts.of(connection, self.deployment))

    def drifts(self) -> Drifts:
        """Return how many instances are not as we know them."""
        with self.core.database.read() as connection:
            return sightings.drifts(connection, [self.deployment]).get(self.deployment, Drifts())


def row_of(known: Instance, **values: object) -> dict[str, Any]:
    """Return SPE's row of an instance that is as we know it."""
    return {
        "instanceID": known.instance_id,
        "alias": known.alias,
        "displayName": known.display_name,
        "instanceHost": known.instance_host,
        "startMode": "automatic",
        "processID": 4711,
        "status": "running",
        "startStopError": None,
        **values,
    }


def row(name: str, **values: object) -> dict[str, Any]:
    """Return SPE's row of an instance that nobody knows."""
    whole = {"instanceID": name, "alias": None, "displayName": name, "status": "running"}
    return {**whole, "instanceHost": "alpha-host1", **values}

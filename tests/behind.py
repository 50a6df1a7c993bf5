"""What people do at a deployment itself, past the gateway."""

from typing import Any

from gateway.broker.engine.reader import Reader
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.factory import Gateway
from gateway.simulator.server import Simulator
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client, Endpoint
from gateway.storage import resellers
from gateway.storage.inventories import Inventory
from tests.core import add_instance, fresh_instance
from tests.simulated import JSON
from tests.world import Site, World


class Console:
    """SPE's own administration: any command, and no gateway.

    Args:
        simulator: the deployment.
    """

    def __init__(self, simulator: Simulator) -> None:
        said = simulator.announcement()
        address = ("127.0.0.1", said["port"], said["userName"], said["password"], said["sha256"])
        self._client = Client(Endpoint("console", *address))
        self._host = f"{simulator.server.deployment.name}-host1"

    def run(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 # JSON
        """Carry a command out, and return what it answers."""
        status = self._client.invoke(COMMANDS[command], arguments)
        assert status.succeeded, status
        return status.result

    def create(self, name: str, **config: Any) -> None:  # noqa: ANN401 # JSON
        """Make an instance."""
        whole = {"instanceID": name, "displayName": name, "instanceHost": self._host, **config}
        self.run("CreateInstance", config=whole)

    def configuration(self, name: str) -> JSON:
        """Return the configuration of an instance."""
        return dict(self.run("GetInstanceConfiguration", instanceID=name))

    def change(self, name: str, **config: Any) -> None:  # noqa: ANN401 # JSON
        """Stop an instance, and change its configuration."""
        self.run("StopInstances", instanceFilter=name)
        self.run("SetInstanceConfiguration", config={**self.configuration(name), **config})

    def delete(self, name: str) -> None:
        """Remove an instance; its data stays."""
        self.run("StopInstances", instanceFilter=name)
        self.run("DeleteInstances", instanceFilter=name)

    def rename(self, name: str, to: str) -> None:
        """Make an instance anew under another id, in the same directory."""
        config = self.configuration(name)
        self.delete(name)
        self.run("CreateInstance", config={**config, "instanceID": to})


def refreshed(world: World, site: Site) -> Inventory:
    """Have the gateway look at a deployment, and return the state of what it knows of it."""
    return look(world.served.gateway, site.id)


def look(gateway: Gateway, deployment: str) -> Inventory:
    """Have a gateway look at a deployment."""
    reader = Reader(gateway.connections)
    return Synchronisation(gateway.services.database, reader).refresh(deployment)


def strange(world: World, site: Site, name: str, **config: Any) -> str:  # noqa: ANN401 # JSON
    """Make an instance past the gateway, let it be found, and return its opaque id."""
    Console(site.simulator).create(name, **config)
    refreshed(world, site)
    return found(world, site)[name]["id"]


def found(world: World, site: Site) -> dict[str, JSON]:
    """Return what nobody owns on a deployment, by the names that SPE knows."""
    page = world.call("GET", f"/inventory/unowned?deployment={site.id}&limit=500")
    return {each["instanceID"]: each for each in page["items"]}


def vanish(world: World, deployment: str, number: int) -> list[str]:
    """Know instances of the root's that a deployment does not have; return their opaque ids."""
    database = world.served.gateway.services.database
    with database.write() as connection:
        owner = resellers.root(connection)
        assert owner is not None
        made = [
            fresh_instance(f"gone-{next(world.numbers)}", deployment, owner, "host1")
            for _ in range(number)
        ]
        for one in made:
            add_instance(connection, one)
    return [one.id for one in made]

"""Random trees of resellers with what belongs to them, and who is reached from where."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert

from gateway.model import (
    Client,
    Instance,
    InstanceStatus,
    Operation,
    Reach,
    Reseller,
    Step,
    now,
)
from gateway.storage import clients, instances, operations, resellers
from gateway.storage.tables import deployments, metadata
from gateway.storage.vault import Vault


@dataclass(frozen=True)
class Tree:
    """Resellers by their paths, and one instance, operation and client for each.

    Attributes:
        parents: of each reseller the number of the one above; the first has none.
        names: what the ids of the resellers end with; one may begin like another.
    """

    parents: tuple[int, ...]
    names: tuple[str, ...]

    def path(self, number: int) -> str:
        """Return the path of a reseller."""
        above = "/" if number == 0 else self.path(self.parents[number])
        return f"{above}res_{self.names[number]}/"

    def below(self, number: int) -> set[int]:
        """Return the numbers of a reseller and of those below it, by the parents alone."""
        found = {number}
        for other in range(number + 1, len(self.parents)):
            if self.parents[other] in found:
                found.add(other)
        return found


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Draw a tree whose ids are as alike as ids can be."""
    size = draw(st.integers(1, 7))
    parents = tuple(draw(st.integers(0, max(0, number - 1))) for number in range(size))
    texts = st.text("a_%1", min_size=1, max_size=3)
    names = draw(st.lists(texts, min_size=size, max_size=size, unique=True))
    return Tree(parents, tuple(names))


@st.composite
def reaches(draw: st.DrawFn, tree: Tree) -> tuple[Reach, set[int]]:
    """Draw what a caller reaches, and the numbers that are within it."""
    number = draw(st.integers(0, len(tree.parents) - 1))
    inside = tree.below(number)
    only = draw(st.none() | st.sets(st.sampled_from(range(len(tree.parents)))))
    if only is None:
        return Reach(tree.path(number)), inside
    chosen = frozenset(f"ins_{tree.names[one]}" for one in only)
    return Reach(tree.path(number), chosen), inside & only


def plant(connection: Connection, tree: Tree, vault: Vault) -> None:
    """Replace everything in the database by a tree."""
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))
    _plant_deployment(connection)
    for number, name in enumerate(tree.names):
        path = tree.path(number)
        above = f"res_{tree.names[tree.parents[number]]}" if number else None
        owner = Reseller(f"res_{name}", name, path, above, None, None, now(), now())
        resellers.add(connection, owner)
        instances.add(connection, planted_instance(name, owner))
        operations.add(connection, planted_operation(name, owner), vault, "owner")
        clients.add(connection, _client(name, owner))


def _plant_deployment(connection: Connection) -> None:
    words = dict.fromkeys(("name", "host", "user_name", "password"), "alpha")
    rest = {"port": 8474, "labels": {}, "commands": {}, "cordoned": False, "revision": 1}
    times = {"create_time": now(), "update_time": now()}
    connection.execute(insert(deployments).values(id="dep_1", **words, **rest, **times))


def planted_instance(name: str, owner: Reseller) -> Instance:
    """Make an instance of an owner."""
    return Instance(
        id=f"ins_{name}",
        instance_id="acme",
        deployment="dep_1",
        reseller=owner.id,
        reseller_path=owner.path,
        display_name=name,
        alias=None,
        external_id="same",
        labels={},
        instance_host="host",
        base_directory="D:\\",
        status=InstanceStatus.ACTIVE,
        create_time=now(),
        update_time=now(),
    )


def planted_operation(name: str, owner: Reseller) -> Operation:
    """Make an operation of an owner that has not ended."""
    return Operation(
        id=f"op_{name}",
        kind="test",
        reseller=owner.id,
        reseller_path=owner.path,
        client="cli_1",
        deployment="dep_1",
        instance=f"ins_{name}",
        on_behalf_of=None,
        request_id="req",
        steps=[Step("Ping", {})],
        deadline=now() + timedelta(hours=1),
    )


def _client(name: str, owner: Reseller) -> Client:
    return Client(
        id=f"cli_{name}",
        name=name,
        reseller=owner.id,
        reseller_path=owner.path,
        roles=(),
        permissions=(),
        instances=None,
        disabled=False,
        expire_time=None,
        create_time=now(),
        update_time=now(),
    )

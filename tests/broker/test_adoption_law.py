"""Whatever is done past the gateway and through it, an id stays with its owner (law 3)."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

import pytest
from sqlalchemy import select

from gateway.broker.engine.reader import Reader
from gateway.broker.inventory.adoption import Adoption, NewOwner
from gateway.broker.inventory.inspection import Inspection
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.broker.transfers import Transfers
from gateway.errors import Conflict
from gateway.model import Instance
from gateway.simulator.server import Simulator
from gateway.storage import instances, unowned
from gateway.storage.tables import names
from gateway.storage.unowned import Unowned
from tests.behind import Console
from tests.core import Core

NAMES = ("acme", "bravo", "delta", "echo")
HOME = "D:\\MailStore\\Instances\\"
STEPS = 150
OFTEN = {"make": 2, "look": 2, "adopt": 3, "release": 2}
DEEDS = [
    deed
    for deed in ("make", "remove", "rename", "look", "adopt", "release", "transfer")
    for _ in range(OFTEN.get(deed, 1))
]
T = TypeVar("T")


class Walk:
    """Random deeds on both sides, beside a model of whose each id and each archive was last.

    Args:
        core: the gateway.
        simulator: its deployment.
        draw: decides what is done.
    """

    def __init__(self, core: Core, simulator: Simulator, draw: Random) -> None:
        self.core, self.draw = core, draw
        self.console = Console(simulator)
        reader = Reader(core.connections)
        self.sync = Synchronisation(core.database, reader)
        self.adoption = Adoption(core.broker, Inspection(reader))
        self.transfers = Transfers(core.broker)
        self.owners = [core.reseller(name).id for name in ("Alice", "Bob")]
        self.ids: dict[str, str] = {}
        self.archives: dict[str, str] = {}
        self.upstream: dict[str, str] = {}
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """Do something, and look whether all holds."""
        getattr(self, self.draw.choice(DEEDS))()
        owned, free = self.live(), self.free()
        assert len({one.instance_id for one in (*owned, *free)}) == len(owned) + len(free)
        with self.core.database.read() as connection:
            rows = {row.name: row.reseller for row in connection.execute(select(names))}
        assert rows == self.ids
        assert {one.instance_id: one.reseller for one in owned}.items() <= rows.items()

    # past the gateway

    def make(self) -> None:
        """Make an instance that is not there, where no archive is in use."""
        name = self.draw.choice(NAMES)
        if name not in self.upstream and HOME + name not in self.upstream.values():
            self.console.create(name)
            self.upstream[name] = HOME + name

    def remove(self) -> None:
        """Remove an instance."""
        if self.upstream:
            name = self.draw.choice(sorted(self.upstream))
            self.console.delete(name)
            del self.upstream[name]

    def rename(self) -> None:
        """Give an archive another id."""
        to = self.draw.choice(NAMES)
        if self.upstream and to not in self.upstream:
            name = self.draw.choice(sorted(self.upstream))
            self.console.rename(name, to)
            self.upstream[to] = self.upstream.pop(name)

    # through the gateway

    def look(self) -> None:
        """Look at the deployment: everything there has an owner or none."""
        state = self.sync.refresh(self.core.deployment)
        known = {one.instance_id for one in (*self.live(), *self.free())}
        assert state.doubt is not None or set(self.upstream) <= known

    def adopt(self) -> None:
        """Try to adopt something: it is done exactly if the model allows it."""
        found, reseller = self.picked(self.free()), self.draw.choice(self.owners)
        if found is None:
            return
        place = self.upstream.get(found.instance_id, "")
        last = {self.ids.get(found.instance_id, reseller), self.archives.get(place, reseller)}
        in_use = place in {one.base_directory for one in self.live()}
        may = place != "" and last == {reseller} and not in_use
        assert self.is_adopted(found.id, reseller) is may, found
        if may:
            self.ids[found.instance_id] = self.archives[place] = reseller

    def is_adopted(self, opaque: str, reseller: str) -> bool:
        """Try an adoption, and count how it ended."""
        try:
            self.adoption.adopt(self.core.caller("adoptInstance"), opaque, NewOwner(reseller))
        except Conflict as error:
            self.done[error.code] += 1
            return False
        self.done["adopted"] += 1
        return True

    def release(self) -> None:
        """Let an instance go."""
        one = self.picked(self.live())
        if one is not None:
            caller = self.core.caller("releaseInstance")
            self.adoption.release(caller, one.id, one.instance_id)
            self.done["released"] += 1

    def transfer(self) -> None:
        """Give an instance to the other reseller, with its id and its archive."""
        one = self.picked(self.live())
        if one is not None:
            to = next(owner for owner in self.owners if owner != one.reseller)
            self.transfers.transfer(self.core.caller("transferInstance"), one.id, to)
            self.ids[one.instance_id] = self.archives[one.base_directory] = to

    def picked(self, rows: Sequence[T]) -> T | None:
        """Return one of some rows; None where there are none."""
        return self.draw.choice(rows) if rows else None

    def live(self) -> Sequence[Instance]:
        """Return the instances that have an owner."""
        with self.core.database.read() as connection:
            return instances.present_on(connection, self.core.deployment)

    def free(self) -> Sequence[Unowned]:
        """Return what is known to have none."""
        with self.core.database.read() as connection:
            return unowned.page(connection, "", 100)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_id_and_an_archive_never_go_to_another_reseller(
    core: Core, simulator: Simulator, seed: int
) -> None:
    walk = Walk(core, simulator, Random(seed))  # noqa: S311 - a seeded walk, no secret
    for _ in range(STEPS):
        walk.step()
    assert min(walk.done[each] for each in ("adopted", "released", "NAME_TAKEN")) > 0, walk.done

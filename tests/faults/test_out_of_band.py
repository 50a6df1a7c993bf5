"""What is done at a deployment past the gateway is seen, and nobody's instance changes hands (F26).

Instances are made, renamed, deleted, moved and given another alias in SPE itself.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.answers import JSON
from tests.behind import Console, found, refreshed
from tests.served import assert_problem
from tests.world import Site, World


class Scene:
    """A deployment with an instance of A's and one of B's.

    Args:
        world: where.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.site: Site = world.sites["alpha"]
        self.console = Console(self.site.simulator)
        self.mine = world.new_instance("A", deployment=self.site.id, start=False)
        self.theirs = world.new_instance("B", deployment=self.site.id, start=False)

    @property
    def name(self) -> str:
        """SPE's own id of A's."""
        return str(self.mine["instanceID"])

    def free(self) -> str:
        """Return a name that nobody had."""
        return f"free-{next(self.world.numbers)}"

    def owners(self) -> dict[str, str]:
        """Return whose each instance is, by its opaque id."""
        items = self.world.call("GET", "/instances?limit=500")["items"]
        return {each["id"]: each["reseller"] for each in items}

    def drift(self) -> JSON | None:
        """Return what differs of A's."""
        items = self.world.call("GET", "/instances?limit=500")["items"]
        return next(each["drift"] for each in items if each["id"] == self.mine["id"])


@pytest.fixture
def scene(own_world: World) -> Iterator[Scene]:
    made = Scene(own_world)
    refreshed(own_world, made.site)
    yield made
    for name in made.site.control.state()["instances"]:
        made.console.delete(name)
    for each in own_world.call("GET", "/instances?limit=500")["items"]:
        if each["deployment"] == made.site.id and each["status"] != "failed":
            body = {"instanceID": each["instanceID"]}
            own_world.call("POST", f"/inventory/{each['id']}/release", body)
    refreshed(own_world, made.site)


def created(scene: Scene) -> None:
    scene.console.create("made-behind")


def renamed(scene: Scene) -> None:
    scene.console.rename(scene.name, "renamed-behind")


def deleted(scene: Scene) -> None:
    scene.console.delete(scene.name)


def moved(scene: Scene) -> None:
    here = scene.mine["instanceHost"]
    there = "alpha-host2" if here == "alpha-host1" else "alpha-host1"
    scene.console.change(scene.name, instanceHost=there)


def realiased(scene: Scene) -> None:
    scene.console.change(scene.name, alias="alias-behind")


def stolen_alias(scene: Scene) -> None:
    """Give an instance of B's the id of A's as its alias, once A's is gone."""
    scene.console.delete(scene.name)
    scene.console.change(scene.theirs["instanceID"], alias=scene.name)


def made_anew(scene: Scene) -> None:
    """Remove an instance, and make another under its id, with another archive."""
    scene.console.delete(scene.name)
    scene.console.create(scene.name, baseDirectory="D:\\Elsewhere\\acme")


DEEDS: dict[Callable[[Scene], None], tuple[set[str], set[str]]] = {
    created: ({"made-behind"}, set()),
    renamed: ({"renamed-behind"}, {"missing"}),
    deleted: (set(), {"missing"}),
    moved: (set(), {"instanceHost"}),
    realiased: (set(), {"alias"}),
    stolen_alias: (set(), {"missing"}),
    made_anew: (set(), {"displayName"}),
}
"""What is found without an owner afterwards, and what differs of A's instance."""


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_it_is_seen_and_nobodys_instance_changes_hands(
    scene: Scene, deed: Callable[[Scene], None]
) -> None:
    strangers, differences = DEEDS[deed]
    before = scene.owners()
    deed(scene)
    refreshed(scene.world, scene.site)

    assert set(found(scene.world, scene.site)) == strangers
    assert set(scene.drift() or ()) == differences
    assert scene.owners() == before
    assert scene.owners()[scene.mine["id"]] == scene.world.resellers["A"]
    refreshed(scene.world, scene.site)
    assert set(found(scene.world, scene.site)) == strangers
    assert scene.owners() == before


def test_what_is_undone_is_no_drift_any_more(scene: Scene) -> None:
    realiased(scene)
    refreshed(scene.world, scene.site)
    assert scene.drift() is not None
    scene.console.change(scene.name, alias="")
    refreshed(scene.world, scene.site)
    assert scene.drift() is None


CALLS = (
    ("POST", "/start", {}),
    ("POST", "/stop", None),
    ("POST", "/restart", None),
    ("PATCH", "", {"displayName": "Other"}),
    ("GET", "/stores", None),
    ("GET", "/users", None),
    ("GET", "/statistics", None),
    ("DELETE", "", None),
)


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=str)
def test_work_on_a_missing_instance_says_that_it_is_missing(
    scene: Scene, method: str, path: str, body: JSON | None
) -> None:
    deleted(scene)
    refreshed(scene.world, scene.site)
    scene.world.forget()
    owner = scene.world.personas["a_admin"]
    answer = owner.open(f"/instances/{scene.mine['id']}{path}", method=method, json=body)
    problem = assert_problem(answer, 409, "INSTANCE_MISSING")
    assert "operator" in problem["detail"]
    changed = [entry["command"] for entry in scene.world.journal() if entry["changed"]]
    assert changed == []
    shown = owner.get(f"/instances/{scene.mine['id']}").json
    assert shown["status"] == "missing"


def test_an_alias_that_was_taken_in_spe_gives_its_owner_nothing(scene: Scene) -> None:
    """B's instance answers to the id of A's now; calls of A's reach it no more than before."""
    stolen_alias(scene)
    refreshed(scene.world, scene.site)
    scene.world.forget()
    answer = scene.world.personas["a_admin"].post(f"/instances/{scene.mine['id']}/start", json={})
    assert answer.status_code == 409, answer.text
    state = scene.site.control.state()["instances"]
    assert state[scene.theirs["instanceID"]]["status"] == "stopped"


def test_what_was_missing_and_is_released_is_its_owners_when_it_comes_back(scene: Scene) -> None:
    config = scene.console.configuration(scene.name)
    deleted(scene)
    refreshed(scene.world, scene.site)
    body = {"instanceID": scene.name}
    scene.world.call("POST", f"/inventory/{scene.mine['id']}/release", body)
    scene.console.run("CreateInstance", config=config)
    refreshed(scene.world, scene.site)
    stranger = found(scene.world, scene.site)[scene.name]
    assert stranger["formerReseller"] == scene.world.resellers["A"]
    for owner, status in (("B", 409), ("A", 201)):
        reseller = {"reseller": scene.world.resellers[owner]}
        scene.world.call("POST", f"/inventory/{stranger['id']}/adopt", reseller, status)


def test_the_creation_of_what_is_there_already_takes_nothing_over(scene: Scene) -> None:
    """A caller that guesses the id of an instance that nobody owns does not get it."""
    name = scene.free()
    scene.console.create(name)
    config = scene.console.configuration(name)
    body = {"instanceID": name, "displayName": "Theft", "deployment": scene.site.id}
    answer = scene.world.personas["a_admin"].post("/instances", json=body)
    assert_problem(answer, 409, "NAME_TAKEN")
    assert scene.console.configuration(name) == config
    refreshed(scene.world, scene.site)
    stranger = found(scene.world, scene.site)[name]
    assert stranger["formerReseller"] is None

"""The same id on two deployments is two instances: a thousand calls land where they belong (T7)."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.answers import JSON
from tests.world import Site, World

CALLS = 1000
SEED = 20261121
NAME = "acme"
OWNERS = {"alpha": "A", "beta": "B"}
PERSONAS = ("operator", "{}_admin")
"""Operators reach both; an owner's client its own alone."""


@pytest.fixture(scope="module")
def twins(own_world: World) -> dict[str, JSON]:
    """An instance of the same id on each deployment, told apart by what is in it."""
    return {
        name: own_world.new_instance(
            OWNERS[name],
            instanceID=NAME,
            deployment=own_world.sites[name].id,
            archiveAdmin=True,
            store={"name": f"store-{name}"},
            users=[{"userName": f"user-{name}"}],
        )
        for name in OWNERS
    }


Deed = tuple[str, str, Callable[[Random], JSON | None], str]
DEEDS: tuple[Deed, ...] = (
    ("GET", "", lambda _: None, "GetInstances"),
    ("GET", "/stores", lambda _: None, "GetStores"),
    ("GET", "/users", lambda _: None, "GetUsers"),
    ("GET", "/archive-admin", lambda _: None, "GetArchiveAdminEnabled"),
    ("PATCH", "/stores/1", lambda draw: {"name": f"s{draw.random()}"}, "RenameStore"),
    ("PATCH", "/users/{}", lambda draw: {"fullName": f"n{draw.random()}"}, "SetUserFullName"),
    ("POST", "/freeze", lambda _: None, "FreezeInstances"),
    ("POST", "/thaw", lambda _: None, "ThawInstances"),
)
"""Method, path, body, and the command that must arrive; a thaw follows a freeze."""


OFTEN = (1, 6, 6, 6, 1, 1, 1)
"""Of those that need no frozen instance, in their order."""


def plan() -> Iterator[tuple[str, Deed, str]]:
    """Yield which twin, what, and in whose name: each twin is thawed right after it is frozen."""
    draw = Random(SEED)  # noqa: S311 - a seeded plan, no secret
    frozen: set[str] = set()
    for _ in range(CALLS):
        twin = draw.choice(sorted(OWNERS))
        deed = DEEDS[7] if twin in frozen else draw.choices(DEEDS[:7], OFTEN)[0]
        frozen = frozen | {twin} if deed is DEEDS[6] else frozen - {twin}
        yield twin, deed, draw.choice(PERSONAS).format(OWNERS[twin].lower())


@pytest.mark.timeout(300)
def test_a_thousand_calls_land_at_the_right_deployment(
    own_world: World, twins: dict[str, JSON]
) -> None:
    draw, done = Random(SEED), Counter[str]()  # noqa: S311 - as above
    for twin, (method, path, body, command), persona in plan():
        where = f"/instances/{twins[twin]['id']}{path.format(f'user-{twin}')}"
        own_world.forget()
        answer = own_world.personas[persona].open(
            where, method=method, json=body(draw), headers={"Prefer": "wait=20"}
        )
        assert answer.status_code == 200, (where, persona, answer.text)
        addressed = {name: _addressed(site) for name, site in own_world.sites.items()}
        assert command in addressed.pop(twin)
        assert set().union(*addressed.values()) == set(), (where, addressed)
        done[twin] += 1
    assert done.total() == CALLS
    assert min(done.values()) > CALLS / 3


def _addressed(site: Site) -> set[str]:
    """Return the commands that named the instance; those about all of a deployment do not."""
    entries = site.journal()
    return {each["command"] for each in entries if NAME in dict(each["arguments"]).values()}


def test_neither_owner_sees_the_others_twin(own_world: World, twins: dict[str, JSON]) -> None:
    for twin, other in (("alpha", "beta"), ("beta", "alpha")):
        owner = own_world.personas[f"{OWNERS[twin].lower()}_admin"]
        assert owner.get(f"/instances/{twins[twin]['id']}").status_code == 200
        assert owner.get(f"/instances/{twins[other]['id']}").status_code == 404
        listed = owner.get("/instances?limit=500").json["items"]
        known = {each["id"] for each in listed if each["instanceID"] == NAME}
        assert known == {twins[twin]["id"]}

"""Five hundred parts of one reseller, and another's click, at a deployment that is slow."""

from collections.abc import Iterator, Sequence

import pytest

from gateway.broker.engine.lanes import WIDTH
from gateway.broker.engine.rota import SPARE
from tests.core import until
from tests.faults.test_bulk import act, planted
from tests.resources.many import AT_ONCE
from tests.simulated import JSON
from tests.world import Site, World

HOUR = 3600.0
SHARED = WIDTH - SPARE
"""Places that bulk work takes at most."""


UNFINISHED = ("queued", "running", "cancelling")


@pytest.fixture
def slow(own_world: World) -> Iterator[Site]:
    """A deployment that keeps every command to stop waiting for an hour, or as long as a test."""
    site = own_world.sites["alpha"]
    site.control.fault("delay", "StopInstances", seconds=HOUR, count=None)
    own_world.forget()
    yield site
    site.control.clear_faults()
    site.control.advance(HOUR)
    for each in own_world.call("GET", "/operations?kind=instanceActions")["items"]:
        own_world.call("POST", f"/operations/{each['id']}/cancel", status=202)
    until(lambda: not any(under_way(own_world, status) for status in UNFINISHED), seconds=60)


def under_way(world: World, status: str) -> list[JSON]:
    found: list[JSON] = world.call("GET", f"/operations?status={status}&limit=1")["items"]
    return found


def named(world: World, site: Site) -> tuple[str, str]:
    """Make another reseller's instance; return its id, and SPE's name of it."""
    [made] = planted(world, site, 1, "B")
    return made, str(world.call("GET", f"/instances/{made}")["instanceID"])


def names(site: Site) -> list[str]:
    """Return whom the commands to stop were for, in the order in which they came."""
    found = (entry for entry in site.journal() if entry["command"] == "StopInstances")
    return [dict(entry["arguments"])["instanceFilter"] for entry in found]


def busy(world: World, site: Site, *sizes: int) -> Sequence[str]:
    """Begin bulk calls, and return them once all their places are taken.

    Eight parts of each call are due at once, so that many more are due than have places.
    """
    groups = [planted(world, site, size) for size in sizes]
    begun = [act(world, group).get_json()["id"] for group in groups]
    until(lambda: len(names(site)) == SHARED, seconds=60)
    return begun


def clicked(world: World, instance: str, **headers: str) -> JSON:
    """Stop an instance of another reseller's, and return its operation."""
    path = f"/instances/{instance}/stop"
    answer = world.personas["b_admin"].post(path, headers={**AT_ONCE, **headers})
    assert answer.status_code == 202
    found: JSON = answer.get_json()
    return found


def seen(world: World, operation: str) -> JSON:
    """Return an operation as it stands."""
    found: JSON = world.operator.get(f"/operations/{operation}", headers=AT_ONCE).get_json()
    return found


def test_a_click_is_sent_next_and_ends_long_before_five_hundred_parts(
    own_world: World, slow: Site
) -> None:
    instance, own = named(own_world, slow)
    bulk = busy(own_world, slow, 468, WIDTH, WIDTH, WIDTH, WIDTH)
    click = clicked(own_world, instance)
    until(lambda: len(names(slow)) > SHARED)
    assert names(slow)[SHARED:] == [own]

    slow.control.clear_faults()
    slow.control.advance(HOUR)
    until(lambda: seen(own_world, click["id"])["endTime"])
    assert seen(own_world, click["id"])["status"] == "succeeded"
    assert any(seen(own_world, each)["endTime"] is None for each in bulk)
    until(lambda: len(names(slow)) > 3 * WIDTH, seconds=60)


def test_what_is_queued_tells_its_place_and_what_gives_way_comes_later(
    own_world: World, slow: Site
) -> None:
    clicks = [named(own_world, slow) for _ in range(SPARE + 2)]
    [whole, *_] = busy(own_world, slow, WIDTH, WIDTH)
    late = clicked(own_world, clicks[0][0], Priority="u=6")
    for instance, _ in clicks[1 : SPARE + 1]:
        clicked(own_world, instance)
    until(lambda: len(names(slow)) == WIDTH)
    assert sorted(names(slow)[SHARED:]) == sorted(own for _, own in clicks[1 : SPARE + 1])
    early = clicked(own_world, clicks[-1][0])
    page = own_world.call("GET", f"/operations?parent={whole}")["items"]
    queued = [each["id"] for each in reversed(page) if each["status"] == "queued"]
    places = [seen(own_world, each)["queuePosition"] for each in queued]

    assert early["queuePosition"] == 1
    assert seen(own_world, late["id"])["status"] == "queued"
    assert seen(own_world, late["id"])["queuePosition"] > 1
    assert places == sorted(set(places))
    assert seen(own_world, whole)["queuePosition"] is None
    assert {each["queuePosition"] for each in page} == {None}

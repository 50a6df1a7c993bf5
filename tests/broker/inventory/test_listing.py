"""A list over rows that may have to be made fresh first."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker.inventory.fan_out import FanOut
from gateway.broker.inventory.listing import Freshness, Inventory, ListIncomplete, Listing, Wanted
from gateway.errors import DeploymentUnreachable
from gateway.model import InstanceStatus, now
from gateway.storage import inventories
from tests.broker.inventory.scene import Scene

LONG = 60.0


@pytest.fixture
def inventory(scene: Scene) -> Iterator[Inventory]:
    """Lists of the scene's deployment."""
    made = Inventory(scene.core.database, FanOut(scene.synchronisation.refresh, 2, LONG), LONG)
    yield made
    made.close()


def page(
    scene: Scene,
    inventory: Inventory,
    seconds: float | None = None,
    *,
    complete: bool = False,
    **filters: Any,  # noqa: ANN401 # of the list
) -> Listing:
    """Return the first page as an operator sees it; with rows that are at most so old."""
    freshness = None
    if seconds is not None:
        freshness = Freshness(timedelta(seconds=seconds), LONG, complete)
    return inventory.page(scene.core.caller(), Wanted(filters, "", 2, freshness))


def test_what_is_young_enough_is_not_asked(scene: Scene, inventory: Inventory) -> None:
    scene.lists(scene.owned("acme"))
    scene.refresh()
    as_of = now() - timedelta(seconds=100)
    with scene.core.database.write() as connection:
        inventories.put(connection, inventories.Inventory(scene.deployment, as_of, as_of))
    scene.lister.asked.clear()

    assert page(scene, inventory).as_of == {scene.deployment: as_of}
    assert page(scene, inventory, 1000).as_of == {scene.deployment: as_of}
    assert scene.lister.asked == []
    fresh = page(scene, inventory, 99).as_of[scene.deployment]
    assert fresh is not None
    assert fresh > as_of
    assert scene.lister.asked == [scene.deployment]


def test_ages_are_read_of_those_that_are_named(scene: Scene) -> None:
    scene.lists(scene.owned("acme"))
    scene.refresh()
    with scene.core.database.read() as connection:
        assert inventories.ages(connection, [scene.deployment, "dep_other"]).keys() == {
            scene.deployment
        }
        assert inventories.ages(connection, ["dep_other"]) == {}


def test_what_was_never_asked_is_older_than_anything(scene: Scene, inventory: Inventory) -> None:
    scene.lists(scene.owned("acme"))

    assert page(scene, inventory).as_of == {scene.deployment: None}
    assert page(scene, inventory, 86_400).as_of[scene.deployment] is not None


def test_a_fresh_list_shows_what_was_just_seen(scene: Scene, inventory: Inventory) -> None:
    known = scene.owned("acme")
    scene.lists({"instanceID": "acme", "status": "stopped"})

    [shown] = page(scene, inventory, 0).items

    assert shown.id == known.id
    assert shown.observed["status"] == "stopped"


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        ({"status": "stopped"}, True),
        ({"q": "nobody is called so"}, True),
        ({"external_id": "nobody has it"}, False),
        ({"external_id": "nobody has it", "status": "stopped"}, False),
    ],
    ids=str,
)
def test_who_is_asked_follows_from_what_asking_may_change(
    scene: Scene, inventory: Inventory, filters: Mapping[str, str], *, asked: bool
) -> None:
    scene.lists(scene.owned("acme"))

    whole = page(scene, inventory, 0, **filters)

    assert whole.items == []
    assert bool(scene.lister.asked) is asked
    assert bool(whole.as_of) is asked


def test_instances_that_are_gone_concern_nobody(scene: Scene, inventory: Inventory) -> None:
    scene.owned("acme", InstanceStatus.PURGED)

    assert page(scene, inventory, 0, status="running").as_of == {}


def test_a_list_that_is_not_believed_is_no_answer(scene: Scene, inventory: Inventory) -> None:
    known = [scene.owned(name) for name in ("acme", "bolt")]
    scene.lists(*known)
    before = page(scene, inventory, 0)
    scene.lists()

    after = page(scene, inventory, 0)

    assert before.unreachable == []
    assert after.unreachable == [scene.deployment]
    assert after.as_of == before.as_of
    assert [each.id for each in after.items] == [each.id for each in before.items]
    with pytest.raises(ListIncomplete):
        page(scene, inventory, 0, complete=True)


def test_a_complete_list_needs_those_only_that_are_asked(
    scene: Scene, inventory: Inventory
) -> None:
    scene.lists(scene.owned("acme"))
    page(scene, inventory, 0)
    scene.lister.problem = DeploymentUnreachable()

    assert list(page(scene, inventory, 1000, complete=True).unreachable) == []
    with pytest.raises(ListIncomplete):
        page(scene, inventory, 0, complete=True)


def test_the_next_page_begins_after_the_last_item(scene: Scene, inventory: Inventory) -> None:
    known = [scene.owned(name) for name in ("acme", "bolt", "corvus")]

    first = page(scene, inventory)
    rest = inventory.page(scene.core.caller(), Wanted({}, str(first.next_after), 2))

    assert first.next_after == known[1].id
    assert [each.id for each in (*first.items, *rest.items)] == [each.id for each in known]
    assert rest.next_after is None

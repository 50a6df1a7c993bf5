"""Instances that are there and nobody's."""

from gateway.model import InstanceStatus, Prefix, now
from gateway.storage import instances, names, unowned
from tests.broker.inventory.scene import Scene, row
from tests.core import add_instance


def test_what_is_listed_and_not_ours_is_unowned_until_it_is_gone(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(acme, row("alien"))
    scene.refresh()
    (found,) = scene.strangers().values()
    assert found.id.startswith(f"{Prefix.INSTANCE}_")
    assert (found.deployment, found.instance_id) == (scene.deployment, "alien")
    assert found.observed == row("alien")
    assert found.create_time == found.observe_time <= now()
    scene.lists(acme)
    scene.refresh()
    assert scene.strangers() == {}


def test_one_that_stays_keeps_its_id_and_is_written_only_when_it_changes(scene: Scene) -> None:
    scene.lists(row("alien"))
    scene.refresh()
    first = scene.strangers()["alien"]
    scene.refresh()
    assert scene.strangers()["alien"] == first
    scene.lists(row("alien", status="stopped"))
    scene.refresh()
    later = scene.strangers()["alien"]
    assert (later.id, later.create_time) == (first.id, first.create_time)
    assert later.observed["status"] == "stopped"
    assert later.observe_time > first.observe_time


def test_one_that_we_are_making_is_not_unowned(scene: Scene) -> None:
    acme = scene.owned("acme", InstanceStatus.PROVISIONING)
    scene.lists(acme)
    scene.refresh()
    assert scene.strangers() == {}


def test_a_purged_instance_that_is_there_again_is_nobody_s_and_its_name_stays(
    scene: Scene,
) -> None:
    acme = scene.owned("acme")
    with scene.core.database.write() as connection:
        names.bury(connection, acme.id)
        instances.change(connection, acme.id, {"status": InstanceStatus.PURGED})
    scene.lists(acme)
    scene.refresh()
    found = scene.strangers()["acme"]
    assert found.id != acme.id
    assert scene.now(acme).status is InstanceStatus.PURGED
    with scene.core.database.read() as connection:
        assert names.owner(connection, scene.deployment, "acme") == acme.id


def test_one_that_was_adopted_is_unowned_no_more(scene: Scene) -> None:
    scene.lists(row("alien"))
    scene.refresh()
    found = scene.strangers()["alien"]

    def adopt() -> None:
        made = scene.core.new_instance("alien")
        with scene.core.database.write() as connection:
            add_instance(connection, made)
            unowned.remove(connection, found.id)

    scene.lister.meanwhile = adopt
    scene.refresh()
    assert scene.strangers() == {}


def test_they_are_read_in_pages_and_found_by_their_ids(scene: Scene) -> None:
    scene.lists(*(row(f"alien-{number}") for number in range(5)))
    scene.refresh()
    with scene.core.database.read() as connection:
        first = unowned.page(connection, "", 3)
        second = unowned.page(connection, first[-1].id, 3)
        assert [len(first), len(second)] == [3, 2]
        assert unowned.find(connection, first[0].id) == first[0]
        assert unowned.find(connection, "ins_0") is None
        assert unowned.numbers(connection, [scene.deployment]) == {scene.deployment: 5}
    assert {each.instance_id for each in (*first, *second)} == set(scene.strangers())

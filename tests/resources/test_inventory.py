"""What operators are shown of the read models, and what they may say to them."""

import pytest

from tests.answers import JSON
from tests.behind import Console, vanish
from tests.served import assert_problem
from tests.world import Site, World


@pytest.fixture
def site(own_world: World) -> Site:
    """The deployment that is not asked by other tests here."""
    own_world.forget()
    return own_world.sites["alpha"]


def shown(world: World, site: Site) -> JSON:
    """Return what the list of inventories shows of a deployment."""
    items = world.call("GET", "/inventory")["items"]
    return next(dict(item) for item in items if item["deployment"] == site.id)


def refreshed(world: World, site: Site) -> JSON:
    """Have a deployment asked."""
    return world.call("POST", f"/deployments/{site.id}/inventory/refresh")


def test_every_deployment_has_an_inventory(own_world: World) -> None:
    found = own_world.call("GET", "/inventory")
    assert {item["deployment"] for item in found["items"]} == {
        site.id for site in own_world.sites.values()
    }
    first = own_world.call("GET", "/inventory?limit=1")
    second = own_world.call("GET", f"/inventory?limit=1&cursor={first['nextCursor']}")
    assert [*first["items"], *second["items"]] == found["items"][:2]


def test_a_deployment_is_asked_when_an_operator_wants_it(own_world: World, site: Site) -> None:
    made = own_world.new_instance("A", deployment=site.id)
    before = refreshed(own_world, site)
    assert (before["problem"], before["doubt"], before["asOf"]) == (None, None, before["tryTime"])
    Console(site.simulator).create("found-there")
    Console(site.simulator).change(made["instanceID"], alias="another")
    after = refreshed(own_world, site)
    assert (after["unowned"], after["changed"], after["missing"]) == (1, before["changed"] + 1, 0)
    assert after["number"] == before["number"] + 1
    assert shown(own_world, site) == after
    Console(site.simulator).delete("found-there")
    assert refreshed(own_world, site)["unowned"] == 0


def test_what_instances_hold_is_counted_where_they_are(own_world: World) -> None:
    def counted() -> dict[str, tuple[int, int]]:
        items = own_world.call("GET", "/inventory")["items"]
        return {item["deployment"]: (item["stores"], item["users"]) for item in items}

    before = counted()
    made = own_world.new_archive("A")
    after = counted()
    stores, users = before[made["deployment"]]
    assert after == before | {made["deployment"]: (stores + 1, users + 1)}


def test_the_hosts_of_the_last_list_are_counted(own_world: World, site: Site) -> None:
    assert refreshed(own_world, site)["hosts"] == len(site.control.state()["hosts"])


def test_why_a_deployment_could_not_be_asked_is_kept(own_world: World, site: Site) -> None:
    before = refreshed(own_world, site)
    site.control.fault("failed", "GetInstances", text="out of order")
    response = own_world.operator.post(f"/deployments/{site.id}/inventory/refresh")
    assert_problem(response, 502, "COMMAND_FAILED")
    found = shown(own_world, site)
    assert (found["problem"], found["asOf"]) == ("COMMAND_FAILED", before["asOf"])
    assert found["tryTime"] > before["tryTime"]


def test_a_doubt_is_shown_with_its_numbers_and_ends_with_an_operator_s_word(
    own_world: World, site: Site
) -> None:
    refreshed(own_world, site)
    gone = vanish(own_world, site.id, 40)
    found = refreshed(own_world, site)
    doubt = found["doubt"]
    assert doubt["missing"] == len(gone)
    assert set(doubt["instances"]) < set(gone)
    assert found["missing"] == 0
    path = f"/deployments/{site.id}/inventory/accept"
    wrong = own_world.operator.post(path, json={"missing": 39, "version": doubt["version"]})
    assert_problem(wrong, 409, "CONFLICT")
    body = {"missing": doubt["missing"], "version": doubt["version"]}
    accepted = own_world.call("POST", path, body)
    assert (accepted["doubt"], accepted["missing"]) == (None, len(gone))
    assert_problem(own_world.operator.post(path, json=body), 409, "CONFLICT")


def test_an_acceptance_says_what_it_accepts(own_world: World, site: Site) -> None:
    path = f"/deployments/{site.id}/inventory/accept"
    for body in ({}, {"missing": 3}, {"version": "0" * 64}, {"missing": 0, "version": "0" * 64}):
        assert_problem(own_world.operator.post(path, json=body), 422, "INVALID_INPUT")

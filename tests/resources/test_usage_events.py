"""The log of what is billed, over HTTP."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from gateway.model import EventType, Happening
from gateway.storage import event_log
from gateway.storage.tables import resellers, usage_events
from tests.answers import JSON
from tests.served import assert_problem
from tests.world import World


def tell(world: World, owner: str, instance: str, kind: EventType, data: JSON) -> None:
    """Let something happen to an instance, and have it numbered."""
    with world.served.gateway.services.database.write() as connection:
        query = select(resellers.c.path).where(resellers.c.id == world.resellers[owner])
        path = connection.execute(query).scalar_one()
        event_log.tell(connection, path, Happening(kind, instance, instance, None, data))
        while event_log.sequence(connection, 500):
            pass


def condense(world: World) -> None:
    """Let all that has happened be old, and let the chore come."""
    with world.served.gateway.services.database.write() as connection:
        connection.execute(
            update(usage_events).values(create_time=datetime(2025, 1, 1, tzinfo=UTC))
        )
    world.served.gateway.services.usage_log.chore.run()


def whole(world: World, persona: str, limit: int = 100) -> list[JSON]:
    """Read a log from its beginning."""
    found: list[JSON] = []
    after, is_last = 0, False
    while not is_last:
        query = {"after": after, "limit": limit}
        answer = world.personas[persona].get("/usage/events", query_string=query).get_json()
        found += answer["items"]
        after, is_last = answer["after"], answer["isLast"]
    return found


def test_what_is_billed_is_told_to_the_owner_and_those_above(own_world: World) -> None:
    made = own_world.new_instance("A1")["id"]
    tell(own_world, "A1", made, EventType.LICENCES_CHANGED, {"licences": 4, "before": None})

    for persona, is_told in (("operator", True), ("a_billing", True), ("a1_admin", True)):
        mine = [each for each in whole(own_world, persona, 1) if each.get("instance") == made]
        assert [each["type"] for each in mine] == ["instance.created", "licences.changed"] * is_told
        assert {each["reseller"] for each in mine} == {own_world.resellers["A1"]}
    assert made not in {each.get("instance") for each in whole(own_world, "b_admin")}


def test_what_is_old_is_a_baseline_and_no_cursor_breaks(own_world: World) -> None:
    made = own_world.new_instance("B")["id"]
    tell(own_world, "B", made, EventType.LICENCES_CHANGED, {"licences": 4, "before": None})
    tell(own_world, "B", made, EventType.INSTANCE_SUSPENDED, {"status": "suspended"})
    before = whole(own_world, "b_admin")
    condense(own_world)
    (baseline,) = (each for each in whole(own_world, "b_admin") if each["instance"] == made)

    assert baseline["type"] == "usage.baseline"
    assert baseline["number"] == before[-1]["number"]
    assert baseline["data"] == {"status": "suspended", "licences": 4}
    for each in before:
        client = own_world.personas["b_admin"]
        answer = client.get("/usage/events", query_string={"after": each["number"]})
        assert answer.status_code == 200
        assert answer.get_json()["after"] == before[-1]["number"]


def test_a_transferred_instance_comes_with_its_state(own_world: World) -> None:
    made = own_world.new_instance("A")["id"]
    body = {"reseller": own_world.resellers["B"]}
    own_world.call("POST", f"/instances/{made}/transfer", body)
    with own_world.served.gateway.services.database.write() as connection:
        while event_log.sequence(connection, 500):
            pass
    (came,) = (each for each in whole(own_world, "b_admin") if each["instance"] == made)
    left = [each for each in whole(own_world, "a_billing") if each.get("instance") == made]

    assert (came["type"], came["data"]["status"]) == ("instance.transferred_in", "active")
    assert left[-1]["type"] == "instance.transferred_out"
    assert own_world.resellers["B"] not in str(left)


def test_a_restricted_client_hears_of_its_instances_alone(own_world: World) -> None:
    only = own_world.home["id"]
    made = own_world.new_client("A", permissions=["usage:read"], instances=[only])
    client = own_world.served.log_in(made["clientId"], made["clientSecret"])
    answer = client.get("/usage/events").get_json()

    assert {each["instance"] for each in answer["items"]} == {only}
    assert answer["isLast"]


@pytest.mark.parametrize("after", [-1, "x", 10**14])
def test_a_number_that_was_never_given_is_refused(own_world: World, after: object) -> None:
    answer = own_world.operator.get("/usage/events", query_string={"after": after})

    assert_problem(answer, 422, "INVALID_INPUT")

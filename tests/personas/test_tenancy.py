"""Suspension, bounds and transfers, as those whom they concern see them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from tests.answers import JSON
from tests.personas.oracle import essence
from tests.served import CheckedClient, assert_problem
from tests.world import World, canary


def body(client: CheckedClient, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a call answers."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    return response.get_json()


def newcomer(world: World, owner: str, **grant: Any) -> CheckedClient:  # noqa: ANN401 - JSON
    """Return a client of a reseller, logged in."""
    made = world.call("POST", "/clients", {"name": "new", "reseller": owner, **grant}, 201)
    return world.served.log_in(made["clientId"], made["clientSecret"])


# who am I


@pytest.mark.parametrize("name", ["suspended", "below_suspended"])
def test_a_suspended_client_learns_that_it_is_and_nothing_else(
    shared_world: World, name: str
) -> None:
    client = shared_world.personas[name]
    me = body(client, "/me")
    assert me["suspended"]
    assert me["reseller"] in shared_world.resellers.values()
    for path in ("/instances", "/roles", "/permissions", "/operations", "/clients", "/resellers"):
        assert_problem(client.get(path), 403, "RESELLER_SUSPENDED")


def test_a_client_learns_its_reseller_its_roles_and_what_is_in_effect(
    shared_world: World,
) -> None:
    me = body(shared_world.personas["bounded"], "/me")
    known = {
        "client": shared_world.clients["bounded"],
        "reseller": shared_world.resellers["C1"],
        "resellerName": f"{canary('C1')}reseller",
        "suspended": False,
        "isOperator": False,
        "roles": ["reseller-admin"],
        "narrowed": False,
        "permissions": sorted(ROLES["read-only"]),
        "instances": None,
    }
    assert {name: me[name] for name in known} == known


def test_a_bound_is_within_the_token_that_is_issued_next(shared_world: World) -> None:
    owner = shared_world.new_reseller("A")["id"]
    shared_world.call("PATCH", f"/resellers/{owner}", {"roles": ["billing"]})
    client = newcomer(shared_world, owner, roles=["billing"])
    assert body(client, "/me")["permissions"] == sorted(ROLES["billing"])
    less = {"disabledPermissions": ["instances:read"]}
    shared_world.call("PATCH", f"/resellers/{owner}", less)
    left = ROLES["billing"] - {"instances:read"}
    assert body(client, "/me")["permissions"] == sorted(left)
    assert_problem(client.get("/instances"), 403, permission="instances:read")


# suspension


@pytest.fixture
def paused(own_world: World) -> Iterator[tuple[JSON, CheckedClient]]:
    """A reseller below A that is suspended, and a client of it."""
    made = own_world.new_reseller("A")
    client = newcomer(own_world, made["id"], roles=["reseller-admin"])
    own_world.call("POST", f"/resellers/{made['id']}/suspend")
    yield made, client
    own_world.call("POST", f"/resellers/{made['id']}/resume")


def test_those_above_manage_what_a_suspended_reseller_has(
    own_world: World, paused: tuple[JSON, CheckedClient]
) -> None:
    owner = paused[0]["id"]
    above = own_world.personas["a_admin"]
    made = own_world.new_instance("A", reseller=owner)
    path = f"/instances/{made['id']}"
    assert body(above, path)["status"] == "running"
    for verb in ("stop", "start"):
        assert above.post(f"{path}/{verb}", json={} if verb == "start" else None).status_code == 200
    assert above.patch(f"/resellers/{owner}", json={"name": "Late payer"}).status_code == 200


def test_a_suspension_stops_no_instance(own_world: World) -> None:
    owner = own_world.new_reseller("A")["id"]
    made = own_world.new_instance("A", reseller=owner)
    own_world.forget()
    shown = own_world.call("POST", f"/resellers/{owner}/suspend")
    assert own_world.journal() == []
    assert shown["suspended"]
    assert shown["suspendTime"] is not None
    assert own_world.call("GET", f"/instances/{made['id']}")["status"] == "running"


def test_the_token_of_before_is_good_again_after_a_suspension(
    own_world: World, paused: tuple[JSON, CheckedClient]
) -> None:
    made, client = paused
    assert_problem(client.get("/instances"), 403, "RESELLER_SUSPENDED")
    own_world.personas["a_admin"].post(f"/resellers/{made['id']}/resume")
    assert client.get("/instances").status_code == 200


def test_those_below_are_shown_as_suspended_but_not_since_when(shared_world: World) -> None:
    above, below = (shared_world.resellers[name] for name in ("S", "S1"))
    for reseller, since in ((above, True), (below, False)):
        shown = shared_world.call("GET", f"/resellers/{reseller}")
        assert (shown["suspended"], shown["suspendTime"] is not None) == (True, since)
    listed = shared_world.call("GET", "/resellers?limit=500")["items"]
    suspended = {item["id"] for item in listed if item["suspended"]}
    assert {above, below} <= suspended
    assert shared_world.resellers["A"] not in suspended


def test_a_suspended_client_cannot_tell_what_there_is(own_world: World) -> None:
    """Not even its own object from an absent one: nothing is looked up."""
    client = own_world.personas["suspended"]
    own = own_world.new_instance("S")["id"]
    nobodys = f"ins_{'0' * 32}"
    answers = [client.post(f"/instances/{opaque}/stop") for opaque in (own, nobodys)]
    assert essence(answers[0]) == essence(answers[1])


# transfer


def test_an_instance_changes_its_owner(own_world: World) -> None:
    made = own_world.new_archive("A")
    path = f"/instances/{made['id']}"
    to = {"reseller": own_world.resellers["B"]}
    own_world.call("POST", f"{path}/transfer?validateOnly=true", to, 204)
    assert body(own_world.personas["a_admin"], path)["reseller"] == own_world.resellers["A"]
    own_world.forget()
    moved = own_world.call("POST", f"{path}/transfer", to)
    assert own_world.journal() == []
    assert moved["reseller"] == to["reseller"]
    assert moved["labels"] == made["labels"]
    assert_problem(own_world.personas["a_admin"].get(path), 404)
    assert body(own_world.personas["b_admin"], f"{path}/stores")["items"]


def test_a_transfer_that_is_repeated_under_its_key_is_made_once(own_world: World) -> None:
    path = f"/instances/{own_world.new_instance('A')['id']}"
    to = {"reseller": own_world.resellers["B"]}
    headers = {"Idempotency-Key": "moved-once"}
    first, second = (
        own_world.operator.post(f"{path}/transfer", json=to, headers=headers) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert second.get_json()["reseller"] == to["reseller"]
    assert len(own_world.call("GET", f"{path}/transfers")["items"]) == 1


def test_history_stays_where_it_was_made(own_world: World) -> None:
    made = own_world.new_instance("A", mark="B")
    path = f"/instances/{made['id']}"
    own_world.call("POST", f"{path}/transfer", {"reseller": own_world.resellers["B"]})
    own_world.personas["b_admin"].patch(path, json={"labels": {"secret": f"{canary('B')}label"}})
    former, owner = (own_world.personas[name] for name in ("a_admin", "b_admin"))
    mine = f"/operations?instance={made['id']}"
    [creation] = body(former, mine)["items"]
    assert body(owner, mine)["items"] == []
    shown = former.get(f"/operations/{creation['id']}")
    assert shown.get_json()["result"] is None
    assert "secret" not in shown.text
    assert_problem(owner.get(f"/operations/{creation['id']}"), 404)


def test_the_new_owner_sees_the_transfer_but_not_from_whom(own_world: World) -> None:
    made = own_world.new_instance("A")
    path = f"/instances/{made['id']}"
    to = own_world.resellers["B"]
    own_world.call("POST", f"{path}/transfer", {"reseller": to})
    [seen] = body(own_world.personas["b_admin"], f"{path}/transfers")["items"]
    assert (seen["former"], seen["owner"], seen["instance"]) == (None, to, made["id"])
    [whole] = own_world.call("GET", f"{path}/transfers")["items"]
    assert whole == {**seen, "former": own_world.resellers["A"]}


def test_the_pages_of_the_history_join(own_world: World) -> None:
    made = own_world.new_instance("A")
    path = f"/instances/{made['id']}"
    owners = ["B", "A", "B"]
    for name in owners:
        own_world.call("POST", f"{path}/transfer", {"reseller": own_world.resellers[name]})
    found, cursor = [], ""
    for _ in owners:
        page = own_world.call("GET", f"{path}/transfers?limit=1{cursor}")
        found += [item["owner"] for item in page["items"]]
        cursor = f"&cursor={page['nextCursor']}"
    assert page["nextCursor"] is None
    assert found == [own_world.resellers[name] for name in reversed(owners)]


def test_a_foreign_new_owner_and_an_absent_one_are_the_same_answer(own_world: World) -> None:
    path = f"/instances/{own_world.new_instance('A')['id']}/transfer"
    client = own_world.personas["a_admin"]
    owners = (own_world.resellers["B"], own_world.resellers["root"], f"res_{'0' * 32}")
    answers = [essence(client.post(path, json={"reseller": owner})) for owner in owners]
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]


def test_a_portal_loses_its_instance_with_its_reseller(own_world: World) -> None:
    made = own_world.new_instance("A")
    owner = own_world.resellers["A"]
    portal = newcomer(own_world, owner, roles=["portal"], instances=[made["id"]])
    path = f"/instances/{made['id']}"
    assert body(portal, path)["id"] == made["id"]
    own_world.call("POST", f"{path}/transfer", {"reseller": own_world.resellers["B"]})
    assert_problem(portal.get(path), 404)
    assert body(portal, "/instances")["items"] == []


# what there is


def test_every_permission_says_which_operations_need_it(shared_world: World) -> None:
    """As the contract says it, which was made from the same declarations by other code."""
    client = shared_world.personas["a_billing"]
    needed: dict[str, set[tuple[str, str, str]]] = {}
    for path, members in body(client, "/openapi.json")["paths"].items():
        for method, each in members.items():
            if isinstance(each, Mapping) and "x-permission" in each:
                row = (each["operationId"], method.upper(), path)
                needed.setdefault(each["x-permission"], set()).add(row)
    shown = body(client, "/permissions?limit=500")["items"]
    assert [item["name"] for item in shown] == sorted(Permission)
    for item in shown:
        rows = {(o["operationId"], o["method"], o["path"]) for o in item["operations"]}
        assert rows == needed.get(item["name"], set()), item["name"]
        assert item["operatorsOnly"] == (item["name"] in ROOT_ONLY)
        assert item["description"].endswith(".")


def test_every_role_says_what_it_grants(shared_world: World) -> None:
    shown = body(shared_world.personas["a_portal"], "/roles")["items"]
    assert {item["name"]: set(item["permissions"]) for item in shown} == ROLES
    assert [item["name"] for item in shown if item["operatorsOnly"]] == ["operator"]


@pytest.mark.parametrize("path", ["/roles", "/permissions"])
def test_the_pages_of_what_there_is_join(shared_world: World, path: str) -> None:
    client = shared_world.personas["a_reader"]
    whole = body(client, f"{path}?limit=500")
    found, cursor = [], ""
    while cursor is not None:
        page = body(client, f"{path}?limit=4" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["nextCursor"]
    assert found == whole["items"]
    assert whole["nextCursor"] is None

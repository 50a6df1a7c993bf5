"""Quotas over REST: who sets them, who sees what of them, and trials that change nothing."""

from collections.abc import Iterator

import pytest

from tests.answers import JSON
from tests.served import CheckedClient, assert_problem
from tests.world import World

LIFTED = {"limits": {"instances": None}}


@pytest.fixture(autouse=True)
def _no_limits(inner_world: World) -> Iterator[None]:
    """Take the limits of A and A1 away again."""
    yield
    for name in ("A", "A1"):
        inner_world.call("PUT", path(inner_world, name), {"limits": {}})


def path(world: World, name: str) -> str:
    return f"/resellers/{world.resellers[name]}/quotas"


def limit(world: World, name: str, **limits: int | None) -> JSON:
    return world.call("PUT", path(world, name), {"limits": limits})


def quotas_of(world: World, persona: str, name: str) -> JSON:
    response = world.personas[persona].get(path(world, name))
    assert response.status_code == 200, response.text
    found: JSON = response.get_json()
    return found


def attempt(world: World, persona: CheckedClient, owner: str, query: str = "") -> object:
    number = next(world.numbers)
    body = {"instanceID": f"quota-{number}", "displayName": "x", "reseller": owner, "start": False}
    return persona.post(f"/instances{query}", json=body)


def test_what_is_written_is_what_is_read(inner_world: World) -> None:
    limits = {"instances": 7, "users": None, "stores": 0}
    assert limit(inner_world, "A1", **limits)["limits"] == limits
    assert quotas_of(inner_world, "a1_admin", "A1")["limits"] == limits
    shown = inner_world.call("GET", f"/resellers/{inner_world.resellers['A1']}")
    assert shown["quotas"] == limits
    listed = inner_world.call("GET", "/resellers?limit=500")["items"]
    assert [row["quotas"] for row in listed if row["id"] == shown["id"]] == [limits]
    assert limit(inner_world, "A1", concurrentOperations=3)["limits"] == {"concurrentOperations": 3}


def test_a_reseller_is_made_with_its_quotas(inner_world: World) -> None:
    body = {"name": "new", "parent": inner_world.resellers["A"], "quotas": {"instances": 3}}
    made = inner_world.call("POST", "/resellers", body, 201)
    assert made["quotas"] == {"instances": 3}
    response = inner_world.personas["a_admin"].post(
        "/resellers", json={"name": "free", "quotas": {"users": None}}
    )
    assert_problem(response, 403, "PERMISSION_MISSING", permission="resellers:unlimited")
    response = inner_world.operator.patch(f"/resellers/{made['id']}", json={"quotas": {}})
    assert_problem(response, 422)


def test_only_those_above_set_quotas(inner_world: World) -> None:
    own = inner_world.personas["a_admin"].put(path(inner_world, "A"), json={"limits": {}})
    assert_problem(own, 409, "CONFLICT")
    below = inner_world.personas["a_admin"].put(path(inner_world, "A1"), json={"limits": {}})
    assert below.status_code == 200
    root = inner_world.operator.put(path(inner_world, "root"), json={"limits": {}})
    assert_problem(root, 409, "CONFLICT")


def test_nobody_lifts_without_the_permission_but_what_is_lifted_may_stay(
    inner_world: World,
) -> None:
    above = inner_world.personas["a_admin"]
    refused = above.put(path(inner_world, "A1"), json=LIFTED)
    assert_problem(refused, 403, "PERMISSION_MISSING", permission="resellers:unlimited")
    inner_world.call("PUT", path(inner_world, "A1"), LIFTED)
    kept = {"limits": {"instances": None, "users": 4}}
    assert above.put(path(inner_world, "A1"), json=kept).status_code == 200
    more = {"limits": {"instances": None, "users": None}}
    assert above.put(path(inner_world, "A1"), json=more).status_code == 403


def test_another_version_is_not_replaced(inner_world: World) -> None:
    client, where = inner_world.operator, path(inner_world, "A1")
    tag = client.get(where).headers["ETag"]
    limit(inner_world, "A1", instances=9)
    response = client.put(where, json={"limits": {}}, headers={"If-Match": tag})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    now = client.get(where).headers["ETag"]
    again = client.put(where, json={"limits": {}}, headers={"If-Match": now})
    assert again.status_code == 200
    assert again.headers["ETag"] == tag


@pytest.mark.parametrize(
    "limits",
    [{"instances": -1}, {"instances": 1.5}, {"users": "5"}, {"licences": 1}, {"users": 2**31}],
    ids=["negative", "broken", "text", "unknown", "too-large"],
)
def test_a_limit_is_a_whole_number_of_something(inner_world: World, limits: JSON) -> None:
    response = inner_world.operator.put(path(inner_world, "A1"), json={"limits": limits})
    assert_problem(response, 422, "INVALID_INPUT")


def test_the_own_limit_is_named_with_its_figures(inner_world: World) -> None:
    count = quotas_of(inner_world, "a_admin", "A")["usage"]["instances"]["used"]
    limit(inner_world, "A", instances=count)
    owner = inner_world.resellers["A"]
    response = attempt(inner_world, inner_world.personas["a_admin"], owner)
    figures = {"resource": "instances", "limit": count, "used": count, "reseller": owner}
    problem = assert_problem(response, 403, "QUOTA_EXCEEDED", **figures)
    assert owner in problem["detail"]
    assert problem["retryable"] is False


def test_of_a_limit_above_only_what_is_left_is_told(inner_world: World) -> None:
    count = quotas_of(inner_world, "operator", "A")["usage"]["instances"]["used"]
    limit(inner_world, "A", instances=count + 1)
    seen = quotas_of(inner_world, "a1_admin", "A1")["usage"]["instances"]["effective"]
    assert seen == {"available": 1, "limit": None, "used": None, "reseller": None}
    above = quotas_of(inner_world, "a_admin", "A1")["usage"]["instances"]["effective"]
    whose = {"limit": count + 1, "used": count, "reseller": inner_world.resellers["A"]}
    assert above == {"available": 1, **whose}
    limit(inner_world, "A", instances=count)
    response = attempt(inner_world, inner_world.personas["a1_admin"], inner_world.resellers["A1"])
    problem = assert_problem(response, 403, "QUOTA_EXCEEDED", resource="instances")
    assert {"limit", "used", "reseller"} & set(problem) == set()
    assert inner_world.resellers["A"] not in response.text
    assert "above you" in problem["detail"]


def test_everybody_sees_the_own_quotas_but_clients_of_single_instances(
    inner_world: World,
) -> None:
    limit(inner_world, "A", users=40)
    me = inner_world.personas["a_admin"].get("/me").get_json()
    assert me["quotas"] == quotas_of(inner_world, "a_admin", "A")
    assert me["quotas"]["usage"]["users"]["effective"]["limit"] == 40
    assert inner_world.personas["a_portal"].get("/me").get_json()["quotas"] is None


def test_a_client_of_single_instances_learns_no_figures(inner_world: World) -> None:
    home = inner_world.home["id"]
    limit(inner_world, "A", users=0)
    response = inner_world.personas["a_portal"].post(
        f"/instances/{home}/users", json={"userName": "late"}
    )
    problem = assert_problem(response, 403, "QUOTA_EXCEEDED", resource="users")
    assert {"limit", "used", "reseller"} & set(problem) == set()


CREATES = {
    "users": {"userName": "tried"},
    "stores": {"name": "tried"},
    "stores/attach": {"name": "tried", "databasePath": "~\\tried"},
}


@pytest.mark.parametrize(("where", "body"), CREATES.items(), ids=CREATES)
def test_a_trial_says_what_would_come_of_it(inner_world: World, where: str, body: JSON) -> None:
    made = inner_world.new_archive("A")
    url = f"/instances/{made['id']}/{where}?validateOnly=true"
    inner_world.forget()
    good = inner_world.operator.post(url, json=body)
    assert (good.status_code, good.data) == (204, b"")
    limit(inner_world, "A", users=0, stores=0)
    assert_problem(inner_world.operator.post(url, json=body), 403, "QUOTA_EXCEEDED")
    assert_problem(inner_world.operator.post(url.replace("true", "1"), json=body), 422)
    assert inner_world.changes() == []


def test_a_trial_of_an_instance_reserves_neither_name_nor_room(inner_world: World) -> None:
    count = quotas_of(inner_world, "operator", "A")["usage"]["instances"]["used"]
    limit(inner_world, "A", instances=count + 1)
    body = {"instanceID": "tried-first", "displayName": "x", "reseller": inner_world.resellers["A"]}
    inner_world.forget()
    headers = {"Idempotency-Key": "the-same"}
    for _ in range(3):
        trial = inner_world.operator.post("/instances?validateOnly=true", json=body)
        assert trial.status_code == 200, trial.text
        keyed = inner_world.operator.post(
            "/instances?validateOnly=true", json=body, headers=headers
        )
        assert keyed.status_code == 200, keyed.text
        assert "Idempotency-Replayed" not in keyed.headers
    assert inner_world.changes() == []
    assert inner_world.operator.post("/instances", json=body).status_code == 201
    assert_problem(
        inner_world.operator.post("/instances?validateOnly=true", json=body), 403, "QUOTA_EXCEEDED"
    )
    limit(inner_world, "A", instances=None)
    assert_problem(
        inner_world.operator.post("/instances?validateOnly=true", json=body), 409, "NAME_TAKEN"
    )

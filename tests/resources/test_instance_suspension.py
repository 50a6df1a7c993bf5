"""A customer who does not pay: suspended, refused, shown, and back as before."""

import pytest

from tests.resources.many import act, items, made, outcomes
from tests.served import assert_problem
from tests.world import World

WAY_OUT = "resume it first"
REFUSED = [
    ("POST", "/start", {"safeMode": False}),
    ("POST", "/stop", None),
    ("POST", "/restart", None),
    ("PATCH", "", {"displayName": "Anew"}),
    ("PATCH", "", {"archiveAdmin": True}),
    ("GET", "/stores", None),
    ("GET", "/users", None),
    ("GET", "/statistics", None),
    ("POST", "/users", {"userName": "joe"}),
    ("POST", "/stores/1/verify", {}),
    ("POST", "/status-reports", {"timespan": "today", "recipients": ["a@example.com"]}),
]


def suspended(world: World, owner: str = "A") -> str:
    (instance,) = made(world, owner)
    world.call("POST", f"/instances/{instance}/suspend")
    world.forget()
    return instance


def test_it_is_shown_as_suspended_and_found_so(own_world: World) -> None:
    (instance,) = made(own_world, "A")
    answer = own_world.personas["a_admin"].post(f"/instances/{instance}/suspend")
    body = answer.get_json()

    assert answer.status_code == 200
    assert (body["status"], body["startMode"]) == ("suspended", "disabled")
    assert answer.headers["ETag"]
    page = own_world.call("GET", "/instances?status=suspended")
    assert [each["id"] for each in page["items"]] == [instance]
    assert own_world.call("GET", f"/instances/{instance}")["status"] == "suspended"

    back = own_world.personas["a_admin"].post(f"/instances/{instance}/resume").get_json()
    assert (back["status"], back["startMode"]) == ("running", "automatic")


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_what_is_refused_says_the_way_out_and_sends_nothing(
    shared_world: World, method: str, path: str, body: object
) -> None:
    instance = suspended(shared_world)
    admin = shared_world.operator
    answer = admin.open(f"/instances/{instance}{path}", method=method, json=body)
    problem = assert_problem(answer, 409, "INSTANCE_SUSPENDED")

    assert WAY_OUT in problem["detail"]
    assert shared_world.journal() == []


def test_labels_and_external_id_change_while_it_is_suspended(own_world: World) -> None:
    instance = suspended(own_world)
    body = {"labels": {"plan": "silver"}, "externalId": "4711"}
    changed = own_world.call("PATCH", f"/instances/{instance}", body)

    assert (changed["labels"]["plan"], changed["externalId"]) == ("silver", "4711")
    assert changed["status"] == "suspended"
    assert own_world.journal() == []


def test_it_counts_for_quotas_as_before(own_world: World) -> None:
    (instance,) = made(own_world, "A")
    path = f"/resellers/{own_world.resellers['A']}/quotas"
    before = own_world.call("GET", path)
    own_world.call("POST", f"/instances/{instance}/suspend")
    assert own_world.call("GET", path) == before


def test_to_validate_only_sends_nothing(own_world: World) -> None:
    (instance,) = made(own_world, "A")
    answer = own_world.operator.post(f"/instances/{instance}/suspend?validateOnly=true")
    assert answer.status_code == 204
    assert own_world.journal() == []
    assert own_world.call("GET", f"/instances/{instance}")["status"] == "running"


def test_a_repeated_call_under_its_key_suspends_no_second_time(own_world: World) -> None:
    """The customer has paid meanwhile: what comes late changes nothing."""
    (instance,) = made(own_world, "A")
    key = {"Idempotency-Key": "unpaid-1"}
    path = f"/instances/{instance}"
    own_world.operator.post(f"{path}/suspend", headers=key)
    own_world.call("POST", f"{path}/resume")
    own_world.forget()
    again = own_world.operator.post(f"{path}/suspend", headers=key)

    assert again.headers["Idempotency-Replayed"] == "true"
    assert own_world.changes() == []
    assert own_world.call("GET", path)["status"] == "running"


def test_a_client_of_another_reseller_finds_none(own_world: World) -> None:
    instance = suspended(own_world)
    for verb in ("suspend", "resume"):
        answer = own_world.personas["b_admin"].post(f"/instances/{instance}/{verb}")
        assert_problem(answer, 404, "NOT_FOUND")


def test_many_are_suspended_and_resumed_at_once(own_world: World) -> None:
    ids = made(own_world, "ABA")
    own_world.call("POST", f"/instances/{ids[2]}/stop")
    own_world.forget()
    answer = act(own_world.operator, ids, "suspend")
    part = own_world.call("GET", f"/operations/{items(answer)[0]['operation']}")

    assert outcomes(answer) == ["succeeded"] * 3
    assert (part["kind"], part["result"]["status"]) == ("suspendInstance", "suspended")
    assert outcomes(act(own_world.operator, ids, "suspend")) == ["succeeded"] * 3
    started = items(act(own_world.operator, ids, "start"))
    assert {each["problem"]["code"] for each in started} == {"INSTANCE_SUSPENDED"}

    assert outcomes(act(own_world.operator, ids, "resume")) == ["succeeded"] * 3
    states = [own_world.call("GET", f"/instances/{each}")["status"] for each in ids]
    assert states == ["running", "running", "stopped"]


def test_many_at_once_need_the_permission_of_one_too(own_world: World) -> None:
    ids = made(own_world, "A")
    grant = ["instances:operate", "instances:read"]
    client = own_world.new_client("A", permissions=grant)
    program = own_world.served.log_in(client["clientId"], client["clientSecret"])
    for action in ("suspend", "resume"):
        answer = act(program, ids, action)
        assert_problem(answer, 403, "PERMISSION_MISSING", permission="instances:suspend")
    assert own_world.journal() == []

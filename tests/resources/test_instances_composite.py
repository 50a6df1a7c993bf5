"""A composite create over HTTP: what a portal sees of one that breaks off, and of the rest."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.resources.calls import arguments
from tests.served import assert_problem
from tests.simulated import JSON, Control
from tests.world import World

JANE = {"userName": "jane", "fullName": "Jane", "password": "CANARY-for-jane-alone"}
STEPS = ["CreateInstance", "StartInstances", "CreateStore", "SetArchiveAdminEnabled", "CreateUser"]


@pytest.fixture
def control(own_world: World) -> Iterator[Control]:
    """The control plane of the deployment alpha."""
    control = own_world.sites["alpha"].control
    yield control
    control.clear_faults()


def body_of(world: World, **values: Any) -> JSON:  # noqa: ANN401 # JSON
    """Return a create of a new name with everything inside."""
    return {
        "instanceID": f"composite-{next(world.numbers)}",
        "displayName": "Acme Ltd",
        "reseller": world.resellers["A"],
        "deployment": world.sites["alpha"].id,
        "archiveAdmin": True,
        "store": {"name": "2026", "requestedState": "current"},
        "users": [JANE],
        **values,
    }


def create(world: World, body: JSON, key: str = "", query: str = "") -> TestResponse:
    """Send it as A's administrator, and leave only that call in the journal."""
    world.forget()
    headers = {"Idempotency-Key": key} if key else {}
    return world.personas["a_admin"].post(f"/instances{query}", json=body, headers=headers)


def made(world: World) -> list[str]:
    """Return the commands that were carried out."""
    return [entry["command"] for entry in world.changes() if entry["changed"]]


def operation(world: World, opaque: str) -> JSON:
    """Return an operation as A's administrator sees it."""
    return dict(world.personas["a_admin"].get(f"/operations/{opaque}").get_json())


def test_the_state_of_the_first_store_is_as_wished(own_world: World) -> None:
    assert create(own_world, body_of(own_world)).status_code == 201
    assert made(own_world) == STEPS
    assert arguments(own_world, "CreateStore")["requestedState"] == "current"


def test_what_broke_off_is_shown_and_carried_on_by_the_same_call(
    own_world: World, control: Control
) -> None:
    control.fault("failed", "CreateUser", text="Disk full.")
    body = body_of(own_world)
    failed = create(own_world, body, "breaks-off")
    problem = assert_problem(failed, 502, "COMMAND_FAILED")
    states = {each["command"]: each["status"] for each in problem["steps"]}
    assert {name: states[name] for name in STEPS} == {
        **dict.fromkeys(STEPS, "succeeded"),
        "CreateUser": "failed",
    }
    first = operation(own_world, problem["operation"])
    assert (first["status"], first["resumes"]) == ("failed", None)
    kept = own_world.personas["a_admin"].get(f"/instances/{first['instance']}").get_json()
    assert kept["status"] == "running"

    again = create(own_world, body, "breaks-off")
    assert again.status_code == 201, again.text
    assert "Idempotency-Replayed" not in again.headers
    assert again.headers["Location"] == f"/instances/{kept['id']}"
    assert again.get_json()["id"] == kept["id"]
    assert made(own_world) == ["CreateUser"]
    page = own_world.call("GET", f"/operations?instance={kept['id']}&kind=createInstance")
    assert page["items"][0]["resumes"] == problem["operation"]

    replay = create(own_world, body, "breaks-off")
    assert replay.headers["Idempotency-Replayed"] == "true"
    assert replay.get_json()["id"] == kept["id"]
    assert own_world.changes() == []


def test_without_its_key_the_call_is_a_new_one(own_world: World, control: Control) -> None:
    control.fault("failed", "CreateStore")
    body = body_of(own_world)
    assert create(own_world, body, "lost").status_code == 502
    for key in ("", "another"):
        assert_problem(create(own_world, body, key), 409, "NAME_TAKEN")
        assert own_world.changes() == []


def test_the_rest_is_judged_like_any_other_call(own_world: World, control: Control) -> None:
    control.fault("failed", "CreateUser")
    body, client = body_of(own_world), own_world.new_client("A", roles=["reseller-admin"])
    caller = own_world.served.log_in(client["clientId"], client["clientSecret"])
    headers = {"Idempotency-Key": "judged"}
    assert caller.post("/instances", json=body, headers=headers).status_code == 502
    reading = {"roles": ["read-only"]}
    own_world.call("PATCH", f"/clients/{client['id']}", reading)
    own_world.forget()
    refused = caller.post("/instances", json=body, headers=headers)
    assert_problem(refused, 403, "PERMISSION_MISSING")
    assert own_world.changes() == []
    own_world.call("PATCH", f"/clients/{client['id']}", {"roles": ["reseller-admin"]})
    own_world.forget()
    assert caller.post("/instances", json=body, headers=headers).status_code == 201
    assert made(own_world) == ["CreateUser"]


def test_all_or_nothing(own_world: World, control: Control) -> None:
    control.fault("failed", "CreateStore", text="Disk full.")
    body = body_of(own_world, onFailure="remove")
    failed = create(own_world, body, "all-or-nothing")
    problem = assert_problem(failed, 502, "COMMAND_FAILED")
    removal = problem["steps"][-9:]
    assert {each["command"]: each["status"] for each in removal}["DeleteInstances"] == "succeeded"
    assert made(own_world) == [*STEPS[:2], "StopInstances", "DeleteInstances"]
    assert arguments(own_world, "DeleteInstances") == {"instanceFilter": body["instanceID"]}

    gone = operation(own_world, problem["operation"])["instance"]
    assert own_world.personas["a_admin"].get(f"/instances/{gone}").status_code == 404
    again = create(own_world, body, "all-or-nothing")
    assert_problem(again, 502, "COMMAND_FAILED", operation=problem["operation"])
    assert own_world.changes() == []
    assert create(own_world, body, "once-more").status_code == 201


def test_who_may_not_delete_may_not_wish_for_a_removal(own_world: World) -> None:
    made = own_world.new_client("A", permissions=["instances:create", "users:create"])
    client = own_world.served.log_in(made["clientId"], made["clientSecret"])
    own_world.forget()
    body = body_of(own_world, onFailure="remove")
    refused = client.post("/instances", json=body)
    assert_problem(refused, 403, "PERMISSION_MISSING", permission="instances:delete")
    assert own_world.changes() == []
    assert client.post("/instances", json={**body, "onFailure": "keep"}).status_code == 201


@pytest.mark.parametrize("wish", ["delete", "", None, True])
def test_there_are_two_ways_to_fail(own_world: World, wish: object) -> None:
    refused = create(own_world, body_of(own_world, onFailure=wish))
    problem = assert_problem(refused, 422, "INVALID_INPUT")
    assert [each["pointer"] for each in problem["errors"]] == ["/onFailure"]
    assert own_world.changes() == []

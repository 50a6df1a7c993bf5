"""Client access servers, and pairings with the management server."""

import json

import pytest

from tests.resources.calls import arguments, refused_here
from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World

THUMBPRINT = "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527"
SERVER: JSON = {
    "serverName": "access.example.com",
    "port": 8473,
    "serverCertificate": {"thumbprint": THUMBPRINT},
}


@pytest.fixture
def path(inner_world: World) -> str:
    inner_world.forget()
    return f"/deployments/{inner_world.sites['alpha'].id}/client-access-servers"


def test_a_server_is_registered_changed_and_removed(inner_world: World, path: str) -> None:
    assert inner_world.call("POST", path, SERVER, 201) == SERVER
    assert json.loads(arguments(inner_world, "CreateClientAccessServer")["config"]) == SERVER
    one = f"{path}/{SERVER['serverName']}"
    inner_world.forget()
    changed = inner_world.call("PATCH", one, {"port": 9000})
    assert changed == {**SERVER, "port": 9000}
    config = arguments(inner_world, "SetClientAccessServerConfiguration")["config"]
    assert json.loads(config) == changed
    seen = inner_world.call("GET", one)
    assert (seen["port"], seen["active"]) == (9000, True)
    plain = inner_world.call("GET", path)["items"]
    assert changed in plain
    full = inner_world.call("GET", f"{path}?includeStatus=true")["items"]
    assert seen in full
    assert_problem(inner_world.operator.post(path, json=SERVER), 409, "NAME_TAKEN")
    inner_world.call("DELETE", one, status=204)
    for method, body in (("GET", None), ("PATCH", {"port": 1}), ("DELETE", None)):
        response = inner_world.operator.open(one, method=method, json=body)
        assert_problem(response, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body", [{}, {**SERVER, "port": 70000}, {**SERVER, "serverName": ""}, {**SERVER, "more": 1}]
)
def test_bad_servers_are_not_registered(inner_world: World, path: str, body: JSON) -> None:
    refused_here(inner_world, "POST", path, body)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_lost_answers_are_settled_by_the_list(inner_world: World, path: str, fault: str) -> None:
    control = inner_world.sites["alpha"].control
    body = {**SERVER, "serverName": f"access-{fault}"}
    control.fault(fault, "CreateClientAccessServer", count=1)
    inner_world.call("POST", path, body, 201)
    control.fault(fault, "DeleteClientAccessServer", count=1)
    inner_world.call("DELETE", f"{path}/{body['serverName']}", status=204)

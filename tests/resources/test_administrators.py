"""System administrators: secrets go in and never out, and nobody locks the gateway out."""

import json
from urllib.parse import quote

import pytest

from tests.resources.calls import arguments, refused_here
from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World

PASSWORD = "CANARY-admin & = % + ü €"
NAME = "second & = ü"
ADMINISTRATOR: JSON = {
    "userName": NAME,
    "fullName": 'Second "Admin" & Co',
    "emailAddress": "second@example.com",
}


@pytest.fixture
def path(inner_world: World) -> str:
    inner_world.forget()
    return f"/deployments/{inner_world.sites['alpha'].id}/administrators"


@pytest.fixture
def one(inner_world: World, path: str) -> str:
    """The path of an administrator that a test may spoil."""
    if all(found["userName"] != NAME for found in inner_world.call("GET", path)["items"]):
        inner_world.call("POST", path, {**ADMINISTRATOR, "password": PASSWORD}, 201)
    inner_world.forget()
    return f"{path}/{quote(NAME)}"


def test_an_administrator_is_made_and_seen(inner_world: World, path: str) -> None:
    response = inner_world.operator.post(path, json={**ADMINISTRATOR, "password": PASSWORD})
    assert response.status_code == 201, response.text
    made = response.get_json()
    assert {name: made[name] for name in ADMINISTRATOR} == ADMINISTRATOR
    assert "CANARY-admin" not in response.text
    sent = arguments(inner_world, "CreateSystemAdministrator")
    assert (json.loads(sent["config"]), sent["password"]) == (ADMINISTRATOR, PASSWORD)
    assert made in inner_world.call("GET", path)["items"]
    assert inner_world.call("GET", f"{path}/{quote(NAME)}") == made
    again = inner_world.operator.post(path, json={**ADMINISTRATOR, "password": PASSWORD})
    assert_problem(again, 409, "NAME_TAKEN")


def test_a_patch_sends_the_whole(inner_world: World, one: str) -> None:
    changed = inner_world.call("PATCH", one, {"fullName": "Other"})
    config = json.loads(arguments(inner_world, "SetSystemAdministratorConfiguration")["config"])
    assert config == {**ADMINISTRATOR, "fullName": "Other"}
    assert changed["fullName"] == "Other"
    assert inner_world.call("PATCH", one, {"fullName": None})["fullName"] is None
    response = inner_world.operator.patch(one, json={}, headers={"If-Match": '"old"'})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    inner_world.call("PATCH", one, {"fullName": ADMINISTRATOR["fullName"]})


def test_a_password_is_set_and_shown_nowhere(inner_world: World, one: str) -> None:
    inner_world.call("PUT", f"{one}/password", {"password": PASSWORD + "2"}, 204)
    sent = arguments(inner_world, "SetSystemAdministratorPassword")
    assert sent == {"userName": NAME, "password": PASSWORD + "2"}
    page = inner_world.operator.get("/operations?kind=setAdministratorPassword")
    assert "CANARY-admin" not in page.text


def test_a_second_factor_is_demanded_and_dropped(inner_world: World, one: str) -> None:
    found = inner_world.call("PUT", f"{one}/mfa")
    assert found["userName"] == NAME
    assert inner_world.call("GET", one)["mfaStatus"] == "initialized"
    inner_world.call("DELETE", f"{one}/mfa", status=204)
    assert inner_world.call("GET", one)["mfaStatus"] == "disabled"


def test_the_gateways_own_administrator_is_spared(inner_world: World, path: str) -> None:
    own = inner_world.call("GET", path.rpartition("/")[0])["userName"]
    calls = (
        ("DELETE", own, None),
        ("PUT", f"{own.upper()}/password", {"password": "x"}),
        ("PUT", f"{own}/mfa", None),
    )
    for method, name, body in calls:
        response = inner_world.operator.open(f"{path}/{name}", method=method, json=body)
        assert_problem(response, 409, "CONFLICT")
    assert inner_world.changes() == []


def test_an_absent_administrator_is_a_404(inner_world: World, path: str) -> None:
    calls = (
        ("GET", "", None),
        ("PATCH", "", {"fullName": "x"}),
        ("DELETE", "", None),
        ("PUT", "/password", {"password": "x"}),
        ("PUT", "/mfa", None),
        ("DELETE", "/mfa", None),
    )
    for method, rest, body in calls:
        response = inner_world.operator.open(f"{path}/nobody{rest}", method=method, json=body)
        assert_problem(response, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        {},
        ADMINISTRATOR,
        {**ADMINISTRATOR, "password": ""},
        {**ADMINISTRATOR, "password": ["a"]},
        {**ADMINISTRATOR, "password": "x", "emailAddress": "a@b.example,c@d.example"},
    ],
)
def test_bad_administrators_are_not_made(inner_world: World, path: str, body: JSON) -> None:
    refused_here(inner_world, "POST", path, body)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_lost_answers_are_settled_by_the_list(inner_world: World, path: str, fault: str) -> None:
    control = inner_world.sites["alpha"].control
    body = {"userName": f"third-{fault}", "password": PASSWORD}
    control.fault(fault, "CreateSystemAdministrator", count=1)
    inner_world.call("POST", path, body, 201)
    control.fault(fault, "DeleteSystemAdministrator", count=1)
    inner_world.call("DELETE", f"{path}/{body['userName']}", status=204)

"""Ping, and the rotation of the password that the gateway itself uses."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from gateway.spe.client import Client, Endpoint
from gateway.spe.commands.system_administrators import (
    DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA,
    SET_SYSTEM_ADMINISTRATOR_PASSWORD,
)
from gateway.storage import deployments
from tests.answers import JSON
from tests.served import assert_problem
from tests.world import World


@pytest.fixture
def path(own_world: World) -> Iterator[str]:
    control = own_world.sites["alpha"].control
    own_world.forget()
    yield f"/deployments/{own_world.sites['alpha'].id}"
    control.clear_faults()


def password(world: World) -> str:
    """Return the password that the gateway keeps."""
    gateway = world.served.gateway
    with gateway.services.database.read() as connection:
        sealed = deployments.sealed_password(connection, world.sites["alpha"].id)
    opened: str = gateway.services.broker.ledger.vault.open(sealed)
    return opened


def second(world: World, *, there: bool) -> None:
    """Let there be a second administrator, or none."""
    path = f"/deployments/{world.sites['alpha'].id}/administrators"
    if there:
        world.sites["alpha"].control.seed(administrators=[{"userName": "second"}])
    else:
        world.operator.delete(f"{path}/second")
    world.forget()


def test_a_deployment_is_pinged(own_world: World, path: str) -> None:
    found = own_world.call("POST", f"{path}/ping")
    assert found == {"deployment": own_world.sites["alpha"].id, "reachable": True}
    assert own_world.sent() == ["Ping"]


def test_the_only_administrator_is_not_rotated(own_world: World, path: str) -> None:
    second(own_world, there=False)
    before = password(own_world)
    response = own_world.operator.post(f"{path}/rotate-credential", json={})
    problem = assert_problem(response, 409, "CONFLICT")
    assert "keepPassword" in problem["detail"]
    assert own_world.changes() == []
    assert password(own_world) == before


def test_a_kept_password_will_do_instead(own_world: World, path: str) -> None:
    second(own_world, there=False)
    body = {"keepPassword": True}
    assert own_world.call("POST", f"{path}/rotate-credential", body)["verified"] is True


def test_the_new_password_is_tried_used_and_never_shown(own_world: World, path: str) -> None:
    second(own_world, there=True)
    before = password(own_world)
    response = own_world.operator.post(f"{path}/rotate-credential", json={})
    assert response.status_code == 200, response.text
    after = password(own_world)
    assert after != before
    assert response.get_json()["verified"] is True
    operations = own_world.operator.get("/operations?kind=rotateCredential")
    number = operations.get_json()["items"][0]["id"]
    seen = own_world.operator.get(f"/operations/{number}")
    assert after not in response.text + operations.text + seen.text
    own_world.forget()
    own_world.call("POST", f"{path}/ping")
    assert own_world.journal()[0]["authorized"] is True


def test_an_unproved_password_is_used_all_the_same(own_world: World, path: str) -> None:
    second(own_world, there=True)
    before = password(own_world)
    own_world.sites["alpha"].control.fault("drop-before", "Ping", count=10)
    assert own_world.call("POST", f"{path}/rotate-credential", {})["verified"] is False
    own_world.sites["alpha"].control.clear_faults()
    assert password(own_world) != before
    own_world.call("POST", f"{path}/ping")


def test_a_lost_answer_asks_for_another_password_while_the_old_one_works(
    own_world: World, path: str
) -> None:
    second(own_world, there=True)
    own_world.sites["alpha"].control.fault(
        "drop-before", "CreateSystemAdministratorAPIPassword", count=1
    )
    assert own_world.call("POST", f"{path}/rotate-credential", {})["verified"] is True
    own_world.call("POST", f"{path}/ping")


def test_a_password_by_the_raw_command_is_refused(own_world: World, path: str) -> None:
    name = "CreateSystemAdministratorAPIPassword"
    response = own_world.operator.post(
        f"{path}/commands/{name}", json={"arguments": {}}, headers={"Confirm": name}
    )
    assert_problem(response, 409, "CONFLICT")
    assert own_world.sent() == []


def test_of_two_rotations_at_once_one_is_refused(own_world: World, path: str) -> None:
    second(own_world, there=True)
    control = own_world.sites["alpha"].control
    control.fault("delay", "CreateSystemAdministratorAPIPassword", count=1, seconds=1)
    url = f"{path}/rotate-credential"
    first = own_world.operator.post(url, json={}, headers={"Prefer": "wait=0"})
    assert first.status_code == 202
    other = own_world.operator.post(url, json={})
    assert_problem(other, 409, "OPERATION_IN_PROGRESS")
    number = first.get_json()["id"]
    assert own_world.call("GET", f"/operations/{number}")["status"] == "succeeded"
    assert own_world.sent().count("CreateSystemAdministratorAPIPassword") == 1
    own_world.call("POST", f"{path}/ping")


def test_a_second_administrator_restores_what_a_lost_answer_has_locked(
    own_world: World, path: str
) -> None:
    """As docs/runbooks/credentials-refused.md has it (F33)."""
    site = own_world.sites["alpha"]
    said = site.simulator.announcement()
    site.control.seed(administrators=[{"userName": "second", "password": "break-glass"}])
    assert own_world.call("POST", f"{path}/rotate-credential", {})["verified"] is True
    own_world.operator.put(f"{path}/administrators/{said['userName']}/mfa", json={})
    site.control.fault("drop-after", "CreateSystemAdministratorAPIPassword")

    lost = own_world.operator.post(f"{path}/rotate-credential", json={})

    operation = assert_problem(lost, 502)["operation"]
    assert own_world.call("GET", f"/operations/{operation}")["status"] == "unknown"
    assert own_world.call("GET", f"{path}/health")["credential"] == "refused"
    with closing(second_of(said)) as console:
        name = {"userName": said["userName"]}
        console.invoke(DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA, name)
        fresh = {**name, "password": "another-password"}
        assert console.invoke(SET_SYSTEM_ADMINISTRATOR_PASSWORD, fresh).succeeded
    own_world.call("PATCH", path, {"password": "another-password"})
    seen = own_world.call("GET", f"{path}/health")
    assert (seen["reachable"], seen["credential"]) == (True, "accepted")
    assert own_world.call("POST", f"{path}/rotate-credential", {})["verified"] is True


def second_of(said: JSON) -> Client:
    """Return the way of the second administrator, which does not lead through the gateway."""
    endpoint = Endpoint("", "127.0.0.1", said["port"], "second", "break-glass", said["sha256"])
    return Client(endpoint)

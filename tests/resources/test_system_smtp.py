"""Mail settings of a deployment: read back without the password, which goes along each time."""

import json

import pytest

from tests.resources.calls import arguments, refused_here
from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World

PASSWORD = "CANARY-smtp & = % + ü €"
SETTINGS: JSON = {
    "hostname": "mail.example.com",
    "port": 587,
    "protocol": "SMTP-TLS",
    "ignoreSslPolicyErrors": False,
    "authenticationRequired": True,
    "username": "spe&=ü@example.com",
    "fromDisplayName": 'SPE "mail"',
    "fromEmailAddress": "spe@example.com",
    "recipientSystemAdministrator": ["postmaster"],
}


@pytest.fixture
def path(inner_world: World) -> str:
    deployment = f"/deployments/{inner_world.sites['alpha'].id}"
    inner_world.sites["alpha"].control.seed(
        administrators=[{"userName": "postmaster", "emailAddress": "p@example.com"}]
    )
    inner_world.forget()
    return f"{deployment}/smtp"


def test_what_is_written_is_read_back_but_for_the_password(inner_world: World, path: str) -> None:
    response = inner_world.operator.put(path, json={**SETTINGS, "password": PASSWORD})
    assert response.status_code == 200, response.text
    assert response.get_json() == SETTINGS
    config = json.loads(arguments(inner_world, "SetSystemSmtpConfiguration")["config"])
    assert config == {**SETTINGS, "password": PASSWORD}
    read = inner_world.operator.get(path)
    assert read.get_json() == SETTINGS
    assert read.headers["ETag"] == response.headers["ETag"]
    assert "CANARY-smtp" not in response.text + read.text
    inner_world.call("POST", f"{path}/test", status=204)


def test_a_stale_writer_is_kept_out(inner_world: World, path: str) -> None:
    body = {**SETTINGS, "password": PASSWORD}
    response = inner_world.operator.put(path, json=body, headers={"If-Match": '"old"'})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    assert inner_world.changes() == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "/password"),
        ({"hostname": "evil.example.com"}, "/password"),
        ({"password": "x", "ignoreSslPolicyErrors": True}, "/ignoreSslPolicyErrors"),
        ({"password": "x", "port": 0}, "/port"),
        ({"password": "x", "protocol": "HTTP"}, "/protocol"),
        ({"password": "x", "recipientSystemAdministrator": "a,b"}, "/recipientSystemAdministrator"),
        ({"password": None}, "/password"),
    ],
)
def test_bad_settings_change_nothing(
    inner_world: World, path: str, change: JSON, pointer: str
) -> None:
    faults = refused_here(inner_world, "PUT", path, {**SETTINGS, **change})
    assert [fault["pointer"] for fault in faults] == [pointer]

import base64
import json
from pathlib import Path

import pytest

from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import JSON, Client

BOB = {"userName": "bob", "fullName": "Bob", "emailAddress": "bob@msp.example"}


@pytest.fixture
def bob(client: Client) -> Client:
    """A client of a deployment with a second administrator, as the first one."""
    client.result("CreateSystemAdministrator", config=json.dumps(BOB), password="one")
    return client


def login(client: Client, user_name: str, password: str) -> int:
    token = base64.b64encode(f"{user_name}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    return client.send("POST", "/api/invoke/GetEnvironmentInfo", headers=headers)


def administrators(client: Client) -> list[JSON]:
    return client.result("GetSystemAdministrators")


def test_administrators_are_listed(bob: Client) -> None:
    first, second = administrators(bob)

    assert first == {
        "userName": "admin",
        "fullName": None,
        "emailAddress": None,
        "mfaStatus": "disabled",
    }
    assert second == {**BOB, "mfaStatus": "disabled"}


def test_several_log_in_and_are_told_who_they_are(bob: Client, control: Control) -> None:
    assert login(bob, "bob", "two") == 401
    assert login(bob, "bob", "one") == 200
    assert json.loads(bob.body.decode("utf-8-sig"))["result"]["userName"] == "bob"
    assert [entry["caller"] for entry in control.journal()[-2:]] == [None, "bob"]


def test_a_new_password_replaces_the_old(bob: Client) -> None:
    bob.result("SetSystemAdministratorPassword", userName="bob", password="two")

    assert (login(bob, "bob", "one"), login(bob, "bob", "two")) == (401, 200)


def test_the_configuration_is_replaced(bob: Client) -> None:
    bob.result("SetSystemAdministratorConfiguration", config='{"userName": "bob"}')

    assert administrators(bob)[1] == {
        "userName": "bob",
        "fullName": None,
        "emailAddress": None,
        "mfaStatus": "disabled",
    }


def test_with_mfa_only_the_api_password_works(bob: Client, control: Control) -> None:
    assert login(bob, "bob", "one") == 200
    bob.send("POST", "/api/invoke/CreateSystemAdministratorAPIPassword", headers=_basic("one"))
    api_password = json.loads(bob.body.decode("utf-8-sig"))["result"]
    both = login(bob, "bob", "one"), login(bob, "bob", api_password)
    bob.result("InitializeSystemAdministratorMFA", userName="bob")
    status = administrators(bob)[1]["mfaStatus"]
    with_mfa = login(bob, "bob", "one"), login(bob, "bob", api_password)
    bob.result("DeactivateSystemAdministratorMFA", userName="bob")

    assert both == (200, 200)
    assert (status, with_mfa) == ("initialized", (401, 200))
    assert login(bob, "bob", "one") == 200
    assert api_password not in json.dumps(control.state())


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"bob:{password}".encode()).decode()}


def test_a_new_api_password_replaces_the_callers_own(bob: Client) -> None:
    first = bob.result("CreateSystemAdministratorAPIPassword")
    second = bob.result("CreateSystemAdministratorAPIPassword")

    assert (login(bob, "admin", first), login(bob, "admin", second)) == (401, 200)
    assert login(bob, "bob", second) == 401


def test_an_administrator_can_be_deleted_but_not_by_oneself(bob: Client) -> None:
    own = bob.refusal("DeleteSystemAdministrator", userName="admin")
    bob.result("DeleteSystemAdministrator", userName="bob")

    assert own == "You cannot delete yourself."
    assert [one["userName"] for one in administrators(bob)] == ["admin"]
    assert login(bob, "bob", "one") == 401


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"fullName": "Bob"}, "Missing API argument config.userName."),
        (BOB, "The system administrator 'bob' already exists."),
        (
            {**BOB, "password": "x"},
            "Could not find member 'password' on object. Path 'password'.",
        ),
    ],
)
def test_an_administrator_needs_a_name_of_ones_own(bob: Client, config: JSON, message: str) -> None:
    found = bob.refusal("CreateSystemAdministrator", config=json.dumps(config), password="x")

    assert found == message


def test_an_unknown_one_is_refused(bob: Client) -> None:
    message = bob.refusal("SetSystemAdministratorPassword", userName="eve", password="x")

    assert message == "The system administrator 'eve' does not exist."


def test_administrators_and_passwords_outlive_a_restart(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path) as first, Client(first) as client:
        client.result("SetSystemAdministratorPassword", userName="admin", password="new")
        api_password = _with_password(first, "new")

    with Simulator("alpha", data_folder=tmp_path) as second, Client(second) as client:
        assert login(client, "admin", "new") == 200
        assert login(client, "admin", api_password) == 200
        assert login(client, "admin", second.announcement()["password"]) == 401


def _with_password(simulator: Simulator, password: str) -> str:
    with Client(simulator, password) as client:
        return str(client.result("CreateSystemAdministratorAPIPassword"))

"""Passwords, second factors and app passwords: dangerous rights, nothing shown."""

from hashlib import sha256

import pytest

from tests.resources.archive import AWKWARD, Archive
from tests.served import assert_problem

ROUTES = (
    ("PUT", "/users/jane/password", {"password": AWKWARD}, "SetUserPassword"),
    ("PUT", "/users/jane/mfa", None, "InitializeMFA"),
    ("DELETE", "/users/jane/mfa", None, "DisableMFA"),
    ("DELETE", "/users/jane/app-passwords", None, "DeleteAppPasswords"),
)


def kept(archive: Archive, user: str = "jane") -> dict[str, object]:
    """Return what the deployment keeps of a user."""
    state = archive.control.state()
    directory = state["instances"][archive.name]["base_directory"].casefold()
    home = next(key for key in state["archives"] if directory in key)
    found: dict[str, object] = state["archives"][home]["users"][user]
    return found


@pytest.mark.parametrize(("method", "path", "body", "command"), ROUTES)
def test_each_sends_its_command_about_this_user(
    archive: Archive, method: str, path: str, body: dict[str, str] | None, command: str
) -> None:
    response = archive.open(method, path, body)

    assert response.status_code in {200, 204}
    assert archive.changes() == [(command, {"userName": "jane", **(body or {})})]


def test_a_password_arrives_byte_for_byte_and_is_shown_nowhere(archive: Archive) -> None:
    secret = f"{AWKWARD} once"

    response = archive.open("PUT", "/users/jane/password", {"password": secret})

    assert (response.status_code, response.data) == (204, b"")
    assert kept(archive)["password_sha256"] == sha256(secret.encode()).hexdigest()
    operations = archive.world.operator.get("/operations?kind=setUserPassword")
    assert operations.get_json()["items"]
    assert "once" not in operations.text


def test_a_second_factor_is_demanded_and_let_go(archive: Archive) -> None:
    assert archive.call("PUT", "/users/jane/mfa") == {"mfaStatus": "initialized", "setup": None}
    assert archive.call("GET", "/users/jane")["mfaStatus"] == "initialized"

    archive.call("DELETE", "/users/jane/mfa", status=204)
    assert archive.call("GET", "/users/jane")["mfaStatus"] == "disabled"


@pytest.mark.parametrize(("method", "path", "body", "command"), ROUTES)
def test_each_needs_the_dangerous_permission(
    archive: Archive, method: str, path: str, body: dict[str, str] | None, command: str
) -> None:
    helper = archive.caller("users:read", "users:create", "users:update", "users:admin")

    response = archive.open(method, path, body, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission="users:credentials")
    assert command not in archive.commands()


@pytest.mark.parametrize(("method", "path", "body", "command"), ROUTES)
def test_an_administrators_need_the_right_to_make_one(
    archive: Archive, method: str, path: str, body: dict[str, str] | None, command: str
) -> None:
    boss = {"userName": "boss", "privileges": ["admin"]}
    archive.open("POST", "/users", boss)
    helper = archive.caller("users:credentials")
    path = path.replace("jane", "boss")

    response = archive.open(method, path, body, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission="users:admin")
    assert archive.changes() == []
    assert archive.open(method, path, body).status_code in {200, 204}
    assert [sent for sent, _ in archive.changes()] == [command]


@pytest.mark.parametrize(("method", "path", "body", "command"), ROUTES)
def test_reserved_and_absent_users_are_left_alone(
    archive: Archive, method: str, path: str, body: dict[str, str] | None, command: str
) -> None:
    reserved = archive.open(method, path.replace("jane", "%24archiveadmin"), body)
    assert_problem(reserved, 422, "INVALID_INPUT")
    assert archive.commands() == []

    assert_problem(archive.open(method, path.replace("jane", "nobody"), body), 404, "NOT_FOUND")
    assert command not in archive.commands()


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": None}, {"password": ["a"]}])
def test_a_password_must_be_text(archive: Archive, body: dict[str, object]) -> None:
    problem = assert_problem(archive.open("PUT", "/users/jane/password", body), 422)

    assert [fault["pointer"] for fault in problem["errors"]] == ["/password"]
    assert archive.commands() == []


def test_a_lost_answer_to_a_second_factor_makes_a_new_one(archive: Archive) -> None:
    archive.control.fault("drop-after", "InitializeMFA", count=1)

    assert archive.call("PUT", "/users/jane/mfa")["mfaStatus"] == "initialized"
    assert [command for command, _ in archive.changes()] == ["InitializeMFA"] * 2


def test_reading_the_log_does_not_use_a_one_time_result_up(archive: Archive) -> None:
    begun = archive.open("PUT", "/users/jane/mfa", headers={"Prefer": "wait=0"})
    assert begun.status_code == 202, begun.text
    path = begun.headers["Location"]
    archive.world.await_command("InitializeMFA")
    assert archive.client.get(f"{path}/log").status_code == 200
    assert archive.client.get(path).get_json()["result"] is not None
    assert archive.client.get(path).get_json()["result"] is None

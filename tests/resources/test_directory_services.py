"""Directory services: settings whose shape depends on the type, and a password of their own."""

from collections.abc import Iterator

import pytest

from tests.answers import JSON
from tests.resources.archive import AWKWARD, Archive
from tests.served import assert_problem

PASSWORD = f"{AWKWARD} ldap-canary"
SETTINGS = {"serverName": "dc.example.com", "userName": AWKWARD, "options": {"list": [1, None]}}
BODY = {"type": "activeDirectory", "settings": SETTINGS, "password": PASSWORD}
SHOWN = {"type": "activeDirectory", "settings": SETTINGS}
NONE = {"type": "none", "password": None}


@pytest.fixture(autouse=True)
def _reset(archive: Archive) -> Iterator[None]:
    yield
    archive.call("PUT", "/directory-services", NONE)


def test_what_is_written_is_read_back_without_the_password(archive: Archive) -> None:
    found = archive.open("PUT", "/directory-services", BODY)

    sent = {"type": "activeDirectory", **SETTINGS, "password": PASSWORD}
    assert archive.json("SetDirectoryServicesConfiguration", "config") == sent
    assert found.get_json() == SHOWN == archive.call("GET", "/directory-services")
    assert "ldap-canary" not in found.text


def test_other_secrets_are_not_shown_either(archive: Archive) -> None:
    secret = {"clientSecret": "ldap-canary", "inner": {"bindPassword": "ldap-canary", "a": 1}}

    found = archive.open("PUT", "/directory-services", {"type": "gSuite", "settings": secret})

    assert found.get_json() == {"type": "gSuite", "settings": {"inner": {"a": 1}}}
    assert "ldap-canary" not in archive.open("GET", "/directory-services").text
    archive.call("PUT", "/directory-services", {"type": "none", "settings": {"clientSecret": None}})


@pytest.mark.parametrize(
    "body",
    [
        SHOWN,
        {**SHOWN, "settings": {**SETTINGS, "serverName": "evil.example.net"}},
        {**SHOWN, "settings": {}},
        {**SHOWN, "password": None},
        {"type": "ldapGeneric", "settings": SETTINGS},
    ],
)
def test_the_old_password_never_goes_to_other_settings(archive: Archive, body: JSON) -> None:
    archive.call("PUT", "/directory-services", BODY)
    before = archive.control.state_hash()

    response = archive.open("PUT", "/directory-services", body)

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/password"]
    assert archive.changes() == []
    assert archive.control.state_hash() == before


def test_secrets_inside_the_settings_are_demanded_again_too(archive: Archive) -> None:
    body: JSON = {"type": "gSuite", "settings": {"clientSecret": "old", "domain": "a.example"}}
    archive.call("PUT", "/directory-services", body)

    body["settings"] = {"domain": "b.example"}
    response = archive.open("PUT", "/directory-services", body)

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/settings/clientSecret"]
    archive.call("PUT", "/directory-services", {"type": "none", "settings": {"clientSecret": None}})


def test_a_type_without_a_password_drops_the_old_one(archive: Archive) -> None:
    archive.call("PUT", "/directory-services", BODY)

    archive.call("PUT", "/directory-services", NONE)

    assert archive.json("SetDirectoryServicesConfiguration", "config") == {"type": "none"}


def test_if_match_keeps_a_stale_writer_out(archive: Archive) -> None:
    stale = archive.open("GET", "/directory-services").headers["ETag"]
    archive.call("PUT", "/directory-services", BODY)

    late = archive.open("PUT", "/directory-services", BODY, headers={"If-Match": stale})

    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": None}, "/type"),
        ({"type": "Active Directory"}, "/type"),
        ({"settings": []}, "/settings"),
        ({"settings": None}, "/settings"),
        ({"settings": {"password": "x"}}, "/settings/password"),
        ({"settings": {"type": "x"}}, "/settings/type"),
        ({"settings": {"ignoreSslPolicyErrors": True}}, "/settings/ignoreSslPolicyErrors"),
        ({"password": ["x"]}, "/password"),
        ({"serverName": "x"}, "/serverName"),
    ],
)
def test_bad_input_changes_nothing(archive: Archive, body: JSON, pointer: str) -> None:
    response = archive.open("PUT", "/directory-services", BODY | body)

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []


@pytest.mark.parametrize("dry", [True, False])
def test_users_are_synchronised_or_it_is_only_said(archive: Archive, dry: bool) -> None:  # noqa: FBT001 # a case
    archive.call("PUT", "/directory-services", BODY)
    deployment = archive.world.sites["alpha"].simulator.server.deployment
    with deployment.clock.monitor:
        instance = deployment.state.instances[archive.name]
        deployment.archive(instance).directory = [{"userName": f"new-{dry}"}]

    found = archive.call("POST", "/directory-services/sync", {"dryRun": dry})

    assert archive.sent("SyncUsersWithDirectoryServices") == {"dryRun": str(dry).lower()}
    assert found["dryRun"] is dry
    assert found["changes"] == [{"userName": f"new-{dry}", "changeType": "added"}]
    assert "1 users to change" in found["log"]
    names = [user["userName"] for user in archive.call("GET", "/users")["items"]]
    assert (f"new-{dry}" in names) is not dry


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [
        ("PUT", "", BODY, "directory-services:update"),
        ("POST", "/sync", {}, "directory-services:run"),
    ],
)
def test_dangerous_verbs_have_rights_of_their_own(
    archive: Archive, method: str, path: str, body: JSON, permission: str
) -> None:
    helper = archive.caller("directory-services:read", "users:create", "users:update")

    response = archive.open(method, f"/directory-services{path}", body, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission=permission)
    assert archive.commands() == []

"""Profiles: passwords go in and never come out; exports, files and owners are for operators."""

import json
from typing import Any

import pytest

from tests.resources.archive import AWKWARD, Archive
from tests.resources.calls import refused
from tests.served import assert_problem
from tests.simulated import JSON

PASSWORD = "CANARY-profile-password & = % + ü €"
DETAILS = {"host": "imap.example.com", "userName": AWKWARD, "password": PASSWORD}
PROFILE: JSON = {"name": AWKWARD, "type": "I", "connector": "IMAP", "details": DETAILS}
EXECUTION = {
    "automatic": True,
    "automaticPauseBetweenExecutions": 300,
    "automaticMaintenanceWindows": "22:00-04:00",
}


@pytest.fixture
def profile(archive: Archive) -> JSON:
    return archive.call("POST", "/profiles", PROFILE, 201)


def test_a_profile_is_made_as_it_was_said(archive: Archive) -> None:
    body = {**PROFILE, "serverSideExecution": EXECUTION}
    response = archive.open("POST", "/profiles", body)
    assert response.status_code == 201, response.text
    sent = archive.sent("CreateProfile")
    assert sent["raw"] == "true"
    assert json.loads(sent["properties"]) == body
    made = response.get_json()
    assert made["details"] == {"host": "imap.example.com", "userName": AWKWARD}
    assert made["serverSideExecution"] == EXECUTION
    assert archive.call("GET", f"/profiles/{made['id']}") == made
    assert made in archive.call("GET", "/profiles")["items"]
    page = archive.client.get(f"/operations?instance={archive.id}&kind=createProfile")
    assert "CANARY-profile" not in response.text + page.text


def test_execution_by_itself_is_switched_and_seen(archive: Archive, profile: JSON) -> None:
    path = f"/profiles/{profile['id']}/server-side-execution"
    assert archive.call("PUT", path, EXECUTION)["serverSideExecution"] == EXECUTION
    assert archive.sent("SetProfileServerSideExecution") == {
        "id": str(profile["id"]),
        "automatic": "true",
        "automaticPauseBetweenExecutions": "300",
        "automaticMaintenanceWindows": "22:00-04:00",
    }
    seen = archive.call("PUT", path, {"automatic": False})["serverSideExecution"]
    assert seen["automatic"] is False
    response = archive.open("PUT", path, EXECUTION, headers={"If-Match": '"old"'})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


def test_a_run_leaves_a_result(archive: Archive, profile: JSON) -> None:
    run = archive.call("POST", f"/profiles/{profile['id']}/run")
    assert archive.changes() == [("RunProfile", {"id": str(profile["id"])})]
    assert run["finished"] is True
    results = archive.call("GET", "/worker-results")["items"]
    assert [one["profileId"] for one in results][-1] == profile["id"]


def test_a_temporary_profile_is_run_and_not_kept(archive: Archive) -> None:
    before = archive.call("GET", "/profiles")["items"]
    assert archive.call("POST", "/profiles/run-temporary", PROFILE)["finished"] is True
    assert json.loads(archive.sent("RunTemporaryProfile")["properties"]) == PROFILE
    assert archive.call("GET", "/profiles")["items"] == before


def test_a_deleted_profile_is_gone(archive: Archive, profile: JSON) -> None:
    path = f"/profiles/{profile['id']}"
    archive.call("DELETE", path, status=204)
    assert archive.changes() == [("DeleteProfile", {"id": str(profile["id"])})]
    for method in ("GET", "DELETE"):
        assert_problem(archive.open(method, path), 404, "NOT_FOUND")
    assert_problem(archive.open("POST", f"{path}/run"), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/profiles", "/profiles/run-temporary"])
@pytest.mark.parametrize(
    "change",
    [
        {"type": "E"},
        {"type": "export"},
        {"connector": "FileSystem"},
        {"connector": "EmlFile"},
        {"connector": "Outlook"},
        {"owner": "admin"},
    ],
)
def test_exports_files_and_owners_are_for_operators(
    archive: Archive, path: str, change: JSON
) -> None:
    response = archive.open("POST", path, {**PROFILE, **change})
    assert_problem(response, 403, "PERMISSION_MISSING", permission="profiles:any")
    assert archive.world.sent() == []


def test_an_operator_may_name_an_owner(archive: Archive) -> None:
    body = {**PROFILE, "owner": "jane"}
    response = archive.open("POST", "/profiles", body, archive.world.operator)
    assert response.status_code == 201, response.text
    assert response.get_json()["owner"] == "jane"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"id": 3}, "/id"),
        ({"version": 1}, "/version"),
        ({"details": []}, "/details"),
        ({"details": {"host": ["a", "b"]}}, "/details/host"),
        ({"connector": None}, "/connector"),
        (
            {"serverSideExecution": {"automatic": True}},
            "/serverSideExecution/automaticPauseBetweenExecutions",
        ),
        ({"name": ""}, "/name"),
    ],
)
def test_bad_profiles_are_not_made(archive: Archive, change: JSON, pointer: str) -> None:
    faults = refused(archive, "POST", "/profiles", {**PROFILE, **change})
    assert [fault["pointer"] for fault in faults] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"automatic": True},
        {"automatic": False, "automaticPauseBetweenExecutions": 3},
        {**EXECUTION, "automaticMaintenanceWindows": "22:00-25:00"},
        {**EXECUTION, "automaticPauseBetweenExecutions": -1},
        {"automatic": "true"},
    ],
)
def test_bad_executions_change_nothing(archive: Archive, profile: JSON, body: JSON) -> None:
    refused(archive, "PUT", f"/profiles/{profile['id']}/server-side-execution", body)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_makes_one_profile(archive: Archive, fault: str) -> None:
    def count() -> int:
        items: list[Any] = archive.call("GET", "/profiles")["items"]
        return len(items)

    before = count()
    archive.control.fault(fault, "CreateProfile", count=1)
    made = archive.call("POST", "/profiles", PROFILE, 201)
    assert count() == before + 1
    archive.control.fault(fault, "DeleteProfile", count=1)
    archive.call("DELETE", f"/profiles/{made['id']}", status=204)
    assert count() == before

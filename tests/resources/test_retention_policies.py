"""Retention policies, which pass as they are; and the deletion of what has expired."""

from typing import Any

import pytest

from tests.answers import JSON
from tests.resources.archive import AWKWARD, Archive
from tests.served import assert_problem

POLICIES = [{"name": AWKWARD, "years": 10, "nested": {"deep": [1.5, None, True]}}, {"name": "b\nc"}]


def test_what_is_written_is_read_back(archive: Archive) -> None:
    found = archive.call("PUT", "/retention-policies", {"policies": POLICIES})

    assert archive.json("SetRetentionPolicies", "config") == POLICIES
    assert found == {"policies": POLICIES} == archive.call("GET", "/retention-policies")


def test_all_policies_can_be_taken_away(archive: Archive) -> None:
    assert archive.call("PUT", "/retention-policies", {"policies": []}) == {"policies": []}


def test_if_match_keeps_a_stale_writer_out(archive: Archive) -> None:
    archive.call("PUT", "/retention-policies", {"policies": []})
    stale = archive.open("GET", "/retention-policies").headers["ETag"]
    archive.call("PUT", "/retention-policies", {"policies": POLICIES})

    response = archive.open(
        "PUT", "/retention-policies", {"policies": []}, headers={"If-Match": stale}
    )

    assert_problem(response, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


@pytest.mark.parametrize("policies", ["", 1, True, None])
def test_policies_that_are_none_change_nothing(archive: Archive, policies: object) -> None:
    response = archive.open("PUT", "/retention-policies", {"policies": policies})

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/policies"]
    assert archive.commands() == []


def test_processing_says_what_was_done(archive: Archive) -> None:
    found = archive.call("POST", "/retention-policies/process")

    assert archive.sent("ProcessRetentionPolicies") == {}
    assert found["finished"] is True
    assert "messages deleted" in found["log"]


def test_nothing_is_deleted_under_legal_hold(archive: Archive) -> None:
    held: JSON = {"legalHoldEnabled": True, "logSuccessfulUserActivities": []}
    archive.call("PUT", "/compliance", held)
    try:
        response = archive.open("POST", "/retention-policies/process")
        problem: Any = assert_problem(response, 409, "CONFLICT")
        assert "Legal hold" in problem["detail"]
    finally:
        archive.call("PUT", "/compliance", {**held, "legalHoldEnabled": False})


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [
        ("PUT", "", {"policies": []}, "retention-policies:update"),
        ("POST", "/process", None, "retention-policies:run"),
    ],
)
def test_dangerous_verbs_have_rights_of_their_own(
    archive: Archive, method: str, path: str, body: JSON | None, permission: str
) -> None:
    helper = archive.caller("retention-policies:read", "compliance:update")

    response = archive.open(method, f"/retention-policies{path}", body, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission=permission)
    assert archive.commands() == []

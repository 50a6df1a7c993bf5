"""Compliance settings."""

import pytest

from tests.answers import JSON
from tests.resources.archive import Archive
from tests.served import assert_problem

HELD = {"legalHoldEnabled": True, "logSuccessfulUserActivities": ["UserAdd", "UserDelete"]}


def test_what_is_written_is_read_back(archive: Archive) -> None:
    body = {**HELD, "adminEmailPreviewEnabled": False}

    found = archive.call("PUT", "/compliance", body)

    assert found == body == archive.call("GET", "/compliance")


def test_the_whole_is_sent_with_what_was_left_out_as_it_was(archive: Archive) -> None:
    before = archive.call("GET", "/compliance")["adminEmailPreviewEnabled"]

    archive.call("PUT", "/compliance", HELD)

    written = {**HELD, "adminEmailPreviewEnabled": before}
    assert archive.json("SetComplianceConfiguration", "config") == written
    assert archive.call("GET", "/compliance") == written


def test_if_match_keeps_a_stale_writer_out(archive: Archive) -> None:
    stale = archive.open("GET", "/compliance").headers["ETag"]
    body = {**HELD, "logSuccessfulUserActivities": []}
    fresh = archive.open("PUT", "/compliance", body, headers={"If-Match": stale})
    assert fresh.headers["ETag"] == archive.open("GET", "/compliance").headers["ETag"] != stale

    late = archive.open("PUT", "/compliance", HELD, headers={"If-Match": stale})

    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []
    assert archive.call("GET", "/compliance")["logSuccessfulUserActivities"] == []


def test_what_a_version_lacks_is_refused(archive: Archive) -> None:
    archive.answers("GetComplianceConfiguration", HELD)

    body = {**HELD, "adminEmailPreviewEnabled": True}
    problem = assert_problem(archive.open("PUT", "/compliance", body), 422, "INVALID_INPUT")

    faults = [(fault["pointer"], fault["code"]) for fault in problem["errors"]]
    assert faults == [("/adminEmailPreviewEnabled", "NOT_SUPPORTED")]
    assert archive.changes() == []


def test_members_that_only_newer_versions_know_are_sent_back(archive: Archive) -> None:
    archive.answers("GetComplianceConfiguration", {**HELD, "future": {"a": [1]}})

    archive.open("PUT", "/compliance", HELD)

    assert archive.json("SetComplianceConfiguration", "config") == {**HELD, "future": {"a": [1]}}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**HELD, "legalHoldEnabled": "true"}, "/legalHoldEnabled"),
        ({**HELD, "legalHoldEnabled": None}, "/legalHoldEnabled"),
        ({**HELD, "logSuccessfulUserActivities": "UserAdd"}, "/logSuccessfulUserActivities"),
        ({**HELD, "logSuccessfulUserActivities": ["a b"]}, "/logSuccessfulUserActivities/0"),
        ({**HELD, "globalRetentionTimeYears": 1}, "/globalRetentionTimeYears"),
        ({"legalHoldEnabled": True}, "/logSuccessfulUserActivities"),
        ({"logSuccessfulUserActivities": []}, "/legalHoldEnabled"),
    ],
)
def test_bad_input_changes_nothing(archive: Archive, body: JSON, pointer: str) -> None:
    problem = assert_problem(archive.open("PUT", "/compliance", body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []


def test_a_lost_answer_is_sent_once_more(archive: Archive) -> None:
    archive.control.fault("drop-before", "SetComplianceConfiguration", count=1)

    assert archive.call("PUT", "/compliance", HELD)["legalHoldEnabled"] is True
    assert [command for command, _ in archive.changes()] == ["SetComplianceConfiguration"] * 2

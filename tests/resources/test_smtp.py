"""Mail settings: what is written is read back, but for the password, which goes nowhere else."""

import pytest

from tests.answers import JSON
from tests.resources.archive import AWKWARD, Archive
from tests.served import assert_problem

PASSWORD = f"{AWKWARD} smtp-canary"
SETTINGS = {
    "hostname": "mail.example.com",
    "port": 465,
    "protocol": "SMTP-SSL",
    "ignoreSslPolicyErrors": False,
    "authenticationRequired": True,
    "username": AWKWARD,
    "fromDisplayName": AWKWARD,
    "fromEmailAddress": "archive+x@example.com",
    "recipientEmailAddresses": ["a@example.com", "b,c@example.com"],
}
BODY = {**SETTINGS, "password": PASSWORD}


def test_what_is_written_is_read_back_without_the_password(archive: Archive) -> None:
    found = archive.open("PUT", "/smtp", BODY)

    assert archive.json("SetSmtpSettings", "settings") == BODY
    assert found.get_json() == SETTINGS == archive.call("GET", "/smtp")
    assert "smtp-canary" not in found.text


def test_the_password_is_shown_nowhere(archive: Archive) -> None:
    archive.call("PUT", "/smtp", BODY)

    operations = archive.world.operator.get("/operations?kind=setSmtpSettings")

    assert operations.get_json()["items"]
    assert "smtp-canary" not in operations.text


def test_the_entity_tag_says_nothing_of_the_password(archive: Archive) -> None:
    first = archive.open("PUT", "/smtp", BODY).headers["ETag"]
    second = archive.open("PUT", "/smtp", {**BODY, "password": "another"}).headers["ETag"]
    third = archive.open("PUT", "/smtp", {**BODY, "port": 587}).headers["ETag"]

    assert first == second != third


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"hostname": "evil.example.net"},
        {"port": 25},
        {"protocol": "SMTP"},
        {"username": "other"},
        {"ignoreSslPolicyErrors": True},
    ],
)
def test_the_old_password_never_goes_to_other_settings(archive: Archive, change: JSON) -> None:
    archive.call("PUT", "/smtp", BODY)
    before = archive.control.state_hash()

    problem = assert_problem(archive.open("PUT", "/smtp", SETTINGS | change), 422, "INVALID_INPUT")

    assert "/password" in [fault["pointer"] for fault in problem["errors"]]
    assert archive.commands() == []
    assert archive.control.state_hash() == before


def test_the_check_of_certificates_is_not_switched_off(archive: Archive) -> None:
    archive.call("PUT", "/smtp", BODY)

    response = archive.open("PUT", "/smtp", {**BODY, "ignoreSslPolicyErrors": True})

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/ignoreSslPolicyErrors"]
    assert archive.changes() == []


def test_where_the_check_is_off_it_may_stay_off(archive: Archive) -> None:
    archive.answers("GetSmtpSettings", {"ignoreSslPolicyErrors": True})

    found = archive.call("PUT", "/smtp", {**BODY, "ignoreSslPolicyErrors": True})

    assert found["ignoreSslPolicyErrors"] is True
    archive.call("PUT", "/smtp", BODY)


def test_without_log_in_no_password_is_needed(archive: Archive) -> None:
    body = {**SETTINGS, "authenticationRequired": False, "username": None}

    assert archive.call("PUT", "/smtp", body) == body
    assert "password" not in archive.json("SetSmtpSettings", "settings")


def test_what_is_left_out_is_not_set(archive: Archive) -> None:
    body = {name: BODY[name] for name in ("hostname", "port", "protocol", "fromEmailAddress")}

    found = archive.call("PUT", "/smtp", {**body, "authenticationRequired": False})

    assert (found["fromDisplayName"], found["username"]) == (None, None)
    assert found["recipientEmailAddresses"] == []


def test_if_match_keeps_a_stale_writer_out(archive: Archive) -> None:
    archive.call("PUT", "/smtp", BODY)
    stale = archive.open("GET", "/smtp").headers["ETag"]
    archive.call("PUT", "/smtp", {**BODY, "port": 26})

    late = archive.open("PUT", "/smtp", BODY, headers={"If-Match": stale})

    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"port": 0}, "/port"),
        ({"port": 65536}, "/port"),
        ({"port": "25"}, "/port"),
        ({"protocol": "smtp"}, "/protocol"),
        ({"hostname": "a b"}, "/hostname"),
        ({"hostname": "user@host"}, "/hostname"),
        ({"hostname": "host/path"}, "/hostname"),
        ({"hostname": None}, "/hostname"),
        ({"username": None}, "/username"),
        ({"password": None}, "/password"),
        ({"password": ""}, "/password"),
        ({"recipientEmailAddresses": "a@example.com"}, "/recipientEmailAddresses"),
        ({"recipientSystemAdministrator": []}, "/recipientSystemAdministrator"),
    ],
)
def test_bad_input_changes_nothing(archive: Archive, body: JSON, pointer: str) -> None:
    problem = assert_problem(archive.open("PUT", "/smtp", BODY | body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []


def test_a_test_mail_goes_to_the_recipients(archive: Archive) -> None:
    archive.call("PUT", "/smtp", BODY)

    assert archive.call("POST", "/smtp/test") == {"finished": True, "log": ""}
    assert archive.sent("TestSmtpSettings") == {}


def test_without_settings_no_test_is_sent(archive: Archive) -> None:
    archive.control.fault("failed", "TestSmtpSettings", count=1)
    archive.answers("GetSmtpSettings", {"hostname": None})

    assert_problem(archive.open("POST", "/smtp/test"), 409, "CONFLICT")


@pytest.mark.parametrize(
    ("method", "path", "body", "permission"),
    [("PUT", "", BODY, "smtp:update"), ("POST", "/test", None, "smtp:run")],
)
def test_dangerous_verbs_have_rights_of_their_own(
    archive: Archive, method: str, path: str, body: JSON | None, permission: str
) -> None:
    response = archive.open(method, f"/smtp{path}", body, client=archive.caller("smtp:read"))

    assert_problem(response, 403, "PERMISSION_MISSING", permission=permission)
    assert archive.commands() == []

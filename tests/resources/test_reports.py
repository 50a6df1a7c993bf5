"""Status reports: to whom, about what, and never to a list in disguise."""

import pytest

from tests.resources.archive import Archive
from tests.resources.calls import refused
from tests.served import assert_problem
from tests.simulated import JSON

REPORT = {"timespan": "lastweek", "recipients": ["jane@example.com", "j+oe&x=1@example.com"]}
SMTP = {"hostname": "mail.example.com", "port": 25, "protocol": "SMTP"}


def test_a_report_goes_to_each_recipient(archive: Archive) -> None:
    settings = {**SMTP, "authenticationRequired": False, "fromEmailAddress": "a@example.com"}
    response = archive.open("PUT", "/smtp", settings)
    assert response.status_code == 200, response.text
    zone = "W. Europe Standard Time"
    archive.call("POST", "/status-reports", {**REPORT, "timeZoneId": zone}, 204)
    assert archive.sent("SendStatusReport") == {
        "timespan": "lastweek",
        "timeZoneId": zone,
        "recipients": "jane@example.com,j+oe&x=1@example.com",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"timespan": "lastweek"},
        {**REPORT, "recipients": []},
        {**REPORT, "recipients": "jane@example.com"},
        {**REPORT, "recipients": ["a@example.com,b@example.com"]},
        {**REPORT, "recipients": ["nobody"]},
        {**REPORT, "recipients": [f"a{number}@example.com" for number in range(21)]},
        {**REPORT, "timespan": "ever"},
        {**REPORT, "timespan": None},
    ],
)
def test_bad_reports_are_not_sent(archive: Archive, body: JSON) -> None:
    refused(archive, "POST", "/status-reports", body)


def test_only_domains_that_the_provider_allows_are_written_to(archive: Archive) -> None:
    body = {**REPORT, "recipients": ["jane@example.com", "jane@example.net"]}
    faults = refused(archive, "POST", "/status-reports", body)
    assert [(f["pointer"], f["code"]) for f in faults] == [("/recipients/1", "DOMAIN_NOT_ALLOWED")]


def test_too_many_reports_are_refused_until_tomorrow(archive: Archive) -> None:
    settings = {**SMTP, "authenticationRequired": False, "fromEmailAddress": "a@example.com"}
    assert archive.open("PUT", "/smtp", settings).status_code == 200
    limit = archive.world.served.settings.reports_per_day
    answers = [archive.open("POST", "/status-reports", REPORT) for _ in range(limit + 1)]
    assert {response.status_code for response in answers[:-1]} <= {204, 429}
    assert_problem(answers[-1], 429, "REPORT_LIMIT_REACHED")
    assert 86000 < int(answers[-1].headers["Retry-After"]) <= 86401
    assert archive.world.sent() == []


def test_sending_needs_its_own_permission(archive: Archive) -> None:
    client = archive.caller("instances:read")
    response = archive.open("POST", "/status-reports", REPORT, client)
    assert_problem(response, 403, "PERMISSION_MISSING", permission="reports:send")
    assert archive.world.sent() == []

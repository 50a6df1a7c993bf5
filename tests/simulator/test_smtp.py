import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
SETTINGS = {
    "hostname": "mail.acme.example",
    "port": 465,
    "protocol": "SMTP-SSL",
    "ignoreSslPolicyErrors": True,
    "authenticationRequired": True,
    "username": "sender",
    "password": "geheim",
    "fromDisplayName": "Archive",
    "fromEmailAddress": "archive@acme.example",
}
INSTANCE = {**SETTINGS, "recipientEmailAddresses": ["admin@acme.example"]}
SYSTEM = {**SETTINGS, "recipientSystemAdministrator": ["bob", "admin"]}
REPORT = {**ACME, "timespan": "yesterday", "timeZoneId": "UTC"}


def configure(client: Client, settings: JSON) -> None:
    client.result("SetSmtpSettings", **ACME, settings=json.dumps(settings))


def mails(control: Control) -> list[JSON]:
    (archive,) = control.state()["archives"].values()
    return archive["mails"]


def test_the_settings_of_an_instance_are_read_without_the_password(acme: Client) -> None:
    before = acme.result("GetSmtpSettings", **ACME)
    configure(acme, INSTANCE)

    assert (before["hostname"], before["recipientEmailAddresses"]) == (None, [])
    assert acme.result("GetSmtpSettings", **ACME) == {**INSTANCE, "password": None}


def test_a_test_mail_is_sent(acme: Client, control: Control) -> None:
    configure(acme, INSTANCE)
    acme.result("TestSmtpSettings", **ACME)

    assert mails(control) == [
        {
            "kind": "test",
            "hostname": "mail.acme.example",
            "recipients": ["admin@acme.example"],
        }
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "No SMTP server has been configured."),
        ({**INSTANCE, "password": None}, "Authentication failed."),
        ({**INSTANCE, "recipientEmailAddresses": []}, "No recipients have been specified."),
    ],
)
def test_a_test_mail_needs_settings(acme: Client, settings: JSON, message: str) -> None:
    configure(acme, settings)

    assert acme.refusal("TestSmtpSettings", **ACME) == message


@pytest.mark.parametrize("change", [{"protocol": "smtp"}, {"port": 0}, {"port": 65536}])
def test_settings_that_cannot_be_are_refused(acme: Client, change: JSON) -> None:
    settings = json.dumps({**INSTANCE, **change})
    message = acme.refusal("SetSmtpSettings", **ACME, settings=settings)

    assert message == "Specified argument was out of the range of valid values."


def test_the_management_server_writes_to_administrators(client: Client, control: Control) -> None:
    control.seed(administrators=[{"userName": "bob", "emailAddress": "bob@msp.example"}])
    client.result("SetSystemSmtpConfiguration", config=json.dumps(SYSTEM))
    client.result("TestSystemSmtpConfiguration")

    assert client.result("GetSystemSmtpConfiguration") == {**SYSTEM, "password": None}
    assert control.state()["mails"][0]["recipients"] == ["bob@msp.example"]


def test_only_administrators_are_told(client: Client) -> None:
    message = client.refusal("SetSystemSmtpConfiguration", config=json.dumps(SYSTEM))

    assert message == "The system administrator 'bob' does not exist."
    assert client.refusal("TestSystemSmtpConfiguration") == "No SMTP server has been configured."


def test_a_status_report_is_sent(acme: Client, control: Control) -> None:
    configure(acme, INSTANCE)
    acme.result("SendStatusReport", **REPORT, recipients="a@x.example, b@x.example")

    assert mails(control)[0]["kind"] == "status report yesterday"
    assert mails(control)[0]["recipients"] == ["a@x.example", "b@x.example"]


def test_a_status_report_needs_addresses_and_a_server(acme: Client) -> None:
    without = acme.refusal("SendStatusReport", **REPORT, recipients="a@x.example")
    wrong = acme.refusal("SendStatusReport", **REPORT, recipients="a@x.example,bob")

    assert without == "No SMTP server has been configured."
    assert wrong == "Specified argument was out of the range of valid values."

import base64
import http.client

import pytest

from tests.simulated import Control
from tests.simulator.client import Client


def test_the_journal_tells_what_was_asked(acme: Client, control: Control) -> None:
    acme.send(
        "POST",
        "/api/invoke/SetUserFullName?x=1",
        b"instanceID=acme&userName=jane&fullName=J%C3%A4ne",
    )
    entry = control.journal()[0]

    assert base64.b64decode(entry["body"]).endswith(b"J%C3%A4ne")
    assert entry["arguments"] == [
        ["instanceID", "acme"],
        ["userName", "jane"],
        ["fullName", "Jäne"],
    ]
    assert {key: entry[key] for key in ("method", "path", "query", "command", "status")} == {
        "method": "POST",
        "path": "/api/invoke/SetUserFullName",
        "query": "x=1",
        "command": "SetUserFullName",
        "status": 200,
    }
    assert (entry["authorized"], entry["effect"], entry["changed"]) == (True, "change", True)


def test_a_change_that_changes_nothing_is_told_apart(acme: Client, control: Control) -> None:
    acme.result("RenameStore", instanceID="acme", id=1, name="Mail")
    acme.refusal("RenameStore", instanceID="acme", id=9, name="Mail")

    told = [(entry["effect"], entry["changed"]) for entry in control.journal()]
    assert told == [("change", False), ("change", False)]


def test_reading_is_told_from_changing(acme: Client, control: Control) -> None:
    acme.result("GetInstances", instanceFilter="*")
    envelope = acme.call("VerifyStore", instanceID="acme", id=1)
    acme.poll(envelope)
    acme.control("cancel-async", token=envelope["token"])

    effects = {entry["command"]: entry["effect"] for entry in control.journal()}
    assert effects == {
        "GetInstances": "read",
        "VerifyStore": "change",
        "get-status": "read",
        "cancel-async": "change",
    }


def test_what_a_dropped_request_wanted_is_told(acme: Client, control: Control) -> None:
    control.fault("drop-before", "DeleteUser")
    with pytest.raises(http.client.RemoteDisconnected):
        acme.call("DeleteUser", instanceID="acme", userName="jane")
    entry = control.journal()[0]

    assert entry["arguments"] == [["instanceID", "acme"], ["userName", "jane"]]
    assert (entry["effect"], entry["changed"], entry["status"]) == ("change", False, None)


def test_the_unauthorised_are_recorded_too(client: Client, control: Control) -> None:
    client.send("POST", "/api/invoke/Ping", headers={})
    entry = control.journal()[0]

    assert (entry["authorized"], entry["status"]) == (False, 401)
    assert control.commands() == []


def test_the_numbers_go_on_after_clearing(client: Client, control: Control) -> None:
    client.call("Ping")
    before = control.journal()[-1]["sequence"]
    control.forget_journal()
    client.call("Ping")

    assert [entry["sequence"] for entry in control.journal()] == [before + 1]

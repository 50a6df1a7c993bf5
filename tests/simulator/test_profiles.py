import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
RAW = {**ACME, "raw": "true"}
PROPERTIES = {
    "name": "Exchange",
    "type": "import",
    "connector": "Office365",
    "owner": "jane",
    "details": {"hostname": "mail.acme.example", "password": "geheim"},
}
WINDOW = {"fromIncluding": "2026-03-01T00:00:00", "toExcluding": "2026-03-05T00:00:00"}


@pytest.fixture
def profile(acme: Client, control: Control) -> Client:
    """A client of an instance with one profile, in March."""
    control.set_clock("2026-03-02T10:00:00+00:00")
    acme.result("CreateProfile", **RAW, properties=json.dumps(PROPERTIES))
    return acme


def results(client: Client) -> list[JSON]:
    return client.result("GetWorkerResults", **ACME, **WINDOW, timeZoneID="UTC")


def test_a_profile_is_read_without_its_password(profile: Client) -> None:
    assert profile.result("GetProfiles", **RAW) == [
        {
            "id": 1,
            "version": 1,
            **PROPERTIES,
            "details": {"hostname": "mail.acme.example", "password": None},
            "serverSideExecution": {"automatic": False, "automaticPauseBetweenExecutions": 0},
        }
    ]


def test_only_raw_profiles_are_known(profile: Client) -> None:
    expected = "Currently only raw profiles are supported."

    assert profile.refusal("GetProfiles", **ACME, raw="false") == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "Missing API argument properties.name."),
        ({"connector": None}, "Missing API argument properties.connector."),
        ({"id": 3}, "Specified argument was out of the range of valid values."),
        ({"details": []}, "Specified argument was out of the range of valid values."),
    ],
)
def test_a_profile_needs_its_properties(acme: Client, change: JSON, message: str) -> None:
    properties = json.dumps({**PROPERTIES, **change})

    assert acme.refusal("CreateProfile", **RAW, properties=properties) == message
    assert acme.refusal("RunTemporaryProfile", **RAW, properties=properties) == message


def test_properties_are_an_object(acme: Client) -> None:
    message = acme.refusal("CreateProfile", **RAW, properties="[]")

    assert message == "Missing API argument properties."


def test_a_run_archives_messages_and_leaves_a_result(profile: Client, control: Control) -> None:
    before = profile.result("GetStores", **ACME)[0]["statisticsCount"]
    envelope = profile.call("RunProfile", **ACME, id=1)
    control.advance(60)
    last, log = profile.drained(envelope)
    (result,) = results(profile)

    assert (last["statusCode"], last["result"]) == ("succeeded", None)
    assert log == "Executing profile 'Exchange'...\r\n  25 messages processed.\r\n"
    assert profile.result("GetStores", **ACME)[0]["statisticsCount"] == before + 25
    folders = profile.result("GetFolderStatistics", **ACME)
    assert ("jane/Exchange", 25) in [(one["folder"], one["count"]) for one in folders]
    assert list(result.items()) == [
        ("id", 1),
        ("userName", "jane"),
        ("profileId", 1),
        ("profileName", "Exchange"),
        ("result", "succeeded"),
        ("itemsArchived", 25),
        ("startTime", "2026-03-02T10:00:00"),
        ("completeTime", result["completeTime"]),
        ("machineName", "alpha-host1"),
    ]


def test_a_report_tells_what_a_run_did(profile: Client, control: Control) -> None:
    profile.call("RunProfile", **ACME, id=1)
    control.advance(60)
    report = profile.result("GetWorkerResultReport", **ACME, id=1)
    message = profile.refusal("GetWorkerResultReport", **ACME, id=2)

    assert "25 messages processed" in report["report"]
    assert message == "The worker result with ID 2 does not exist."


def test_a_temporary_profile_is_nowhere_but_in_its_result(acme: Client, control: Control) -> None:
    control.set_clock("2026-03-02T10:00:00+00:00")
    acme.call("RunTemporaryProfile", **RAW, properties=json.dumps(PROPERTIES))
    control.advance(60)

    assert acme.result("GetProfiles", **RAW) == []
    assert "profileId" not in results(acme)[0]
    assert results(acme)[0]["itemsArchived"] == 25


def test_an_export_archives_nothing(acme: Client, control: Control) -> None:
    acme.call("RunTemporaryProfile", **RAW, properties=json.dumps({**PROPERTIES, "type": "export"}))
    control.advance(60)

    assert acme.result("GetStores", **ACME)[0]["statisticsCount"] == 1249


@pytest.mark.parametrize(("code", "expected"), [("cancelled", "cancelled"), ("failed", "failed")])
def test_a_run_that_ends_early_leaves_a_result_too(
    profile: Client, control: Control, code: str, expected: str
) -> None:
    envelope = profile.call("RunProfile", **ACME, id=1)
    control.transition(envelope["token"], code)

    assert [(one["result"], one["itemsArchived"]) for one in results(profile)] == [(expected, 0)]


def test_without_a_store_to_archive_to_a_run_fails(profile: Client, control: Control) -> None:
    ready = profile.result("CanRunArchiveProfiles", **ACME)
    profile.result("SetStoreRequestedState", **ACME, id=1, requestedState="writeProtected")
    envelope = profile.call("RunProfile", **ACME, id=1)
    control.advance(60)
    last = profile.poll(envelope)

    assert ready == {"value": True}
    assert profile.result("CanRunArchiveProfiles", **ACME) == {"value": False}
    assert last["error"]["message"] == "There is no archive store that takes new messages."
    assert [one["result"] for one in results(profile)] == ["failed"]


def test_what_clients_execute_cannot_be_run(acme: Client) -> None:
    properties = json.dumps({**PROPERTIES, "connector": "Outlook"})
    message = acme.refusal("RunTemporaryProfile", **RAW, properties=properties)

    assert message == "Only profiles that are executed on server side can be run."


def test_the_server_side_execution_is_read_back(profile: Client) -> None:
    change = {**ACME, "id": 1, "automatic": "true", "automaticPauseBetweenExecutions": 300}
    profile.result(
        "SetProfileServerSideExecution", **change, automaticMaintenanceWindows="22:00-04:00"
    )
    on = profile.result("GetProfiles", **RAW)[0]["serverSideExecution"]
    profile.result("SetProfileServerSideExecution", **ACME, id=1, automatic="false")
    off = profile.result("GetProfiles", **RAW)[0]["serverSideExecution"]

    assert on == {
        "automatic": True,
        "automaticPauseBetweenExecutions": 300,
        "automaticMaintenanceWindows": "22:00-04:00",
    }
    assert off == {"automatic": False, "automaticPauseBetweenExecutions": 0}


@pytest.mark.parametrize(
    "arguments",
    [
        {"automatic": "false", "automaticPauseBetweenExecutions": 1},
        {"automatic": "true", "automaticPauseBetweenExecutions": -1},
        {"automatic": "true", "automaticPauseBetweenExecutions": 2147483648},
        {
            "automatic": "true",
            "automaticPauseBetweenExecutions": 1,
            "automaticMaintenanceWindows": "22-4",
        },
    ],
)
def test_an_execution_that_makes_no_sense_is_refused(profile: Client, arguments: JSON) -> None:
    message = profile.refusal("SetProfileServerSideExecution", **ACME, id=1, **arguments)

    assert message == "Specified argument was out of the range of valid values."


def test_automatic_execution_needs_a_pause(profile: Client) -> None:
    message = profile.refusal("SetProfileServerSideExecution", **ACME, id=1, automatic="true")

    assert message == "Missing API argument automaticPauseBetweenExecutions."


def test_a_deleted_profile_is_gone_but_not_its_results(profile: Client, control: Control) -> None:
    profile.call("RunProfile", **ACME, id=1)
    control.advance(60)
    profile.result("DeleteProfile", **ACME, id=1)

    assert profile.result("GetProfiles", **RAW) == []
    assert len(results(profile)) == 1
    assert profile.refusal("RunProfile", **ACME, id=1) == "The profile with ID 1 does not exist."

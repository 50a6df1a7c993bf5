import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
JOB = {**ACME, "name": "Nightly", "action": "VerifyStores"}
OUT_OF_RANGE = "Specified argument was out of the range of valid values."


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"interval": 5}, "2026-02-27T10:07:00"),
        ({"interval": 240}, "2026-02-27T14:02:00"),
        ({"time": "10:30"}, "2026-02-27T10:30:00"),
        ({"time": "09:00:00"}, "2026-02-28T09:00:00"),
        ({"time": "09:00", "dayOfWeek": "Friday"}, "2026-03-06T09:00:00"),
        ({"time": "09:00", "dayOfMonth": "31"}, "2026-03-31T09:00:00"),
        ({"time": "09:00", "dayOfMonth": "Last"}, "2026-02-28T09:00:00"),
        ({"time": "09:00", "dayOfMonth": "13", "dayOfWeek": "Friday"}, "2026-03-13T09:00:00"),
        ({"date": "2026-12-24T18:00:00"}, "2026-12-24T18:00:00"),
        ({"date": "2025-12-24T18:00:00"}, None),
    ],
)
def test_the_next_start_follows_the_schedule(
    acme: Client, control: Control, schedule: JSON, expected: str | None
) -> None:
    control.set_clock("2026-02-27T10:02:00+00:00")  # a Friday
    acme.result("CreateJob", **JOB, timeZoneId="UTC", **schedule)

    assert acme.result("GetJobs", **ACME)[0]["nextStartDateTimeUtc"] == expected


def test_times_are_those_of_the_time_zone(acme: Client, control: Control) -> None:
    control.set_clock("2026-07-01T10:00:00+00:00")
    acme.result("CreateJob", **JOB, timeZoneId="W. Europe Standard Time", time="13:00")

    assert acme.result("GetJobs", **ACME)[0]["nextStartDateTimeUtc"] == "2026-07-01T11:00:00"


def test_a_job_without_a_schedule_waits_to_be_told(acme: Client) -> None:
    acme.result("CreateJob", **JOB)
    (job,) = acme.result("GetJobs", **ACME)

    assert (job["schedule"], job["nextStartDateTimeUtc"]) == ({}, None)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ({"interval": 7}, OUT_OF_RANGE),
        ({"interval": 260}, OUT_OF_RANGE),
        ({"time": "25:00"}, OUT_OF_RANGE),
        ({"time": "09:00", "dayOfWeek": "friday"}, OUT_OF_RANGE),
        ({"time": "09:00", "dayOfMonth": "32"}, OUT_OF_RANGE),
        ({"dayOfWeek": "Friday"}, "Missing API argument time."),
        ({"interval": 5, "dayOfMonth": "1"}, "Missing API argument time."),
        ({"date": "2026-01-01"}, "String was not recognized as a valid DateTime."),
        ({"date": "2026-02-30T00:00:00"}, "String was not recognized as a valid DateTime."),
        (
            {"interval": 5, "time": "09:00"},
            "Only one of the arguments date, interval and time can be given.",
        ),
        (
            {"timeZoneId": "Mars", "time": "09:00"},
            "The time zone ID 'Mars' was not found on the local computer.",
        ),
    ],
)
def test_a_schedule_that_contradicts_itself_is_refused(
    acme: Client, schedule: JSON, message: str
) -> None:
    acme.result("CreateJob", **JOB)

    for command, given in (("CreateJob", JOB), ("SetJobSchedule", {**ACME, "id": 1})):
        assert acme.refusal(command, **{"timeZoneId": "UTC", **given, **schedule}) == message


def test_a_schedule_needs_a_time_zone(acme: Client) -> None:
    message = acme.refusal("CreateJob", **JOB, time="09:00")

    assert message == "Missing API argument timeZoneId."


def runs(client: Client) -> list[JSON]:
    window = {"fromIncluding": "2020-01-01T00:00:00", "toExcluding": "2099-01-01T00:00:00"}
    return client.result("GetJobResults", **ACME, **window, timeZoneId="UTC")


def test_a_schedule_starts_its_job_again_and_again(acme: Client, control: Control) -> None:
    acme.result("CreateJob", **JOB, timeZoneId="UTC", interval=60)
    for hours in (1, 2):
        control.advance(3600)
        assert len(acme.result("GetJobs", **ACME)) == 1  # any call brings the server to the present
        control.advance(300)

        assert [result["result"] for result in runs(acme)] == ["succeeded"] * hours


def test_a_job_for_one_date_runs_once(acme: Client, control: Control) -> None:
    control.set_clock("2026-03-02T10:00:00+00:00")
    acme.result("CreateJob", **JOB, timeZoneId="UTC", date="2026-03-02T11:00:00")
    for _ in range(3):
        control.advance(3600)
        control.state()

    assert len(runs(acme)) == 1
    assert acme.result("GetJobs", **ACME)[0]["nextStartDateTimeUtc"] is None


@pytest.mark.parametrize("command", ["StopInstances", "StartInstances"])
def test_schedules_rest_while_an_instance_does_not_work_as_usual(
    acme: Client, control: Control, command: str
) -> None:
    acme.result("CreateJob", **JOB, timeZoneId="UTC", interval=60)
    acme.result("StopInstances", instanceFilter="acme")
    safe = {"safeMode": "true"} if command == "StartInstances" else {}
    acme.result(command, instanceFilter="acme", **safe)
    control.advance(3700)
    control.state()
    acme.result("RestartInstances", instanceFilter="acme")
    control.advance(300)

    assert runs(acme) == []


def test_a_disabled_job_is_not_started_by_its_schedule(acme: Client, control: Control) -> None:
    acme.result("CreateJob", **JOB, timeZoneId="UTC", interval=60)
    acme.result("SetJobEnabled", **ACME, id=1, enabled="false")
    control.advance(3700)
    before = acme.result("GetJobs", **ACME)[0]["nextStartDateTimeUtc"]
    acme.result("SetJobEnabled", **ACME, id=1, enabled="true")

    assert (before, runs(acme)) == (None, [])
    assert acme.result("GetJobs", **ACME)[0]["nextStartDateTimeUtc"] is not None

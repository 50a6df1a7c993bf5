import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
JOB = {**ACME, "name": "Nightly", "action": "VerifyStores"}
ALL = {**ACME, "fromIncluding": "2020-01-01T00:00:00", "toExcluding": "2099-01-01T00:00:00"}


def jobs(client: Client) -> list[JSON]:
    return client.result("GetJobs", **ACME)


def results(client: Client, **arguments: object) -> list[JSON]:
    return client.result("GetJobResults", **{**ALL, "timeZoneId": "UTC", **arguments})


def test_a_job_is_read_as_it_was_made(acme: Client, control: Control) -> None:
    control.set_clock("2026-03-02T10:00:00+00:00")
    acme.result("CreateJob", **JOB, timeZoneId="UTC", time="02:30", dayOfWeek="Monday")
    (job,) = jobs(acme)

    assert list(job.items()) == [
        ("id", 1),
        ("name", "Nightly"),
        ("action", "VerifyStores"),
        ("owner", "$archiveadmin"),
        ("creationDateTimeUtc", "2026-03-02T10:00:00"),
        ("lastStartDateTimeUtc", None),
        ("lastCompleteDateTimeUtc", None),
        ("nextStartDateTimeUtc", "2026-03-09T02:30:00"),
        ("enabled", True),
        ("schedule", {"timeZoneId": "UTC", "time": "02:30", "dayOfWeek": "Monday"}),
    ]


def test_a_job_is_changed_and_deleted(acme: Client) -> None:
    acme.result("CreateJob", **JOB, timeZoneId="UTC", interval=60)
    acme.result("RenameJob", **ACME, id=1, name="Hourly")
    acme.result("SetJobSchedule", **ACME, id=1, timeZoneId="UTC", date="2099-01-01T00:00:00")
    acme.result("SetJobEnabled", **ACME, id=1, enabled="false")
    (job,) = jobs(acme)
    acme.result("DeleteJob", **ACME, id=1)

    assert (job["name"], job["enabled"], job["nextStartDateTimeUtc"]) == ("Hourly", False, None)
    assert job["schedule"] == {"timeZoneId": "UTC", "date": "2099-01-01T00:00:00"}
    assert jobs(acme) == []
    assert acme.refusal("DeleteJob", **ACME, id=1) == "The job with ID 1 does not exist."


def test_numbers_are_not_given_out_again(acme: Client) -> None:
    acme.result("CreateJob", **JOB)
    acme.result("DeleteJob", **ACME, id=1)
    acme.result("CreateJob", **JOB)

    assert jobs(acme)[0]["id"] == 2


@pytest.mark.parametrize(
    "action", ["GetUsers", "CreateJob", "StopInstances", "Format", "-", "Ping"]
)
def test_a_job_runs_only_commands_that_work_inside_an_instance(acme: Client, action: str) -> None:
    message = acme.refusal("CreateJob", **{**JOB, "action": action})

    assert message == f"The command '{action}' cannot be run by a job."


def test_an_owner_is_an_administrator(acme: Client) -> None:
    refused = acme.refusal("CreateJob", **JOB, owner="jane")
    acme.result("SetUserPrivileges", **ACME, userName="jane", privileges="admin")
    acme.result("CreateJob", **JOB, owner="jane")

    assert refused == "The user 'jane' is not an administrator."
    assert jobs(acme)[0]["owner"] == "jane"


@pytest.mark.parametrize("argument", ["name", "action"])
def test_a_job_needs_what_metadata_calls_optional(acme: Client, argument: str) -> None:
    arguments = {key: value for key, value in JOB.items() if key != argument}

    assert acme.refusal("CreateJob", **arguments) == f"Missing API argument {argument}."


@pytest.mark.parametrize(
    ("command", "given", "missing"),
    [
        ("RenameJob", {"id": 1}, "name"),
        ("RenameJob", {"name": "x"}, "id"),
        ("SetJobEnabled", {"id": 1}, "enabled"),
        ("DeleteJob", {}, "id"),
    ],
)
def test_a_change_needs_what_metadata_calls_optional(
    acme: Client, command: str, given: JSON, missing: str
) -> None:
    acme.result("CreateJob", **JOB)

    assert acme.refusal(command, **ACME, **given) == f"Missing API argument {missing}."


def test_a_run_goes_on_by_itself_and_leaves_a_result(acme: Client, control: Control) -> None:
    control.set_clock("2026-03-02T10:00:00+00:00")
    acme.result("CreateJob", **JOB)
    answer = acme.call("RunJobAsync", **ACME, id=1)
    meanwhile = results(acme)
    again = acme.refusal("RunJobAsync", **ACME, id=1)
    control.advance(1000)
    (result,) = results(acme, timeZoneId="W. Europe Standard Time")

    assert (answer["token"], answer["result"], meanwhile) == (None, None, [])
    assert again == "The job 'Nightly' is already running."
    assert list(result.items())[:5] == [
        ("jobResultId", 1),
        ("jobId", 1),
        ("action", "VerifyStores"),
        ("startTime", "2026-03-02T11:00:00"),
        ("completeTime", result["completeTime"]),
    ]
    assert result["result"] == "succeeded"
    assert jobs(acme)[0]["lastStartDateTimeUtc"] == "2026-03-02T10:00:00"
    assert jobs(acme)[0]["lastCompleteDateTimeUtc"] is not None


def test_a_run_can_be_cancelled(acme: Client, control: Control) -> None:
    acme.result("CreateJob", **JOB)
    early = acme.refusal("CancelJobAsync", **ACME, id=1)
    acme.result("RunJobAsync", **ACME, id=1)
    acme.result("CancelJobAsync", **ACME, id=1)
    control.advance(1)

    assert early == "The job 'Nightly' is not running."
    assert [result["result"] for result in results(acme)] == ["cancelled"]


def test_a_job_does_what_its_command_does(acme: Client, control: Control) -> None:
    action = "SetUserFullName --userName=jane --fullName=Janet"
    acme.result("CreateJob", **{**JOB, "action": action})
    acme.result("RunJobAsync", **ACME, id=1)
    control.advance(1)

    user = acme.result("GetUserInfo", **ACME, userName="jane")
    assert user["fullName"] == "Janet"


@pytest.mark.parametrize("action", ["DeleteUser --userName=nobody", "RunProfile --id=7"])
def test_what_the_command_refuses_the_job_fails_with(
    acme: Client, control: Control, action: str
) -> None:
    acme.result("CreateJob", **{**JOB, "action": action})
    acme.result("RunJobAsync", **ACME, id=1)
    control.advance(1)

    assert [result["result"] for result in results(acme)] == ["failed"]


def test_a_run_can_turn_asynchronous_like_any_call(acme: Client, control: Control) -> None:
    acme.result("CreateJob", **JOB)
    control.asynchronous(share=1, seconds=5)
    envelope = acme.call("RunJobAsync", **ACME, id=1)
    control.advance(6)
    last = acme.poll(envelope)
    control.advance(1000)
    control.asynchronous(share=0)

    assert (last["statusCode"], last["result"]) == ("succeeded", None)
    assert [result["result"] for result in results(acme)] == ["succeeded"]


def test_results_are_of_a_time_range_newest_first_and_for_ninety_days(
    acme: Client, control: Control
) -> None:
    ended = [{"daysAgo": days, "jobId": days % 2} for days in (3, 91, 1, 2)]
    control.seed(
        instances=[{"instanceID": "acme", "archiveAdminEnabled": True, "jobResults": ended}]
    )
    found = results(acme)

    assert [result["jobResultId"] for result in found] == [3, 4, 1]
    assert [result["jobResultId"] for result in results(acme, jobId=1)] == [3, 1]
    assert results(acme, toExcluding="2020-01-02T00:00:00") == []


def test_a_range_that_ends_before_it_begins_is_refused(acme: Client) -> None:
    window = {"fromIncluding": "2026-01-02T00:00:00", "toExcluding": "2026-01-01T00:00:00"}
    message = acme.refusal("GetJobResults", **ACME, **window, timeZoneId="UTC")

    assert message == "Specified argument was out of the range of valid values."

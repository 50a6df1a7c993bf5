"""Jobs: what they run, in whose name, when; and who may let them."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.broker.jobs import ACTIONS
from gateway.spe.catalogue import COMMANDS
from gateway.storage.tables import deployments
from gateway.web.operation import OPERATIONS
from tests.answers import JSON
from tests.resources.archive import AWKWARD, Archive
from tests.served import assert_problem

NIGHTLY = {"name": "Nightly", "action": "VerifyStores", "schedule": {"time": "02:30"}}
READS = ("jobs:read", "stores:read")


@pytest.fixture
def job(archive: Archive) -> Iterator[JSON]:
    """A job that a test may spoil."""
    made = archive.call("POST", "/jobs", NIGHTLY, 201)
    yield made
    archive.open("DELETE", f"/jobs/{made['id']}")


def path_of(job: JSON, verb: str = "") -> str:
    """Return the path of a job."""
    return f"/jobs/{job['id']}{verb}"


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_job_needs_the_right_of_its_commands_own_operation(action: str) -> None:
    needed = {spec.permission for spec in OPERATIONS.values() if COMMANDS[action] in spec.commands}

    assert needed == {ACTIONS[action]}


@pytest.mark.parametrize("action", ACTIONS)
def test_creating_a_job_needs_the_right_to_run_its_command(archive: Archive, action: str) -> None:
    body = {"name": AWKWARD, "action": action}
    without = archive.caller("jobs:create", *({*ACTIONS.values()} - {ACTIONS[action]}))

    response = archive.open("POST", "/jobs", body, client=without)

    assert_problem(response, 403, "PERMISSION_MISSING", permission=ACTIONS[action])
    assert archive.commands() == []
    with_it = archive.caller("jobs:create", ACTIONS[action])
    made = archive.open("POST", "/jobs", body, client=with_it)
    assert made.status_code == 201
    assert archive.sent("CreateJob") == {**body, "owner": "$archiveadmin"}


@pytest.mark.parametrize(
    ("schedule", "sent", "read"),
    [
        ({"interval": 240}, {"interval": "240", "timeZoneId": "UTC"}, {"timeZoneId": "UTC"}),
        (
            {"time": "23:59", "timeZoneId": "W. Europe Standard Time"},
            {"time": "23:59", "timeZoneId": "W. Europe Standard Time"},
            {},
        ),
        (
            {"time": "00:00:30", "dayOfWeek": "Sunday", "dayOfMonth": "Last", "timeZoneId": "UTC"},
            {"time": "00:00:30", "dayOfWeek": "Sunday", "dayOfMonth": "Last", "timeZoneId": "UTC"},
            {},
        ),
        (
            {"date": "2031-02-03T04:05:06Z", "timeZoneId": "UTC"},
            {"date": "2031-02-03T04:05:06", "timeZoneId": "UTC"},
            {},
        ),
        (
            {"date": "2031-02-03T01:00:00+02:00"},
            {"date": "2031-02-02T23:00:00", "timeZoneId": "UTC"},
            {"date": "2031-02-02T23:00:00Z", "timeZoneId": "UTC"},
        ),
    ],
)
def test_a_schedule_is_sent_as_spe_takes_it_and_read_back(
    archive: Archive, schedule: JSON, sent: JSON, read: JSON
) -> None:
    made = archive.call("POST", "/jobs", {**NIGHTLY, "schedule": schedule}, 201)

    about = {"name": "Nightly", "action": "VerifyStores", "owner": "$archiveadmin"}
    assert archive.sent("CreateJob") == about | sent
    assert made["schedule"] == schedule | read
    assert archive.call("GET", path_of(made)) == made
    changed = archive.call("PATCH", path_of(made), {"schedule": schedule})
    assert archive.sent("SetJobSchedule") == {"id": str(made["id"]), **sent}
    assert changed == made


def test_a_job_without_a_schedule_runs_on_demand(archive: Archive) -> None:
    made = archive.call("POST", "/jobs", {"name": "Now", "action": "RetryOpenStores"}, 201)

    assert made["schedule"] is None
    assert made["nextStartDateTimeUtc"] is None
    assert made["enabled"] is True


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "DeleteStore"}, "/action"),
        ({"action": "CreateUser"}, "/action"),
        ({"action": "VerifyStores --includeIndexes=true"}, "/action"),
        ({"action": "VerifyStores\nDeleteUser"}, "/action"),
        ({"action": "verifystores"}, "/action"),
        ({"action": None}, "/action"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"schedule": None}, "/schedule"),
        ({"schedule": {}}, "/schedule"),
        ({"schedule": {"timeZoneId": "UTC"}}, "/schedule"),
        ({"schedule": {"interval": 5, "time": "02:30"}}, "/schedule"),
        ({"schedule": {"interval": 7}}, "/schedule/interval"),
        ({"schedule": {"interval": 260}}, "/schedule/interval"),
        ({"schedule": {"interval": True}}, "/schedule/interval"),
        ({"schedule": {"interval": 5, "dayOfWeek": "Sunday"}}, "/schedule/dayOfWeek"),
        ({"schedule": {"time": "02:30", "dayOfWeek": "Son"}}, "/schedule/dayOfWeek"),
        ({"schedule": {"time": "02:30", "dayOfMonth": "32"}}, "/schedule/dayOfMonth"),
        ({"schedule": {"time": "02:30", "dayOfMonth": 1}}, "/schedule/dayOfMonth"),
        ({"schedule": {"time": "24:00"}}, "/schedule/time"),
        ({"schedule": {"date": "2031-02-03T04:05:06"}}, "/schedule/date"),
        ({"schedule": {"date": "2031-02-03T04:05:06.5Z"}}, "/schedule/date"),
        (
            {"schedule": {"date": "2031-02-03T04:05:06Z", "timeZoneId": "$Local"}},
            "/schedule/timeZoneId",
        ),
        ({"enabled": False}, "/enabled"),
    ],
)
def test_bad_input_makes_no_job(archive: Archive, body: JSON, pointer: str) -> None:
    problem = assert_problem(archive.open("POST", "/jobs", NIGHTLY | body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []


def test_an_unknown_time_zone_is_the_callers_fault(archive: Archive, job: JSON) -> None:
    schedule = {"time": "02:30", "timeZoneId": "Middle Earth Time"}

    for method, path, body in (
        ("POST", "/jobs", {**NIGHTLY, "schedule": schedule}),
        ("PATCH", path_of(job), {"schedule": schedule}),
    ):
        problem = assert_problem(archive.open(method, path, body), 422, "INVALID_INPUT")
        assert [fault["pointer"] for fault in problem["errors"]] == ["/schedule/timeZoneId"]

    assert archive.call("GET", path_of(job)) == job


def test_only_operators_choose_in_whose_name_a_job_runs(archive: Archive) -> None:
    archive.call("POST", "/users", {"userName": "boss", "privileges": ["admin"]}, 201)

    refused = archive.open("POST", "/jobs", {**NIGHTLY, "owner": "boss"})

    assert_problem(refused, 403, "PERMISSION_MISSING", permission="jobs:owner")
    assert archive.commands() == []
    operator = archive.world.operator
    made = archive.open("POST", "/jobs", {**NIGHTLY, "owner": "boss"}, client=operator)
    assert made.get_json()["owner"] == archive.sent("CreateJob")["owner"] == "boss"


def test_a_right_to_choose_owners_is_void_for_resellers(archive: Archive) -> None:
    granted = archive.open(
        "POST", "/jobs", {**NIGHTLY, "owner": "jane"}, client=archive.world.personas["a_admin"]
    )

    assert_problem(granted, 403, "PERMISSION_MISSING", permission="jobs:owner")


@pytest.mark.parametrize("owner", ["jane", "nobody", "$archiveadmin", "$other"])
def test_an_owner_must_be_an_administrator_of_the_instance(archive: Archive, owner: str) -> None:
    before = archive.call("GET", "/jobs")
    operator = archive.world.operator

    response = archive.open("POST", "/jobs", {**NIGHTLY, "owner": owner}, client=operator)

    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/owner"]
    assert archive.call("GET", "/jobs") == before


def test_a_patch_renames_then_switches_then_reschedules(archive: Archive, job: JSON) -> None:
    patch = {"schedule": {"interval": 60}, "enabled": False, "name": AWKWARD}

    found = archive.call("PATCH", path_of(job), patch)

    number = {"id": str(job["id"])}
    assert archive.changes() == [
        ("RenameJob", {**number, "name": AWKWARD}),
        ("SetJobEnabled", {**number, "enabled": "false"}),
        ("SetJobSchedule", {**number, "interval": "60", "timeZoneId": "UTC"}),
    ]
    assert (found["name"], found["enabled"], found["schedule"]["interval"]) == (AWKWARD, False, 60)
    assert archive.call("GET", path_of(job)) == found


def test_if_match_keeps_a_stale_writer_out(archive: Archive, job: JSON) -> None:
    stale = archive.open("GET", path_of(job)).headers["ETag"]
    archive.call("PATCH", path_of(job), {"name": "First"})

    late = archive.open("PATCH", path_of(job), {"name": "Late"}, headers={"If-Match": stale})

    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []
    assert archive.call("GET", path_of(job))["name"] == "First"


def test_running_leaves_the_entity_tag_alone(archive: Archive, job: JSON) -> None:
    before = archive.open("GET", path_of(job)).headers["ETag"]

    archive.call("POST", path_of(job, "/run"))

    assert archive.open("GET", path_of(job)).headers["ETag"] == before


@pytest.mark.parametrize(
    ("method", "verb", "body"),
    [
        ("POST", "/run", None),
        ("PATCH", "", {"enabled": True}),
        ("PATCH", "", {"schedule": {"interval": 5}}),
        ("PATCH", "", {"name": "Mine", "enabled": True}),
    ],
)
def test_nobody_sets_a_job_going_that_they_may_not_run_themselves(
    archive: Archive, job: JSON, method: str, verb: str, body: JSON | None
) -> None:
    helper = archive.caller("jobs:run", "jobs:update", *READS)

    response = archive.open(method, path_of(job, verb), body, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission="stores:run")
    assert archive.changes() == []
    able = archive.caller("jobs:run", "jobs:update", "stores:run")
    assert archive.open(method, path_of(job, verb), body, client=able).status_code == 200


@pytest.mark.parametrize("body", [{"enabled": False}, {"name": "Other"}])
def test_holding_a_job_needs_no_right_to_run_it(archive: Archive, job: JSON, body: JSON) -> None:
    helper = archive.caller("jobs:update")

    assert archive.open("PATCH", path_of(job), body, client=helper).status_code == 200


def test_a_job_that_was_made_elsewhere_is_not_set_going(archive: Archive, job: JSON) -> None:
    deployment = archive.world.sites["alpha"].simulator.server.deployment
    with deployment.clock.monitor:
        (found,) = [
            one
            for each in deployment.state.archives.values()
            for one in each.jobs
            if (one.id, one.name) == (job["id"], job["name"])
        ]
        found.action = "DeleteUser --userName=jane"

    response = archive.open("POST", path_of(job, "/run"))

    assert_problem(response, 409, "CONFLICT")
    assert archive.changes() == []


def test_a_run_ends_in_the_results(archive: Archive, job: JSON) -> None:
    begun = archive.call("POST", path_of(job, "/run"))

    assert archive.sent("RunJobAsync") == {"id": str(job["id"])}
    assert begun["lastStartDateTimeUtc"] is not None


def test_cancelling_what_does_not_run_is_a_conflict(archive: Archive, job: JSON) -> None:
    assert_problem(archive.open("POST", path_of(job, "/cancel")), 409, "CONFLICT")


def test_a_running_job_is_not_run_again_but_cancelled(archive: Archive, job: JSON) -> None:
    archive.control.pause()
    try:
        archive.call("POST", path_of(job, "/run"))
        assert_problem(archive.open("POST", path_of(job, "/run")), 409, "CONFLICT")
        archive.call("POST", path_of(job, "/cancel"))
        assert archive.sent("CancelJobAsync") == {"id": str(job["id"])}
    finally:
        archive.control.resume()


@pytest.mark.parametrize(
    ("method", "verb", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/run", None),
        ("POST", "/cancel", None),
    ],
)
def test_a_job_that_is_not_there_is_a_404(
    archive: Archive, method: str, verb: str, body: JSON | None
) -> None:
    for number in ("4711", "0", "01", "1.0", "%D9%A1", "99999999999"):
        assert archive.open(method, f"/jobs/{number}{verb}", body).status_code == 404
        assert [command for command, _ in archive.changes()] in (
            [],
            ["DeleteJob"],
            ["CancelJobAsync"],
        )


def test_a_deleted_job_is_gone(archive: Archive, job: JSON) -> None:
    archive.call("DELETE", path_of(job), status=204)

    assert archive.changes() == [("DeleteJob", {"id": str(job["id"])})]
    assert archive.open("GET", path_of(job)).status_code == 404


def test_jobs_come_in_pages(archive: Archive) -> None:
    for name in ("One", "Two"):
        archive.call("POST", "/jobs", {**NIGHTLY, "name": name}, 201)
    every = archive.call("GET", "/jobs")["items"]

    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = archive.call("GET", f"/jobs?limit=1{cursor and '&cursor='}{cursor}")
        found += page["items"]
        cursor = page["nextCursor"]

    assert found == every


@pytest.mark.parametrize(
    ("fault", "times"), [("drop-after", 1), ("drop-before", 2)], ids=["after", "before"]
)
def test_a_lost_answer_makes_one_job(archive: Archive, fault: str, times: int) -> None:
    before = len(archive.call("GET", "/jobs")["items"])
    archive.control.fault(fault, "CreateJob", count=1)

    made = archive.call("POST", "/jobs", {**NIGHTLY, "name": "Once"}, 201)

    assert [command for command, _ in archive.changes()] == ["CreateJob"] * times
    every = archive.call("GET", "/jobs")["items"]
    assert len(every) == before + 1
    assert made in every


@pytest.mark.parametrize(
    ("fault", "times"), [("drop-after", 1), ("drop-before", 2)], ids=["after", "before"]
)
def test_a_lost_answer_deletes_a_job_once(
    archive: Archive, job: JSON, fault: str, times: int
) -> None:
    archive.control.fault(fault, "DeleteJob", count=1)

    archive.call("DELETE", path_of(job), status=204)

    assert [command for command, _ in archive.changes()] == ["DeleteJob"] * times


def test_a_lost_answer_runs_a_job_once(archive: Archive, job: JSON) -> None:
    archive.control.fault("drop-after", "RunJobAsync", count=1)

    begun = archive.call("POST", path_of(job, "/run"))

    assert [command for command, _ in archive.changes()] == ["RunJobAsync"]
    assert begun["lastStartDateTimeUtc"] is not None


def test_a_schedule_is_not_changed_where_the_tenant_is_unsure(archive: Archive, job: JSON) -> None:
    database = archive.world.served.gateway.services.database
    site = archive.world.sites["alpha"].id
    with database.write() as connection:
        listed = connection.scalar(select(deployments.c.commands).where(deployments.c.id == site))
        for commands in ({**listed, "SetJobSchedule": ["id", "timeZoneId", "interval"]}, {}):
            _list(connection, site, commands)
    try:
        response = archive.open("PATCH", path_of(job), {"schedule": {"interval": 60}})
        assert_problem(response, 409, "COMMAND_NOT_SUPPORTED")
        assert archive.commands() == []
    finally:
        with database.write() as connection:
            _list(connection, site, listed)


def _list(connection: Any, site: str, commands: object) -> None:  # noqa: ANN401 # SQLAlchemy's
    connection.execute(
        update(deployments).where(deployments.c.id == site).values(commands=commands)
    )

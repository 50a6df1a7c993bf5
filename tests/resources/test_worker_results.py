"""Worker results: windows that SPE cannot read are split and joined, and nothing is left out."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.broker.worker_results import MOST_CALLS
from tests.resources.archive import Archive, archive_in
from tests.resources.calls import plant
from tests.served import assert_problem
from tests.simulated import JSON

NOW = datetime.now(UTC).replace(microsecond=0)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def results(archive: Archive, query: str) -> JSON:
    return archive.call("GET", f"/worker-results?{query}")


def test_results_have_times_in_utc(archive: Archive) -> None:
    start = ago(1)
    plant(archive, workerResults=[{"start": start, "itemsArchived": 7, "userName": "jane"}])
    found = results(archive, f"from={ago(2)}&to={ago(0)}")["items"][-1]
    assert archive.sent("GetWorkerResults") == {
        "fromIncluding": ago(2).removesuffix("Z"),
        "toExcluding": ago(0).removesuffix("Z"),
        "timeZoneID": "UTC",
    }
    assert found["startTime"] == start
    assert (found["itemsArchived"], found["userName"]) == (7, "jane")
    assert found["result"] == "succeeded"


def test_other_zones_are_the_same_instant(archive: Archive) -> None:
    local = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S") + "%2B00:00"
    assert results(archive, f"from={ago(3)}&to={local}")["unreadable"] == []


def test_a_range_that_is_too_long_is_split_and_joined(archive: Archive) -> None:
    days = (1, 9, 16, 23, 29)
    plant(archive, workerResults=[{"daysAgo": day} for day in days])
    found = results(archive, f"from={ago(30)}&to={ago(0)}")
    calls = [entry for entry in archive.world.journal() if entry["command"] == "GetWorkerResults"]
    assert len(calls) == 7
    numbers = [one["id"] for one in found["items"]]
    assert len(numbers) == len(set(numbers)) >= len(days)
    assert found["unreadable"] == []
    first = results(archive, f"from={ago(30)}&to={ago(0)}&limit=2")
    query = f"from={ago(30)}&to={ago(0)}&cursor={first['nextCursor']}"
    rest = results(archive, query)
    assert [one["id"] for one in (*first["items"], *rest["items"])] == numbers


def test_a_range_that_is_too_long_may_be_empty(archive: Archive) -> None:
    found = results(archive, f"from={ago(90)}&to={ago(31)}")
    assert (found["items"], found["unreadable"]) == ([], [])


def test_what_cannot_be_read_is_told(archive: Archive) -> None:
    moment = NOW - timedelta(days=5)
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    poisoned = archive_in(archive.world)
    plant(poisoned, workerResults=[{"daysAgo": 1}], poisonedInstants=[text])
    found = results(poisoned, f"from={ago(10)}&to={ago(0)}")
    assert len(found["items"]) == 1
    (gap,) = found["unreadable"]
    assert gap["from"] <= text < gap["to"]
    length = datetime.fromisoformat(gap["to"]) - datetime.fromisoformat(gap["from"])
    assert length < timedelta(hours=2)
    sent = poisoned.world.sent().count("GetWorkerResults")
    assert sent <= MOST_CALLS
    response = poisoned.open("GET", f"/worker-results?from={gap['from']}&to={gap['to']}")
    assert_problem(response, 502, "COMMAND_FAILED")


def test_a_filter_for_a_profile_is_passed_on(archive: Archive) -> None:
    plant(archive, workerResults=[{"daysAgo": 1, "profileId": 9, "profileName": "Nine"}])
    found = results(archive, "profileId=9")["items"]
    assert {one["profileName"] for one in found} == {"Nine"}
    assert archive.sent("GetWorkerResults")["profileID"] == "9"


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z",
        "from=2026-01-01T00:00:00",
        "from=yesterday",
        "profileId=0",
        "profileId=",
        "userName=jane",
    ],
)
def test_bad_questions_are_not_asked(archive: Archive, query: str) -> None:
    assert_problem(archive.open("GET", f"/worker-results?{query}"), 422, "INVALID_INPUT")
    assert archive.world.sent() == []


def test_the_cause_is_found_before_anything_is_split(archive: Archive) -> None:
    archive.call("PUT", "/archive-admin", {"enabled": False})
    try:
        response = archive.open("GET", "/worker-results")
        assert_problem(response, 409, "SERVICE_PROVIDER_ACCESS_OFF")
        assert archive.world.sent().count("GetWorkerResults") == 1
    finally:
        archive.call("PUT", "/archive-admin", {"enabled": True})


def test_a_report_is_shown(archive: Archive) -> None:
    plant(archive, workerResults=[{"daysAgo": 1, "report": "25 messages.\r\nDone."}])
    number = results(archive, "")["items"][-1]["id"]
    found = archive.call("GET", f"/worker-results/{number}/report")
    assert archive.sent("GetWorkerResultReport") == {"id": str(number)}
    assert found == {"id": number, "report": "25 messages.\r\nDone."}
    assert_problem(archive.open("GET", "/worker-results/9999/report"), 404, "NOT_FOUND")

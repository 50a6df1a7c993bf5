"""How jobs ended."""

import pytest

from tests.answers import JSON
from tests.resources.archive import Archive
from tests.served import assert_problem

WINDOW = "from=2031-01-01T00:00:00Z&to=2031-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def results(archive: Archive) -> list[JSON]:
    """Two runs of one job and one of another, in the year 2031."""
    deployment = archive.world.sites["alpha"].simulator.server.deployment
    archive.control.set_clock("2031-01-01T12:00:00+00:00")
    found = []
    for name, runs in (("One", 2), ("Two", 1)):
        job = archive.call("POST", "/jobs", {"name": name, "action": "RetryOpenStores"}, 201)
        for _ in range(runs):
            archive.call("POST", f"/jobs/{job['id']}/run")
            archive.control.advance(60)
            archive.control.state()
            found.append({"jobId": job["id"]})
    assert deployment.clock.now().year == 2031
    return found


def test_results_of_a_window_are_shown_with_instants(archive: Archive, results: list[JSON]) -> None:
    found = archive.call("GET", f"/job-results?{WINDOW}")["items"]

    assert archive.sent("GetJobResults") == {
        "fromIncluding": "2031-01-01T00:00:00",
        "toExcluding": "2031-01-02T00:00:00",
        "timeZoneId": "UTC",
    }
    assert [result["jobId"] for result in found] == [result["jobId"] for result in results]
    assert {result["result"] for result in found} == {"succeeded"}
    assert all(result["startTime"].startswith("2031-01-01T12:0") for result in found)
    assert all(result["startTime"] <= result["completeTime"] for result in found)
    assert all(result["completeTime"].endswith("Z") for result in found)


def test_times_of_any_offset_are_sent_in_utc(archive: Archive) -> None:
    query = "from=2031-01-01T00:00:00.9%2B02:00&to=2031-01-01T00:00:00-02:00&job=1"

    archive.call("GET", f"/job-results?{query}")

    assert archive.sent("GetJobResults") == {
        "fromIncluding": "2030-12-31T22:00:00",
        "toExcluding": "2031-01-01T02:00:00",
        "timeZoneId": "UTC",
        "jobId": "1",
    }


def test_results_of_one_job_only(archive: Archive, results: list[JSON]) -> None:
    job = results[-1]["jobId"]

    found = archive.call("GET", f"/job-results?{WINDOW}&job={job}")["items"]

    assert [result["jobId"] for result in found] == [job]


@pytest.mark.usefixtures("results")
def test_results_come_in_pages(archive: Archive) -> None:
    every = archive.call("GET", f"/job-results?{WINDOW}")["items"]
    first = archive.call("GET", f"/job-results?{WINDOW}&limit=2")

    rest = archive.call("GET", f"/job-results?{WINDOW}&limit=2&cursor={first['nextCursor']}")

    assert first["items"] + rest["items"] == every
    assert rest["nextCursor"] is None


def test_without_a_window_the_last_seven_days_count(archive: Archive) -> None:
    archive.call("GET", "/job-results")

    sent = archive.sent("GetJobResults")
    assert (
        sent["fromIncluding"][:4] in sent["toExcluding"]
        or sent["fromIncluding"] < sent["toExcluding"]
    )
    assert "jobId" not in sent


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2031-01-02T00:00:00Z&to=2031-01-01T00:00:00Z", "/query/from"),
        ("from=2031-01-02T00:00:00", "/query/from"),
        ("to=yesterday", "/query/to"),
        ("job=01", "/query/job"),
        ("job=0", "/query/job"),
        ("timeZoneId=UTC", "/query/timeZoneId"),
    ],
)
def test_bad_windows_ask_nothing(archive: Archive, query: str, pointer: str) -> None:
    problem = assert_problem(archive.open("GET", f"/job-results?{query}"), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []

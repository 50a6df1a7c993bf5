"""Sizes and counters of an instance."""

from tests.resources.archive import Archive
from tests.served import assert_problem


def test_the_sizes_are_shown(archive: Archive) -> None:
    found = archive.call("GET", "/statistics")
    assert archive.sent("GetInstanceStatistics") == {}
    assert found["numberOfMessages"] == 40
    parts = ("databaseFileSizeMB", "contentFileSizeMB", "indexFileSizeMB")
    assert found["totalSizeMB"] == sum(found[part] for part in parts)


def test_the_counters_grow(archive: Archive) -> None:
    before = archive.call("GET", "/live-statistics")
    assert archive.sent("GetInstanceProcessLiveStatistics") == {}
    after = archive.call("GET", "/live-statistics")
    assert after["processUniqueID"] == before["processUniqueID"]
    assert after["timestamp"] > before["timestamp"]
    assert after["totalIOReadBytes"] > before["totalIOReadBytes"]


def test_a_stopped_instance_says_so(archive: Archive) -> None:
    other = archive.world.new_instance("A", start=False)
    for path in ("statistics", "live-statistics", "archiving-readiness", "folders"):
        response = archive.client.get(f"/instances/{other['id']}/{path}")
        assert_problem(response, 409, "INSTANCE_NOT_RUNNING")

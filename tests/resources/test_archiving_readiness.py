"""Whether an instance can archive now."""

from tests.resources.archive import Archive


def test_an_instance_is_ready_while_a_store_takes_messages(archive: Archive) -> None:
    assert archive.call("GET", "/archiving-readiness") == {"ready": True}
    assert archive.sent("CanRunArchiveProfiles") == {}
    archive.call("PATCH", "/stores/1", {"requestedState": "writeProtected"})
    assert archive.call("GET", "/archiving-readiness") == {"ready": False}

"""Time zones of an instance's host."""

from tests.resources.archive import Archive


def test_the_zones_are_listed_page_by_page(archive: Archive) -> None:
    whole = archive.call("GET", "/time-zones")["items"]
    assert "UTC" in [zone["id"] for zone in whole]
    first = archive.call("GET", "/time-zones?limit=3")
    rest = archive.call("GET", f"/time-zones?cursor={first['nextCursor']}")
    assert [*first["items"], *rest["items"]] == whole

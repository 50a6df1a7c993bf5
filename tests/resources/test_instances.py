"""An instance as it is shown: what SPE says of it, and the consent to look inside."""

import pytest

from tests.resources.archive import Archive
from tests.resources.calls import refused
from tests.served import assert_problem
from tests.simulated import JSON


def shown(archive: Archive) -> JSON:
    """Return the instance as it is shown."""
    return archive.call("GET", "")


def listed(archive: Archive, query: str) -> JSON:
    """Return the instance as a list shows it."""
    page = archive.client.get(f"/instances?limit=100{query}").get_json()
    return next(item for item in page["items"] if item["id"] == archive.id)


@pytest.mark.parametrize("enabled", [False, True])
def test_service_provider_access_is_shown_and_switched(archive: Archive, *, enabled: bool) -> None:
    found = archive.call("PATCH", "", {"archiveAdmin": enabled})
    assert archive.changes() == [("SetArchiveAdminEnabled", {"enabled": str(enabled).lower()})]
    assert found["archiveAdmin"] is enabled
    assert shown(archive)["archiveAdmin"] is enabled
    assert listed(archive, "")["archiveAdmin"] is enabled
    assert listed(archive, "&consistency=live")["archiveAdmin"] is enabled


def test_access_of_a_stopped_instance_is_as_it_was_read_last(archive: Archive) -> None:
    archive.call("POST", "/stop")
    assert shown(archive)["archiveAdmin"] is True
    assert "GetArchiveAdminEnabled" not in archive.commands()
    archive.call("POST", "/start")


def test_access_that_was_never_read_is_not_known(archive: Archive) -> None:
    made = archive.world.new_instance("A", start=False)
    assert made["archiveAdmin"] is None
    assert archive.world.call("GET", f"/instances/{made['id']}")["archiveAdmin"] is None


def test_access_switched_elsewhere_is_seen(archive: Archive) -> None:
    archive.call("PUT", "/archive-admin", {"enabled": False})
    assert listed(archive, "")["archiveAdmin"] is False
    archive.call("PUT", "/archive-admin", {"enabled": True})
    assert listed(archive, "")["archiveAdmin"] is True


@pytest.mark.parametrize("other", [{"labels": {"a": "b"}}, {"displayName": "x"}])
def test_a_consent_comes_alone(archive: Archive, other: JSON) -> None:
    faults = refused(archive, "PATCH", "", {"archiveAdmin": True, **other})
    assert [(f["pointer"], f["code"]) for f in faults] == [("/archiveAdmin", "NOT_ALONE")]


def test_a_consent_needs_its_own_permission(archive: Archive) -> None:
    client = archive.caller("instances:read", "instances:update")
    response = archive.open("PATCH", "", {"archiveAdmin": True}, client)
    assert_problem(response, 403, "PERMISSION_MISSING", permission="archive-admin:update")
    assert archive.world.sent() == []


def test_a_consent_is_no_longer_good_when_the_instance_was_changed(archive: Archive) -> None:
    tag = archive.open("GET", "").headers["ETag"]
    archive.call("PATCH", "", {"labels": {"seen": "later"}})
    late = archive.open("PATCH", "", {"archiveAdmin": False}, headers={"If-Match": tag})
    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []
    assert shown(archive)["archiveAdmin"] is True


def test_the_refusal_says_how_access_is_switched_on(archive: Archive) -> None:
    archive.call("PATCH", "", {"archiveAdmin": False})
    problem = assert_problem(archive.open("GET", "/users"), 409, "SERVICE_PROVIDER_ACCESS_OFF")
    way, _, body = problem["detail"].partition("PUT ")[2].partition(" ")
    assert way == f"/instances/{archive.id}/archive-admin"
    assert body == '{"enabled": true}.'
    archive.call("PUT", "/archive-admin", {"enabled": True})
    assert archive.open("GET", "/users").status_code == 200


def test_a_name_that_was_changed_in_spe_is_seen_and_versions_what_is_ours(
    archive: Archive,
) -> None:
    archive.call("PATCH", "?restart=true", {"displayName": "before"})
    deployment = archive.world.sites["alpha"].simulator.server.deployment
    deployment.instance(archive.name).display_name = "elsewhere"
    response = archive.open("GET", "")
    assert response.get_json()["displayName"] == "elsewhere"
    assert listed(archive, "")["displayName"] == "elsewhere"
    tag = {"If-Match": response.headers["ETag"]}
    again = archive.open("PATCH", "", {"labels": {"x": "y"}}, headers=tag)
    assert again.status_code == 200, again.text
    assert_problem(archive.open("PATCH", "", {}, headers=tag), 412, "PRECONDITION_FAILED")


def test_an_instance_is_read_with_three_commands_and_nothing_twice(archive: Archive) -> None:
    shown(archive)
    assert archive.commands() == [
        "GetInstances",
        "GetInstanceConfiguration",
        "GetArchiveAdminEnabled",
    ]

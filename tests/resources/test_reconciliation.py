"""What is counted against what SPE reports: each difference by its name."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.billing.licences import Licences
from gateway.broker.engine.reader import Reader
from tests.answers import JSON
from tests.behind import Console, strange
from tests.served import assert_problem
from tests.world import Site, World, world


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own: sums are those of all instances."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture
def beta(fleet: World) -> Site:
    return fleet.sites["beta"]


def read(fleet: World, site: Site) -> None:
    """Read the licences of a deployment, as once an hour."""
    database, connections = fleet.served.gateway.services.database, fleet.served.gateway.connections
    Licences(database, lambda _, task: task(), Reader(connections).read, 3600).read(site.id)


def compared(fleet: World, site: Site, query: str = "") -> dict[str, Any]:
    answer = fleet.operator.get(f"/reconciliation?deployment={site.id}{query}")
    assert answer.status_code == 200, answer.text
    [item] = answer.get_json()["items"]
    found: dict[str, Any] = item
    return found


def kinds(found: JSON) -> list[tuple[str, int | None, int | None]]:
    return [(each["kind"], each["reported"], each["counted"]) for each in found["differences"]]


def archive(fleet: World) -> JSON:
    """Make an instance of B with a user who costs a licence."""
    return fleet.new_archive("B")


def test_when_all_is_counted_there_is_no_difference(fleet: World, beta: Site) -> None:
    archive(fleet)
    read(fleet, beta)
    found = compared(fleet, beta)

    assert (found["reported"], found["counted"], found["difference"]) == (1, 1, 0)
    assert found["owners"] == [{"reseller": fleet.resellers["B"], "counted": 1}]
    assert (found["differences"], found["problem"]) == ([], None)


def test_each_difference_has_its_kind(fleet: World, beta: Site) -> None:
    changed, missing, purged = archive(fleet), archive(fleet), archive(fleet)
    read(fleet, beta)
    fleet.call("POST", f"/instances/{changed['id']}/users", {"userName": "joe"}, 201)
    fleet.call("DELETE", f"/instances/{purged['id']}")
    body = {"instanceID": purged["instanceID"], "legalHoldChecked": True}
    fleet.call("POST", f"/instances/{purged['id']}/purge", body)
    Console(beta.simulator).delete(missing["instanceID"])
    archive(fleet)
    strange(fleet, beta, "stranger")
    found = compared(fleet, beta)

    assert sorted(kinds(found), key=str) == [
        ("changed", 2, 1),
        ("gone", None, 1),
        ("missing", None, 1),
        ("uncounted", 1, None),
        ("unowned", 0, None),
    ]
    assert found["difference"] == 0


def test_a_deployment_that_is_silent_is_named_and_shown_as_last_read(
    fleet: World, beta: Site
) -> None:
    archive(fleet)
    read(fleet, beta)
    as_of = compared(fleet, beta)["asOf"]
    beta.control.fault("failed", "CreateLicenseRequest")
    answer = fleet.operator.get("/reconciliation").get_json()
    [found] = [each for each in answer["items"] if each["deployment"] == beta.id]

    assert answer["unreachable"] == [beta.id]
    assert found["problem"] is not None
    assert (found["reported"], found["counted"]) == (1, 1)
    assert found["asOf"] < as_of


def test_whoever_wants_all_is_told_that_it_is_not(fleet: World, beta: Site) -> None:
    beta.control.fault("failed", "CreateLicenseRequest")

    problem = assert_problem(
        fleet.operator.get("/reconciliation?require=complete"), 503, "RECONCILIATION_INCOMPLETE"
    )
    assert problem["retryable"] is True


def test_what_was_never_read_is_not_reported_as_nothing(fleet: World, beta: Site) -> None:
    beta.control.fault("failed", "CreateLicenseRequest")
    found = compared(fleet, beta)

    assert (found["asOf"], found["reported"], found["difference"]) == (None, None, None)
    assert found["differences"] == []


def test_the_deployments_come_in_pages(fleet: World) -> None:
    first = fleet.operator.get("/reconciliation?limit=1").get_json()
    second = fleet.operator.get(f"/reconciliation?limit=1&cursor={first['nextCursor']}").get_json()
    found = [each["deployment"] for page in (first, second) for each in page["items"]]

    assert sorted(found) == sorted(site.id for site in fleet.sites.values())
    assert second["nextCursor"] is None


def test_a_deployment_that_is_none_is_absent(fleet: World) -> None:
    assert_problem(fleet.operator.get(f"/reconciliation?deployment=dep_{'0' * 32}"), 404)

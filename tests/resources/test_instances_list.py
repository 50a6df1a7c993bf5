"""Lists of instances over two deployments: filters, pages, and how fresh they are."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World, world

FLEET = (
    ("A", {"displayName": "Acme Ltd", "labels": {"plan": "gold", "region": "eu"}}),
    ("A", {"displayName": "Bolt 100 %", "labels": {"plan": "gold"}, "externalId": "crm-7"}),
    ("A1", {"displayName": "acme daughter", "labels": {"plan": "silver", "time": "9:30"}}),
    ("B", {"displayName": "Corvus", "labels": {"region": "eu"}, "start": False}),
    ("B", {"displayName": "Dune", "labels": {}}),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Five instances of three resellers, on two deployments that were asked."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        for owner, body in FLEET:
            made.new_instance(owner, **body)
        made.call("GET", "/instances?consistency=live")
        yield made


@pytest.fixture(autouse=True)
def _well(stage: World) -> Iterator[None]:
    stage.forget()
    yield
    for site in stage.sites.values():
        site.control.clear_faults()


def listed(stage: World, **query: Any) -> JSON:  # noqa: ANN401 # of the query
    """Return a list as the operator sees it."""
    answer = stage.operator.get("/instances", query_string=query)
    assert answer.status_code == 200, answer.text
    found: JSON = answer.get_json()
    return found


def names(stage: World, **query: Any) -> list[str]:  # noqa: ANN401 # of the query
    """Return the names of the instances in a list, without the one of the world itself."""
    own = stage.home["id"]
    return [each["displayName"] for each in listed(stage, **query)["items"] if each["id"] != own]


def asked(stage: World) -> set[str]:
    """Return the names of the deployments that were asked for their instances."""
    return {
        name
        for name, site in stage.sites.items()
        if any(entry["command"] == "GetInstances" for entry in site.journal())
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"label": "plan:gold"}, ["Acme Ltd", "Bolt 100 %"]),
        ({"label": "plan:gold,region:eu"}, ["Acme Ltd"]),
        ({"label": "time:9:30"}, ["acme daughter"]),
        ({"label": "plan:"}, []),
        ({"q": "ACME"}, ["Acme Ltd", "acme daughter"]),
        ({"q": "0 %"}, ["Bolt 100 %"]),
        ({"q": "C_m"}, []),
        ({"q": "CRM-"}, ["Bolt 100 %"]),
        ({"externalId": "crm-7"}, ["Bolt 100 %"]),
        ({"externalId": "CRM-7"}, []),
        ({"status": "stopped"}, ["Corvus"]),
        ({"status": "running", "label": "region:eu"}, ["Acme Ltd"]),
        ({"status": "missing"}, []),
        ({"q": "e", "label": "plan:silver", "status": "running"}, ["acme daughter"]),
    ],
    ids=str,
)
def test_filters_all_apply(stage: World, query: JSON, expected: list[str]) -> None:
    assert names(stage, **query) == expected


def test_filters_of_a_deployment_and_a_reseller(stage: World) -> None:
    beta, a1 = stage.sites["beta"].id, stage.resellers["A1"]

    assert names(stage, deployment=beta) == ["Corvus", "Dune"]
    assert names(stage, reseller=a1) == ["acme daughter"]
    assert names(stage, reseller=a1, deployment=beta) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("status=purged", "NOT_A_CHOICE"),
        ("status=", "NOT_A_CHOICE"),
        ("label=plan", "PATTERN"),
        ("label=", "TOO_SHORT"),
        ("label=a:b&label=c:d", "REPEATED"),
        ("q=", "TOO_SHORT"),
        ("maxAge=-1", "OUT_OF_RANGE"),
        ("maxAge=soon", "WRONG_TYPE"),
        ("consistency=fresh", "NOT_A_CHOICE"),
    ],
)
def test_what_cannot_be_meant_is_refused(stage: World, query: str, code: str) -> None:
    problem = assert_problem(stage.operator.get(f"/instances?{query}"), 422, "INVALID_INPUT")
    assert [fault["code"] for fault in problem["errors"]] == [code]


@pytest.mark.parametrize("query", [{}, {"status": "running"}, {"consistency": "live"}], ids=str)
def test_pages_put_together_are_the_list(stage: World, query: JSON) -> None:
    whole = [each["id"] for each in listed(stage, **query)["items"]]
    pages, cursor = [], ""
    while cursor is not None:
        page = listed(stage, limit=2, **query, **({"cursor": cursor} if cursor else {}))
        pages.append([each["id"] for each in page["items"]])
        cursor = page["nextCursor"]

    assert [one for page in pages for one in page] == whole
    assert all(len(page) == 2 for page, _ in pairwise(pages))


def test_a_cursor_belongs_to_its_filters(stage: World) -> None:
    cursor = listed(stage, limit=1, status="running")["nextCursor"]

    assert_problem(
        stage.operator.get("/instances", query_string={"cursor": cursor, "status": "stopped"}),
        400,
        "MALFORMED_REQUEST",
    )


def test_a_cached_list_asks_nobody_and_tells_its_age(stage: World) -> None:
    whole = listed(stage)

    assert asked(stage) == set()
    assert set(whole["asOf"]) == {site.id for site in stage.sites.values()}
    assert whole["unreachable"] == []


def test_a_live_list_asks_the_deployments_of_its_page_only(stage: World) -> None:
    beta = stage.sites["beta"].id
    whole = listed(stage, consistency="live", deployment=beta)

    assert asked(stage) == {"beta"}
    assert set(whole["asOf"]) == {beta}


def test_a_live_list_asks_where_the_caller_has_instances_only(stage: World) -> None:
    answer = stage.personas["b_admin"].get("/instances?consistency=live&status=running")

    assert answer.get_json()["asOf"].keys() == {stage.sites["beta"].id}
    assert asked(stage) == {"beta"}


def test_a_status_is_looked_for_wherever_it_may_have_come_up_since(stage: World) -> None:
    stopped = names(stage, status="stopped", consistency="live")

    assert stopped == ["Corvus"]
    assert asked(stage) == {"alpha", "beta"}


def test_max_age_asks_only_what_is_older(stage: World) -> None:
    before = listed(stage, consistency="live")
    stage.forget()

    assert listed(stage, maxAge=3600)["asOf"] == before["asOf"]
    assert asked(stage) == set()
    assert listed(stage, maxAge=0)["unreachable"] == []
    assert asked(stage) == {"alpha", "beta"}


@pytest.mark.parametrize("query", [{"consistency": "live"}, {"maxAge": 0}], ids=str)
def test_a_list_that_must_be_complete_fails_when_one_cannot_be_asked(
    stage: World, query: JSON
) -> None:
    lost = stage.sites["alpha"]
    lost.control.fault("status", "GetInstances", count=None, status=500)

    partial = listed(stage, **query)
    answer = stage.operator.get("/instances", query_string={**query, "require": "complete"})

    assert partial["unreachable"] == [lost.id]
    assert len(partial["items"]) == len(FLEET) + 1
    assert_problem(answer, 503, "LIST_INCOMPLETE")
    assert listed(stage, require="complete")["unreachable"] == []  # nobody is asked


def test_a_list_waits_no_longer_than_its_caller_wishes(stage: World) -> None:
    lost = stage.sites["alpha"]
    lost.control.fault("hang", "GetInstances", count=None)

    answer = stage.operator.get("/instances?consistency=live", headers={"Prefer": "wait=0"})
    lost.control.clear_faults()

    found = answer.get_json()
    assert lost.id in found["unreachable"]
    assert len(found["items"]) == len(FLEET) + 1

"""Statements over HTTP: one id from the first day on, and figures that never change."""

from typing import Any

import pytest

from gateway.billing.closing import Closing
from gateway.billing.licences import Licences
from gateway.broker.engine.reader import Reader
from gateway.model import Month, Reach, now, statement_id
from gateway.storage import resellers
from tests.answers import JSON
from tests.core import until
from tests.served import CheckedClient, assert_problem
from tests.world import World

LICENCES = "licences"


def read_licences(world: World) -> None:
    """Let each deployment be read once."""
    services = world.served.gateway.services
    database, connections = services.database, world.served.gateway.connections
    reading = Licences(database, lambda _, task: task(), Reader(connections).read, 3600)
    for site in world.sites.values():
        reading.read(site.id)


def close(world: World, reseller: str, month: Month) -> str:
    """Close a month that is over; return the statement's id."""
    database = world.served.gateway.services.database
    with database.read() as connection:
        found = resellers.find(connection, Reach("/"), reseller)
    assert found is not None
    assert Closing(database, 3600).close(found, month) is not None
    return statement_id(reseller, month)


@pytest.fixture
def reseller(own_world: World) -> str:
    return str(own_world.new_reseller("A")["id"])


@pytest.fixture
def closed(own_world: World, reseller: str) -> str:
    """The statement of a reseller that had nothing last month."""
    return close(own_world, reseller, Month.of(now()).previous)


def acme(world: World, reseller: str) -> JSON:
    """Make an instance with two users, and read its licences."""
    made = world.new_instance(
        "A",
        reseller=reseller,
        archiveAdmin=True,
        store={"name": "first"},
        users=[{"userName": "jane"}, {"userName": "joe"}],
    )
    read_licences(world)
    return made


def statement(client: CheckedClient, which: str) -> dict[str, Any]:
    response = client.get(f"/statements/{which}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def test_the_month_that_goes_on_says_what_was_read_so_far(own_world: World, reseller: str) -> None:
    made = acme(own_world, reseller)
    found = statement(own_world.operator, statement_id(reseller, Month.of(now())))
    [line] = found["lines"]

    assert (found["status"], found["closeTime"], found["entry"]) == ("open", None, None)
    assert line["instance"] == made["id"]
    assert line["instanceID"] == made["instanceID"]
    assert line["displayName"] == made["displayName"]
    assert line["measures"][LICENCES] == {"latest": 2, "average": 2, "peak": 2, "readings": 1}
    assert line["measures"]["bytes"] is None
    assert found["figures"][LICENCES] == line["measures"][LICENCES]
    assert found["corrected"] == found["figures"]
    assert found["completeness"]["unclosed"] != []


def test_a_figure_is_explained_by_its_readings(own_world: World, reseller: str) -> None:
    made = acme(own_world, reseller)
    which = statement_id(reseller, Month.of(now()))
    query = f"measure=licences&instance={made['id']}"
    found = own_world.operator.get(f"/statements/{which}/explain?{query}").get_json()
    [item] = found["items"]

    assert (item["instance"], item["value"], len(item["raw"])) == (made["id"], 2, 64)
    assert (found["kept"], found["users"], found["nextCursor"]) == (True, None, None)


def test_an_explanation_comes_in_pages(own_world: World, reseller: str) -> None:
    acme(own_world, reseller)
    read_licences(own_world)
    path = f"/statements/{statement_id(reseller, Month.of(now()))}/explain?measure=licences&limit=1"
    first = own_world.operator.get(path).get_json()
    second = own_world.operator.get(f"{path}&cursor={first['nextCursor']}").get_json()

    assert first["items"] != second["items"]
    assert second["nextCursor"] is None


def test_an_instance_without_a_line_is_not_explained(own_world: World, reseller: str) -> None:
    foreign = own_world.new_instance("B")["id"]
    which = statement_id(reseller, Month.of(now()))

    assert_problem(
        own_world.operator.get(f"/statements/{which}/explain?measure=users&instance={foreign}"), 404
    )


@pytest.mark.usefixtures("closed")
def test_the_list_has_the_last_month_first(own_world: World, reseller: str) -> None:
    client, path = own_world.personas["a_admin"], f"/statements?reseller={reseller}"
    first = client.get(f"{path}&limit=1").get_json()
    second = client.get(f"{path}&limit=1&cursor={first['nextCursor']}").get_json()
    present = Month.of(now())

    assert [each["month"] for each in first["items"]] == [str(present)]
    assert [each["month"] for each in second["items"]] == [str(present.previous)]
    assert second["nextCursor"] is None
    for status, number in (("open", 1), ("closed", 1), ("acknowledged", 0)):
        found = client.get(f"{path}&status={status}").get_json()["items"]
        assert [each["status"] for each in found] == [status] * number
    found = client.get(f"{path}&month={present.previous}").get_json()["items"]
    assert len(found) == 1


def test_the_list_is_that_of_the_callers_tree(own_world: World) -> None:
    seen = {
        name: {each["reseller"] for each in client.get("/statements?limit=500").get_json()["items"]}
        for name, client in own_world.personas.items()
        if name in {"operator", "a_admin", "a1_admin"}
    }

    assert seen["a1_admin"] == {own_world.resellers["A1"]}
    assert own_world.resellers["A1"] in seen["a_admin"]
    assert own_world.resellers["B"] not in seen["a_admin"]
    assert seen["a_admin"] < seen["operator"]


def test_a_reseller_out_of_reach_is_absent_from_the_list(own_world: World) -> None:
    client = own_world.personas["a_admin"]

    assert_problem(client.get(f"/statements?reseller={own_world.resellers['B']}"), 404)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "November", "2026-11-21"])
def test_a_month_has_one_spelling(own_world: World, month: str) -> None:
    assert_problem(own_world.operator.get(f"/statements?month={month}"), 422, "INVALID_INPUT")


def test_what_was_closed_stays_beside_its_corrections(
    own_world: World, reseller: str, closed: str
) -> None:
    wrong = {"measure": LICENCES, "amount": -2, "reason": "Agreed by telephone."}
    answer = own_world.operator.post(f"/statements/{closed}/corrections", json=wrong)
    found = statement(own_world.personas["a_admin"], closed)

    assert answer.status_code == 201
    assert answer.get_json() == found
    assert found["figures"][LICENCES]["latest"] == 0
    assert found["corrected"][LICENCES] == {"latest": -2, "average": -2, "peak": -2, "readings": 0}
    [correction] = found["corrections"]
    assert {name: correction[name] for name in wrong} == wrong
    assert correction["instance"] is None
    assert found["entry"]["number"] == 2
    assert found["reseller"] == reseller


def test_the_reseller_agrees_and_after_a_correction_agrees_anew(
    own_world: World, closed: str
) -> None:
    client = own_world.personas["a_admin"]
    agreed = client.post(f"/statements/{closed}/acknowledge").get_json()
    assert agreed["status"] == "acknowledged"
    assert agreed["acknowledgedBy"] == own_world.clients["a_admin"]

    body = {"measure": "users", "amount": 1, "reason": "Forgotten."}
    corrected = own_world.operator.post(f"/statements/{closed}/corrections", json=body).get_json()
    assert corrected["status"] == "closed"
    assert client.post(f"/statements/{closed}/acknowledge").get_json()["status"] == "acknowledged"


def test_an_open_statement_is_not_agreed_to(own_world: World, reseller: str) -> None:
    which = statement_id(reseller, Month.of(now()))

    assert_problem(own_world.operator.post(f"/statements/{which}/acknowledge"), 409, "CONFLICT")


def test_an_instance_of_others_is_not_corrected(own_world: World, closed: str) -> None:
    foreign = own_world.new_instance("B")["id"]
    body = {"instance": foreign, "measure": "users", "amount": 1, "reason": "x"}

    problem = assert_problem(
        own_world.operator.post(f"/statements/{closed}/corrections", json=body), 422
    )
    assert problem["errors"][0]["pointer"] == "/instance"


def test_what_was_done_is_in_the_owners_audit_log(
    own_world: World, reseller: str, closed: str
) -> None:
    own_world.operator.post(f"/statements/{closed}/acknowledge")

    def rows() -> list[JSON]:
        path = f"/audit-log?reseller={reseller}&object={closed}"
        found: list[JSON] = own_world.operator.get(path).get_json()["items"]
        return found

    assert until(rows)[0]["action"] == "acknowledgeStatement"

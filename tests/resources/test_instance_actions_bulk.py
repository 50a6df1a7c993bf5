"""An action on many instances while it runs: its parts, its end, who sees it, what it counts."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from gateway.storage.tables import operations
from tests.answers import JSON
from tests.core import until
from tests.resources.many import AT_ONCE, act, hold, items, let_go, made, outcomes
from tests.resources.test_operations_stream import events, stream
from tests.served import CheckedClient, assert_problem
from tests.world import World


def restricted(world: World, *ids: str) -> CheckedClient:
    """Make a client of A's that is restricted to some instances."""
    grant = ["instances:operate", "instances:read", "operations:read", "operations:cancel"]
    client = world.new_client("A", permissions=grant, instances=list(ids))
    return world.served.log_in(client["clientId"], client["clientSecret"])


@pytest.fixture
def holding(own_world: World) -> Iterator[World]:
    """A world that goes on after a test in which it was held."""
    yield own_world
    let_go(own_world)


# while it runs


def test_while_it_runs_the_items_are_shown_and_no_more_than_eight_are_under_way(
    holding: World,
) -> None:
    ids = made(holding, "A" * 11)
    hold(holding)
    begun = act(holding.operator, ids, Prefer="wait=0")
    path = begun.headers["Location"]

    def running() -> TestResponse:
        return holding.operator.get(path, headers=AT_ONCE)

    until(lambda: outcomes(running()).count("running") == 8)
    now = running()
    states = outcomes(now)
    let_go(holding)
    done = holding.operator.get(path)

    assert begun.status_code == 202
    assert begun.get_json()["result"]["items"][0].keys() == items(done)[0].keys()
    assert path == f"/operations/{begun.get_json()['id']}"
    assert states.count("running") == 8
    assert states.count("queued") == 3
    assert now.get_json()["status"] == "running"
    assert now.get_json()["percentProgress"] == 0
    assert outcomes(done) == ["succeeded"] * 11
    assert holding.sent().count("StopInstances") == 11


def test_the_parts_are_found_by_the_whole(own_world: World) -> None:
    ids = made(own_world, "AB")
    whole = act(own_world.operator, ids).get_json()["id"]
    page = own_world.call("GET", f"/operations?parent={whole}")
    as_b = own_world.personas["b_admin"].get(f"/operations?parent={whole}").get_json()

    assert {each["instance"] for each in page["items"]} == set(ids)
    assert {each["parent"] for each in page["items"]} == {whole}
    assert [each["instance"] for each in as_b["items"]] == ids[1:]


def test_the_stream_tells_the_progress_and_ends_with_the_items(own_world: World) -> None:
    ids = made(own_world, "AB")
    whole = act(own_world.operator, ids).get_json()["id"]
    told = events(stream(own_world.operator, whole).text)

    assert [each.name for each in told] == ["progress", "end"]
    assert told[0].data["percentProgress"] == 100
    assert told[1].data == own_world.call("GET", f"/operations/{whole}")


def test_to_cancel_the_whole_cancels_what_has_not_ended(holding: World) -> None:
    ids = made(holding, "A" * 10)
    hold(holding)
    path = act(holding.operator, ids, Prefer="wait=0").headers["Location"]
    until(lambda: holding.sent().count("GetInstances") == 8)
    asked = holding.operator.post(f"{path}/cancel")
    let_go(holding)
    done = holding.operator.get(path)

    assert asked.status_code == 202
    assert asked.get_json()["status"] == "cancelling"
    assert outcomes(done) == ["cancelled"] * 10
    assert done.get_json()["status"] == "cancelled"
    assert done.get_json()["problem"] is None
    assert set(holding.sent()) == {"GetInstances", "get-status", "cancel-async"}
    assert holding.sent().count("GetInstances") == 8


def test_a_single_part_can_be_cancelled(holding: World) -> None:
    ids = made(holding, "AA")
    hold(holding)
    begun = act(holding.operator, ids, Prefer="wait=0")
    until(lambda: holding.sent().count("GetInstances") == 2)
    part = items(begun)[0]["operation"]
    holding.operator.post(f"/operations/{part}/cancel")
    let_go(holding)
    done = holding.operator.get(begun.headers["Location"])

    assert outcomes(done) == ["cancelled", "succeeded"]
    assert done.get_json()["status"] == "cancelled"


def test_the_whole_is_not_settled_by_a_person_but_its_parts_are(own_world: World) -> None:
    whole = act(own_world.operator, made(own_world, "A")).get_json()["id"]
    with own_world.served.gateway.services.database.write() as connection:
        connection.execute(
            update(operations).where(operations.c.id == whole).values(status="unknown")
        )
    body = {"outcome": "failed", "note": "I looked."}
    answer = own_world.operator.post(f"/operations/{whole}/resolve", json=body)

    assert "parts" in assert_problem(answer, 409, "CONFLICT")["detail"]


# quotas


def limited(world: World, limit: int | None) -> None:
    limits: dict[str, Any] = {} if limit is None else {"concurrentOperations": limit}
    world.call("PUT", f"/resellers/{world.resellers['A']}/quotas", {"limits": limits})


def test_a_call_counts_as_one_operation_until_its_last_part_has_ended(holding: World) -> None:
    ids, admin = made(holding, "AAA"), holding.personas["a_admin"]
    more = made(holding, "A")
    limited(holding, 1)
    hold(holding)
    begun = act(admin, ids, Prefer="wait=0")
    refused = act(admin, more)
    single = admin.post(f"/instances/{more[0]}/stop")
    let_go(holding)
    done = admin.get(begun.headers["Location"])
    after = act(admin, more)
    limited(holding, None)

    assert begun.status_code == 202
    assert_problem(refused, 403, "QUOTA_EXCEEDED", used=1, limit=1)
    assert_problem(single, 403, "QUOTA_EXCEEDED", used=1, limit=1)
    assert outcomes(done) == ["succeeded"] * 3
    assert outcomes(after) == ["succeeded"]


# who sees it


def test_whoever_is_restricted_acts_on_its_own_and_sees_what_is_all_its_own(
    own_world: World,
) -> None:
    one, other, foreign = made(own_world, "AAA")
    both, first = restricted(own_world, one, other), restricted(own_world, one)
    answer = act(both, [one, other])
    whole = answer.get_json()["id"]
    parts = first.get(f"/operations?parent={whole}").get_json()["items"]

    assert outcomes(answer) == ["succeeded"] * 2
    assert both.get(f"/operations/{whole}").get_json() == answer.get_json()
    assert whole in [each["id"] for each in both.get("/operations").get_json()["items"]]
    assert own_world.personas["a_admin"].get(f"/operations/{whole}").status_code == 200
    assert_problem(first.get(f"/operations/{whole}"), 404, "NOT_FOUND")
    assert_problem(first.post(f"/operations/{whole}/cancel"), 404, "NOT_FOUND")
    assert whole not in first.get("/operations").text.replace(f'"parent":"{whole}"', "")
    assert [each["instance"] for each in parts] == [one]
    assert_problem(act(both, [one, foreign]), 404, "NOT_FOUND")


def test_the_whole_is_its_callers_and_each_part_its_owners(own_world: World) -> None:
    above, below = made(own_world, ["A", "A1"])  # type: ignore[arg-type] # letters, in a list
    answer = act(own_world.personas["a_admin"], [above, below])
    whole, part = answer.get_json()["id"], items(answer)[1]["operation"]
    sub = own_world.personas["a1_admin"]

    assert_problem(sub.get(f"/operations/{whole}"), 404, "NOT_FOUND")
    assert sub.get(f"/operations/{part}").get_json()["parent"] == whole
    assert_problem(own_world.personas["b_admin"].get(f"/operations/{whole}"), 404, "NOT_FOUND")


def test_what_was_done_before_a_change_of_owner_stays_with_the_former_one(holding: World) -> None:
    alpha, beta = holding.sites["alpha"], holding.sites["beta"]
    admin = holding.personas["a_admin"]
    ids = [holding.new_instance("A", deployment=site.id)["id"] for site in (alpha, beta)]
    hold(holding)
    alpha.control.asynchronous(share=0.0)
    path = act(admin, ids, Prefer="wait=0").headers["Location"]
    until(lambda: outcomes(admin.get(path, headers=AT_ONCE)) == ["succeeded", "running"])
    ready = items(admin.get(path, headers=AT_ONCE))[0]
    to_b = {"reseller": holding.resellers["B"]}
    holding.call("POST", f"/instances/{ids[0]}/transfer", to_b)
    let_go(holding)
    done = admin.get(path)
    again = holding.personas["b_admin"].get(path)

    assert [item["instance"] for item in items(done)] == ids
    assert outcomes(done) == ["succeeded"] * 2
    assert admin.get(f"/operations/{ready['operation']}").get_json()["result"] is None
    assert_problem(again, 404, "NOT_FOUND")


# the audit


def test_the_call_and_each_instance_have_their_rows(own_world: World) -> None:
    ok, gone = made(own_world, "AA")
    own_world.call("DELETE", f"/instances/{gone}")
    answer = act(own_world.personas["a_admin"], [ok, gone])
    whole = answer.get_json()["id"]
    request = answer.headers["X-Request-Id"]

    def found() -> list[JSON]:
        page = own_world.personas["a_admin"].get("/audit-log?limit=500").get_json()["items"]
        return [row for row in page if row["requestId"] == request]

    rows = until(lambda: found() if len(found()) == 5 else [])
    told = {(row["action"], row["phase"], row["object"]) for row in rows}
    assert told == {
        ("instanceActions", "intent", whole),
        ("instanceActions", "outcome", whole),
        ("stopInstance", "intent", ok),
        ("stopInstance", "outcome", ok),
        ("instanceActions", "refused", gone),
    }

"""What was done and what was refused stands in the chain of whom it concerns."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gateway.errors import StorageUnavailable
from gateway.storage import outbox
from tests.answers import JSON
from tests.served import CheckedClient, assert_problem
from tests.world import World


@pytest.fixture
def known(own_world: World) -> Iterator[World]:
    """A world of which the log is empty to the eye: only what a test does is new."""
    own_world.forget()
    return own_world


def rows(world: World, who: str = "operator", **filters: str) -> list[JSON]:
    """Return the rows that a persona sees, the oldest first."""
    for chore in world.served.gateway.chores:
        if chore.name == "audit.sequence":
            chore.run()
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = world.personas[who].get(f"/audit-log?limit=500&{query}")
    assert answer.status_code == 200, answer.text
    found: list[JSON] = answer.json["items"]
    return found[::-1]


def about(world: World, who: str, target: str) -> list[JSON]:
    """Return the rows about an object that a persona sees."""
    return rows(world, who, object=target)


def phases(found: list[JSON]) -> list[str]:
    """Return what each row tells."""
    return [row["phase"] for row in found]


def test_an_owner_sees_what_operators_did_to_its_archive(known: World) -> None:
    made = known.new_instance("A")
    known.call("POST", f"/instances/{made['id']}/stop")
    found = [row for row in about(known, "a_admin", made["id"]) if row["action"] == "stopInstance"]
    assert phases(found) == ["intent", "outcome"]
    assert {row["reseller"] for row in found} == {known.resellers["A"]}
    assert {row["actor"]["client"] for row in found} == {known.clients["operator"]}
    assert {row["actor"]["reseller"] for row in found} == {known.resellers["root"]}
    assert "StopInstances" in found[0]["commands"]
    assert found[0]["deployment"] == known.sites["alpha"].id
    assert found[0]["operation"] == found[1]["operation"]
    assert found[1]["status"] == "succeeded"


def test_from_where_an_operator_called_is_for_operators(known: World) -> None:
    made = known.new_instance("A")
    [own, *_] = about(known, "operator", made["id"])
    [told, *_] = about(known, "a_admin", made["id"])
    assert own["actor"]["address"] == "127.0.0.1"
    assert own["actor"]["token"]
    assert not {"address", "token"} & set(told["actor"])


def test_the_own_people_see_from_where_they_called(known: World) -> None:
    made = known.new_instance("A")
    answer = known.personas["a_admin"].post(
        f"/instances/{made['id']}/start", headers={"On-Behalf-Of": "jane@customer.example"}
    )
    [row, *_] = rows(known, "a_reader", object=made["id"], action="startInstance")
    assert row["actor"]["onBehalfOf"] == "jane@customer.example"
    assert row["actor"]["address"] == "127.0.0.1"
    assert row["requestId"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("who", "whose"),
    [("operator", "A"), ("a_admin", "A"), ("a_admin", "A1"), ("a1_admin", "A1")],
)
def test_a_chain_is_seen_by_its_reseller_and_those_above(
    known: World, who: str, whose: str
) -> None:
    made = known.new_instance(whose)
    assert about(known, who, made["id"])


@pytest.mark.parametrize(("who", "whose"), [("b_admin", "A"), ("a1_admin", "A")])
def test_nobody_else_sees_it(known: World, who: str, whose: str) -> None:
    made = known.new_instance(whose)
    assert about(known, who, made["id"]) == []
    chain = known.personas[who].get(f"/audit-log?reseller={known.resellers[whose]}")
    assert_problem(chain, 404, "NOT_FOUND")


def test_a_client_of_single_instances_sees_the_rows_about_these(known: World) -> None:
    other = known.new_instance("A")
    client = known.new_client("A", permissions=["audit:read"], instances=[known.home["id"]])
    reader = known.served.log_in(client["clientId"], client["clientSecret"])
    known.personas["portal_reader"] = reader
    assert {row["instance"] for row in rows(known, "portal_reader")} == {known.home["id"]}
    assert about(known, "portal_reader", other["id"]) == []


def test_a_refusal_is_in_the_chain_of_the_refused_and_not_of_the_victim(known: World) -> None:
    made = known.new_instance("A")
    before = len(rows(known, "a_admin"))
    refused = known.personas["b_admin"].delete(f"/instances/{made['id']}")
    assert_problem(refused, 404)
    [row] = about(known, "b_admin", made["id"])
    assert (row["phase"], row["problem"]) == ("refused", "NOT_FOUND")
    assert row["reseller"] == known.resellers["B"]
    assert len(rows(known, "a_admin")) == before


def test_a_missing_permission_is_named(known: World) -> None:
    made = known.new_instance("A")
    assert_problem(known.personas["a_reader"].delete(f"/instances/{made['id']}"), 403)
    [row] = rows(known, "a_admin", object=made["id"], phase="refused")
    assert (row["problem"], row["permission"]) == ("PERMISSION_MISSING", "instances:delete")


def _deleted_twice(known: World, client: CheckedClient) -> str:
    made = known.new_instance("A")
    known.call("DELETE", f"/instances/{made['id']}")
    assert_problem(client.delete(f"/instances/{made['id']}"), 409, "CONFLICT")
    return str(made["id"])


def _name_taken(known: World, client: CheckedClient) -> str:
    made = known.new_instance("A")
    body = {
        "instanceID": made["instanceID"],
        "displayName": "Again",
        "deployment": known.sites["alpha"].id,
    }
    assert_problem(client.post("/instances", json=body), 409, "NAME_TAKEN")
    return known.resellers["A"]


def _other_version(known: World, client: CheckedClient) -> str:
    made = known.new_instance("A")
    path = f"/instances/{made['id']}"
    headers = {"If-Match": '"0"'}
    assert_problem(client.patch(path, json={"labels": {"a": "b"}}, headers=headers), 412)
    return str(made["id"])


@pytest.mark.parametrize("refuse", [_deleted_twice, _name_taken, _other_version])
def test_what_the_state_does_not_allow_is_noted_once(known: World, refuse: Any) -> None:  # noqa: ANN401 - a function of above
    target = refuse(known, known.personas["a_admin"])
    found = rows(known, "a_admin", object=target, phase="refused")
    assert len(found) == 1
    assert found[0]["actor"]["client"] == known.clients["a_admin"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/instances/ins_01995e5a7c4d7b3e8f2a9c1d0e6b4f37", None),
        ("POST", "/instances", {"instanceID": 5}),
        ("GET", "/stores", None),
    ],
    ids=["read", "invalid", "no-such-path"],
)
def test_reads_and_invalid_input_leave_no_row(
    known: World, method: str, path: str, body: Mapping[str, object] | None
) -> None:
    before = len(rows(known))
    answer = known.personas["a_admin"].open(path, method=method, json=body)
    assert answer.status_code in {404, 422}
    assert len(rows(known)) == before


def test_a_client_that_is_deleted_is_noted_in_its_resellers_chain(known: World) -> None:
    made = known.new_client("A1")
    known.call("DELETE", f"/clients/{made['id']}", status=204)
    found = about(known, "a1_admin", made["id"])
    assert [row["action"] for row in found] == ["createClient", "createClient", "deleteClient"]
    assert phases(found) == ["done", "disclosed", "done"]


def test_a_one_time_url_is_noted_when_it_is_made_and_when_it_is_handed_out(known: World) -> None:
    made = known.new_archive("A")
    path = f"/instances/{made['id']}/archive-admin/one-time-url"
    answer = known.personas["a_admin"].post(path, json={})
    assert answer.status_code in {200, 201}, answer.text
    found = rows(known, "a_admin", object=made["id"])
    assert phases([row for row in found if "one" in row["action"].lower()]) == [
        "intent",
        "outcome",
        "disclosed",
    ]
    assert answer.json["url"] not in str(found)


def test_a_licence_request_is_noted_although_it_changes_nothing(known: World) -> None:
    known.call("POST", f"/deployments/{known.sites['alpha'].id}/license-requests")
    found = rows(known, object=known.sites["alpha"].id, action="createLicenseRequest")
    assert phases(found) == ["intent", "outcome"]


@pytest.mark.parametrize("name", ["stop", "license-requests"])
def test_without_an_audit_row_nothing_is_sent(
    known: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = known.new_instance("A")
    deployment = known.sites["alpha"].id
    path = f"/instances/{made['id']}/stop"
    path = path if name == "stop" else f"/deployments/{deployment}/{name}"
    known.forget()
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", _full)
        assert_problem(known.operator.post(path), 503, "STORAGE_UNAVAILABLE")
    assert known.journal() == []


def test_without_an_audit_row_a_refusal_is_no_answer(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = known.new_instance("A")
    known.call("DELETE", f"/instances/{made['id']}")
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", _full)
        answer = known.operator.delete(f"/instances/{made['id']}")
    assert_problem(answer, 503, "STORAGE_UNAVAILABLE")


def _full(*_: object) -> None:
    raise StorageUnavailable


def test_pages_hold_every_row_once(known: World) -> None:
    known.new_instance("A")
    whole = [row["id"] for row in rows(known, "a_admin")][::-1]
    found: list[str] = []
    cursor = ""
    while cursor is not None and len(found) <= len(whole):
        page = known.personas["a_admin"].get(f"/audit-log?limit=3{cursor}").json
        found += [row["id"] for row in page["items"]]
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
    assert found == whole


def test_rows_are_narrowed_to_a_time(known: World) -> None:
    first, *_, last = rows(known, "a_admin")
    since, until = last["createTime"], first["createTime"]
    assert all(row["createTime"] >= since for row in rows(known, "a_admin", since=since))
    assert rows(known, "a_admin", until=until) == []
    assert last in rows(known, "a_admin", since=since)

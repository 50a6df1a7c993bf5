"""Instances that nobody owns over REST: listed, adopted, released, and never given to another."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.answers import JSON
from tests.behind import Console, found, refreshed, strange
from tests.served import assert_problem
from tests.simulated import Control
from tests.world import Site, World


@pytest.fixture
def alpha(inner_world: World) -> Site:
    return inner_world.sites["alpha"]


@pytest.fixture
def name(inner_world: World) -> str:
    return f"stray-{next(inner_world.numbers)}"


@pytest.fixture(autouse=True)
def _no_limits(inner_world: World) -> Iterator[None]:
    """Take the limits of B away again."""
    yield
    inner_world.call("PUT", f"/resellers/{inner_world.resellers['B']}/quotas", {"limits": {}})


def adopt(world: World, instance: str, owner: str, status: int = 201, **body: Any) -> JSON:  # noqa: ANN401 # JSON
    whole = {"reseller": world.resellers[owner], **body}
    return world.call("POST", f"/inventory/{instance}/adopt", whole, status)


def refused(world: World, instance: str, owner: str, code: str, status: int = 409) -> JSON:
    body = {"reseller": world.resellers[owner]}
    answer = world.operator.post(f"/inventory/{instance}/adopt", json=body)
    return dict(assert_problem(answer, status, code))


def release(world: World, made: JSON) -> JSON:
    body = {"instanceID": made["instanceID"]}
    return world.call("POST", f"/inventory/{made['id']}/release", body)


def full(control: Control, name: str) -> None:
    """Plant an instance with two stores and three users, that shows both."""
    control.seed(
        instances=[
            {
                "instanceID": name,
                "archiveAdminEnabled": True,
                "stores": [{"name": "2025"}, {"name": "2026"}],
                "users": [{"userName": user} for user in ("jane", "joe", "jim")],
            }
        ]
    )


def test_what_is_found_is_listed_with_what_is_known_of_it(
    inner_world: World, alpha: Site, name: str
) -> None:
    opaque = strange(inner_world, alpha, name, alias=f"{name}-a", displayName="Stray Ltd")
    row = found(inner_world, alpha)[name]
    assert row["id"] == opaque
    assert row["displayName"] == "Stray Ltd"
    assert (row["alias"], row["status"]) == (f"{name}-a", "stopped")
    assert (row["deployment"], row["instanceHost"]) == (alpha.id, "alpha-host1")
    assert row["formerReseller"] is None
    assert name not in found(inner_world, inner_world.sites["beta"])


def test_the_list_has_pages(inner_world: World, alpha: Site, name: str) -> None:
    for number in range(3):
        Console(alpha.simulator).create(f"{name}-{number}")
    refreshed(inner_world, alpha)
    seen, path = [], "/inventory/unowned?limit=2"
    cursor = ""
    while True:
        page = inner_world.call("GET", path + cursor)
        assert len(page["items"]) <= 2
        seen += [row["id"] for row in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    whole = inner_world.call("GET", "/inventory/unowned?limit=500")["items"]
    assert seen == [row["id"] for row in whole]
    assert len(seen) >= 3


def test_what_is_adopted_is_its_owners_under_the_same_id(
    inner_world: World, alpha: Site, name: str
) -> None:
    opaque = strange(inner_world, alpha, name, alias=f"{name}-a")
    inner_world.forget()
    made = adopt(inner_world, opaque, "B", externalId="b-17", labels={"plan": "gold"})

    assert (made["id"], made["instanceID"]) == (opaque, name)
    assert (made["reseller"], made["alias"]) == (inner_world.resellers["B"], f"{name}-a")
    assert (made["externalId"], made["labels"]) == ("b-17", {"plan": "gold"})
    assert (made["status"], made["startMode"]) == ("stopped", "automatic")
    assert inner_world.changes() == []
    assert {entry["command"] for entry in inner_world.journal()} == {
        "GetInstances",
        "GetInstanceConfiguration",
    }
    own = inner_world.personas["b_admin"].get(f"/instances/{opaque}")
    assert own.json["instanceID"] == name
    assert inner_world.personas["a_admin"].get(f"/instances/{opaque}").status_code == 404
    assert name not in found(inner_world, alpha)
    refreshed(inner_world, alpha)
    assert name not in found(inner_world, alpha)
    started = inner_world.personas["b_admin"].post(f"/instances/{opaque}/start", json={})
    assert started.json["status"] == "running"


def test_what_it_holds_counts_from_the_start(inner_world: World, alpha: Site, name: str) -> None:
    full(alpha.control, name)
    Console(alpha.simulator).run("StartInstances", instanceFilter=name)
    refreshed(inner_world, alpha)
    opaque = found(inner_world, alpha)[name]["id"]
    path = f"/resellers/{inner_world.resellers['B']}/quotas"
    before = inner_world.call("GET", path)["usage"]
    inner_world.call("PUT", path, {"limits": {"users": before["users"]["used"] + 2}})
    problem = refused(inner_world, opaque, "B", "QUOTA_EXCEEDED", 403)
    assert problem["resource"] == "users"
    assert name in found(inner_world, alpha)

    inner_world.call("PUT", path, {"limits": {"users": before["users"]["used"] + 3}})
    adopt(inner_world, opaque, "B")
    after = inner_world.call("GET", path)["usage"]
    gained = {what: after[what]["used"] - before[what]["used"] for what in before}
    assert gained == {"instances": 1, "stores": 2, "users": 3, "concurrentOperations": 0}


def test_a_quota_of_instances_holds_for_operators_too(
    inner_world: World, alpha: Site, name: str
) -> None:
    opaque = strange(inner_world, alpha, name)
    path = f"/resellers/{inner_world.resellers['B']}/quotas"
    used = inner_world.call("GET", path)["usage"]["instances"]["used"]
    inner_world.call("PUT", path, {"limits": {"instances": used}})
    assert refused(inner_world, opaque, "B", "QUOTA_EXCEEDED", 403)["resource"] == "instances"


def test_a_check_changes_nothing(inner_world: World, alpha: Site, name: str) -> None:
    opaque = strange(inner_world, alpha, name)
    body = {"reseller": inner_world.resellers["B"]}
    inner_world.call("POST", f"/inventory/{opaque}/adopt?validateOnly=true", body, 204)
    assert name in found(inner_world, alpha)
    made = adopt(inner_world, opaque, "A")
    path = f"/inventory/{opaque}/release?validateOnly=true"
    inner_world.call("POST", path, {"instanceID": name}, 204)
    assert inner_world.call("GET", f"/instances/{opaque}")["reseller"] == made["reseller"]


def test_what_is_gone_by_now_is_not_adopted(inner_world: World, alpha: Site, name: str) -> None:
    """The row alone is not believed."""
    opaque = strange(inner_world, alpha, name)
    Console(alpha.simulator).delete(name)
    refused(inner_world, opaque, "B", "INSTANCE_MISSING")
    refreshed(inner_world, alpha)
    refused(inner_world, opaque, "B", "NOT_FOUND", 404)


def test_an_alias_of_anothers_is_not_taken_over(inner_world: World, alpha: Site, name: str) -> None:
    """The row was written before the alias was: it is read once more."""
    taken = inner_world.new_instance("A", alias=f"{name}-alias")
    opaque = strange(inner_world, alpha, name)
    Console(alpha.simulator).change(taken["instanceID"], alias="")
    Console(alpha.simulator).change(name, alias=f"{name}-alias")
    refused(inner_world, opaque, "B", "NAME_TAKEN")
    refused(inner_world, opaque, "A", "NAME_TAKEN")


def test_a_purged_id_that_is_back_is_its_last_owners_alone(inner_world: World, alpha: Site) -> None:
    gone = inner_world.new_instance("A")
    path = f"/instances/{gone['id']}"
    inner_world.call("DELETE", path)
    sure = {"instanceID": gone["instanceID"], "legalHoldChecked": True}
    inner_world.call("POST", f"{path}/purge", sure)
    opaque = strange(inner_world, alpha, gone["instanceID"])
    row = found(inner_world, alpha)[gone["instanceID"]]
    assert row["formerReseller"] == inner_world.resellers["A"]
    assert opaque != gone["id"]
    refused(inner_world, opaque, "B", "NAME_TAKEN")
    refused(inner_world, opaque, "A1", "NAME_TAKEN")
    assert adopt(inner_world, opaque, "A")["reseller"] == inner_world.resellers["A"]


def test_an_archive_under_another_id_is_not_given_away(
    inner_world: World, alpha: Site, name: str
) -> None:
    """What was renamed in SPE lies where it lay: its directory says whose it is."""
    known = inner_world.new_instance("A", start=False)
    Console(alpha.simulator).rename(known["instanceID"], name)
    refreshed(inner_world, alpha)
    opaque = found(inner_world, alpha)[name]["id"]
    for owner in ("A", "B"):
        assert known["id"] in refused(inner_world, opaque, owner, "IN_USE")["detail"]
    shown = inner_world.call("GET", f"/instances/{known['id']}")
    assert shown["status"] == "missing"
    assert shown["drift"]["missing"]["renamedTo"] == name
    owners = inner_world.personas["a_admin"].get(f"/instances/{known['id']}").json
    assert list(owners["drift"]["missing"]) == ["since"]

    release(inner_world, known)
    refused(inner_world, opaque, "B", "IN_USE")
    assert adopt(inner_world, opaque, "A")["id"] == opaque


def test_an_archive_around_anothers_is_not_given_away(
    inner_world: World, alpha: Site, name: str
) -> None:
    inner_world.new_instance("A", start=False)
    opaque = strange(inner_world, alpha, name, baseDirectory="D:\\MailStore\\x\\..\\INSTANCES")
    refused(inner_world, opaque, "B", "IN_USE")


def test_a_suspended_reseller_and_a_closed_deployment_get_nothing(
    inner_world: World, alpha: Site, name: str
) -> None:
    opaque = strange(inner_world, alpha, name)
    refused(inner_world, opaque, "S", "CONFLICT")
    refused(inner_world, opaque, "S1", "CONFLICT")
    beta = inner_world.sites["beta"].id
    body = {"name": "closed", "deployments": [beta]}
    closed = inner_world.call("POST", "/resellers", body, 201)["id"]
    answer = inner_world.operator.post(f"/inventory/{opaque}/adopt", json={"reseller": closed})
    assert_problem(answer, 409, "CONFLICT")
    assert name in found(inner_world, alpha)


def test_nobody_but_an_operator_hears_of_it(inner_world: World, alpha: Site, name: str) -> None:
    opaque = strange(inner_world, alpha, name)
    body = {"reseller": inner_world.resellers["A"]}
    for persona in ("a_admin", "b_admin", "a_portal"):
        answer = inner_world.personas[persona].post(f"/inventory/{opaque}/adopt", json=body)
        assert_problem(answer, 404, "NOT_FOUND")
    assert_problem(inner_world.operator.get(f"/instances/{opaque}"), 404)


def test_what_is_released_leaves_lists_and_quotas_and_keeps_its_history(
    inner_world: World, alpha: Site
) -> None:
    made = inner_world.new_instance("B", deployment=alpha.id)
    owner, path = inner_world.personas["b_admin"], f"/instances/{made['id']}"
    quotas = f"/resellers/{inner_world.resellers['B']}/quotas"
    used = inner_world.call("GET", quotas)["usage"]["instances"]["used"]
    wrong = {"instanceID": "another-one"}
    answer = inner_world.operator.post(f"/inventory/{made['id']}/release", json=wrong)
    assert_problem(answer, 422)
    inner_world.forget()

    assert release(inner_world, made) == {"id": made["id"], "status": "released"}
    assert inner_world.journal() == []
    assert inner_world.call("GET", quotas)["usage"]["instances"]["used"] == used - 1
    assert_problem(owner.get(path), 404)
    assert_problem(owner.post(f"{path}/start", json={}), 404)
    assert_problem(inner_world.operator.get(path), 404)
    listed = owner.get("/instances?limit=500").json["items"]
    assert made["id"] not in [each["id"] for each in listed]
    history = owner.get(f"/operations?instance={made['id']}").json["items"]
    assert [each["kind"] for each in history] == ["createInstance"]
    for chore in inner_world.served.gateway.chores:
        if chore.name == "audit.sequence":
            chore.run()
    told = owner.get(f"/audit-log?object={made['id']}&action=releaseInstance").json["items"]
    assert [row["fields"] for row in told] == [["released"]]

    taken = {"instanceID": made["instanceID"], "displayName": "x", "deployment": alpha.id}
    theft = inner_world.operator.post(
        "/instances", json={**taken, "reseller": inner_world.resellers["A"]}
    )
    assert_problem(theft, 409, "NAME_TAKEN")
    refreshed(inner_world, alpha)
    row = found(inner_world, alpha)[made["instanceID"]]
    assert row["formerReseller"] == inner_world.resellers["B"]
    assert row["id"] != made["id"]
    refused(inner_world, row["id"], "A", "NAME_TAKEN")
    again = adopt(inner_world, row["id"], "B")
    assert again["status"] == "running"


def test_what_is_released_may_be_transferred_once_it_is_back(
    inner_world: World, alpha: Site
) -> None:
    """Then it is the new owner's, and released again it is that one's alone."""
    made = inner_world.new_instance("A")
    release(inner_world, made)
    refreshed(inner_world, alpha)
    back = adopt(inner_world, found(inner_world, alpha)[made["instanceID"]]["id"], "A")
    to_b = {"reseller": inner_world.resellers["B"]}
    inner_world.call("POST", f"/instances/{back['id']}/transfer", to_b)
    release(inner_world, back)
    refreshed(inner_world, alpha)
    opaque = found(inner_world, alpha)[made["instanceID"]]["id"]
    refused(inner_world, opaque, "A", "NAME_TAKEN")
    assert adopt(inner_world, opaque, "B")["reseller"] == inner_world.resellers["B"]


def test_nothing_is_released_while_something_is_done_to_it(inner_world: World, alpha: Site) -> None:
    made = inner_world.new_archive("A")
    alpha.control.pause()
    try:
        begun = inner_world.operator.post(
            f"/instances/{made['id']}/stores/verify", json={}, headers={"Prefer": "wait=0"}
        )
        assert begun.status_code == 202
        body = {"instanceID": made["instanceID"]}
        answer = inner_world.operator.post(f"/inventory/{made['id']}/release", json=body)
        assert_problem(answer, 409, "OPERATION_IN_PROGRESS", operation=begun.json["id"])
    finally:
        alpha.control.resume()


def test_a_deleted_instance_can_be_released(inner_world: World) -> None:
    made = inner_world.new_instance("A")
    inner_world.call("DELETE", f"/instances/{made['id']}")
    assert release(inner_world, made)["status"] == "released"


def test_a_release_that_is_repeated_under_its_key_is_answered(inner_world: World) -> None:
    made = inner_world.new_instance("A")
    headers = {"Idempotency-Key": f"release-{made['id']}"}
    answers = [
        inner_world.operator.post(
            f"/inventory/{made['id']}/release",
            json={"instanceID": made["instanceID"]},
            headers=headers,
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_what_differs_is_shown_and_places_to_operators_alone(
    inner_world: World, alpha: Site
) -> None:
    made = inner_world.new_instance("A", start=False)
    assert made["drift"] is None
    known = made["instanceHost"]
    other = "alpha-host2" if known == "alpha-host1" else "alpha-host1"
    Console(alpha.simulator).change(made["instanceID"], displayName="Renamed", instanceHost=other)
    refreshed(inner_world, alpha)
    path = f"/instances?deployment={alpha.id}&limit=500"

    def drift(answer: JSON) -> JSON:
        return next(each["drift"] for each in answer["items"] if each["id"] == made["id"])

    named = {"known": made["displayName"], "found": "Renamed"}
    placed = {"known": known, "found": other}
    whole = {"displayName": named, "instanceHost": placed}
    assert drift(inner_world.call("GET", path)) == whole
    assert drift(inner_world.personas["a_admin"].get(path).json) == {"displayName": named}

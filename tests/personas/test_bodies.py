"""What a body may not say: owners, places, paths, consent by silence, and names that are taken."""

import json
from typing import Any

import pytest

from tests.answers import JSON
from tests.served import assert_problem
from tests.world import World, registration

CHOSEN_BY_US = {
    "instanceHost": "alpha-host2",
    "baseDirectory": "D:\\MailStore\\Instances\\tenant-1",
    "owner": "res_" + "0" * 32,
    "resellerId": "res_" + "0" * 32,
    "id": "ins_" + "0" * 32,
    "status": "running",
    "debugLogEnabled": True,
    "vssWriterEnabled": False,
    "quota": 1000,
    "constructor": {},
    "__proto__": {},
}


def creation(world: World, **members: Any) -> JSON:  # noqa: ANN401 # JSON
    number = next(world.numbers)
    return {"instanceID": f"tenant-{number}", "displayName": "x", **members}


@pytest.mark.parametrize("name", CHOSEN_BY_US)
def test_what_is_ours_to_choose_is_refused(own_world: World, name: str) -> None:
    own_world.forget()
    client = own_world.personas["a_admin"]
    home = f"/instances/{own_world.home['id']}"
    body = {name: CHOSEN_BY_US[name]}
    for response in (
        client.post("/instances", json=creation(own_world) | body),
        client.patch(home, json=body),
        client.post(f"{home}/stores", json={"name": "x"} | body),
        client.post(f"{home}/users", json={"userName": "x"} | body),
    ):
        problem = assert_problem(response, 422, "INVALID_INPUT")
        assert {"pointer": f"/{name}", "code": "UNKNOWN_FIELD"}.items() <= problem["errors"][
            0
        ].items()
    assert own_world.journal() == []


@pytest.mark.parametrize("name", ["instanceID", "reseller", "deployment", "archiveAdmin", "users"])
def test_a_patch_moves_nothing(own_world: World, name: str) -> None:
    own_world.forget()
    path = f"/instances/{own_world.home['id']}"
    response = own_world.operator.patch(path, json={name: own_world.resellers["B"]})
    assert_problem(response, 422, "INVALID_INPUT")
    assert own_world.journal() == []


def test_only_what_the_gateway_chose_reaches_the_deployment(own_world: World) -> None:
    own_world.forget()
    body = creation(own_world, deployment=own_world.sites["alpha"].id, startMode="manual")
    made = own_world.personas["a_admin"].post("/instances", json=body)
    assert made.status_code == 201, made.text
    sent = [entry for entry in own_world.journal() if entry["command"] == "CreateInstance"]
    config = json.loads(dict(sent[0]["arguments"])["config"])
    suffix = made.get_json()["id"].partition("_")[2]
    assert config.pop("baseDirectory") == f"D:\\MailStore\\Instances\\{suffix}"
    assert config.pop("instanceHost") in {"alpha-host1", "alpha-host2"}
    assert config.pop("alias", "") == ""
    assert config == {
        "instanceID": body["instanceID"],
        "displayName": "x",
        "startMode": "manual",
        "debugLogEnabled": False,
        "imapServerConnectionLogEnabled": False,
        "vssWriterEnabled": True,
        "vssWriterExcludeIndexes": False,
    }


@pytest.mark.parametrize("text", ["a&instanceID=b", "a=b", "%26", "+", "ü€😀", '"\\', "<script>"])
def test_a_text_reaches_the_deployment_as_one_argument(own_world: World, text: str) -> None:
    archive = own_world.home["id"]
    own_world.forget()
    made = own_world.operator.post(f"/instances/{archive}/stores", json={"name": text})
    assert (made.status_code, made.get_json()["name"]) == (201, text)
    sent = [entry for entry in own_world.journal() if entry["command"] == "CreateStore"]
    names = [name for name, _ in sent[0]["arguments"]]
    assert sorted(set(names)) == sorted(names)
    assert dict(sent[0]["arguments"])["name"] == text


@pytest.mark.parametrize("consent", [{}, {"archiveAdmin": False}])
def test_users_without_consent_are_refused_before_anything_is_sent(
    own_world: World, consent: JSON
) -> None:
    own_world.forget()
    body = creation(own_world, users=[{"userName": "jane"}], **consent)
    problem = assert_problem(own_world.operator.post("/instances", json=body), 422)
    assert problem["errors"][0]["pointer"] == "/archiveAdmin"
    assert own_world.journal() == []


def refused_name(world: World, persona: str, **members: Any) -> JSON:  # noqa: ANN401 # JSON
    """Try to take a name, and return what the problem says besides the request."""
    world.forget()
    body = creation(world, deployment=world.sites["alpha"].id, **members)
    response = world.personas[persona].post("/instances", json=body)
    problem = assert_problem(response, 409, "NAME_TAKEN")
    assert "CreateInstance" not in world.sent()
    return {**problem, "requestId": ""}


def purged(world: World, owner: str) -> JSON:
    """Make an instance with an alias on alpha, delete it and purge it."""
    number = next(world.numbers)
    site = world.sites["alpha"].id
    made = world.new_instance(owner, alias=f"gone.{number}", deployment=site)
    path = f"/instances/{made['id']}"
    world.call("DELETE", path)
    body = {"instanceID": made["instanceID"], "legalHoldChecked": True}
    world.call("POST", f"{path}/purge", body)
    return made


def test_every_clash_of_names_is_the_same_answer(own_world: World) -> None:
    taken = own_world.new_instance("A", alias="acme.example")
    gone = purged(own_world, "A")
    clashes = [
        {"instanceID": taken["instanceID"]},
        {"instanceID": gone["instanceID"]},
        {"instanceID": "admin"},
        {"instanceID": "system"},
        {"alias": "acme.example"},
        {"alias": taken["instanceID"]},
        {"alias": gone["alias"]},
        {"alias": "admin"},
    ]
    answers = [refused_name(own_world, "b_admin", **clash) for clash in clashes]
    assert [answer for answer in answers if answer != answers[0]] == []
    assert taken["instanceID"] not in json.dumps(answers[0])


def test_a_refused_name_leaves_nothing_behind(own_world: World) -> None:
    before = own_world.personas["b_admin"].get("/instances?limit=500").get_json()["items"]
    refused_name(own_world, "b_admin", instanceID="admin")
    after = own_world.personas["b_admin"].get("/instances?limit=500").get_json()["items"]
    assert after == before


def test_an_id_is_unique_on_its_deployment_only(own_world: World) -> None:
    first = own_world.new_instance("A")
    body = creation(own_world, instanceID=first["instanceID"])
    body["deployment"] = own_world.sites["beta"].id
    second = own_world.personas["b_admin"].post("/instances", json=body)
    assert second.status_code == 201, second.text
    own_world.forget()
    own_world.personas["b_admin"].post(f"/instances/{second.get_json()['id']}/stop")
    assert "StopInstances" in [entry["command"] for entry in own_world.sites["beta"].journal()]
    assert own_world.sites["alpha"].journal() == []
    assert own_world.call("GET", f"/instances/{first['id']}")["status"] == "running"


def test_its_owner_gets_a_purged_id_back_with_a_fresh_directory(own_world: World) -> None:
    gone = purged(own_world, "A")
    assert_problem(own_world.operator.get(f"/instances/{gone['id']}"), 404)
    body = creation(own_world, instanceID=gone["instanceID"])
    body["deployment"] = own_world.sites["alpha"].id
    own_world.forget()
    again = own_world.personas["a_admin"].post("/instances", json=body)
    assert again.status_code == 201, again.text
    sent = [entry for entry in own_world.journal() if entry["command"] == "CreateInstance"]
    directory = json.loads(dict(sent[0]["arguments"])["config"])["baseDirectory"]
    assert directory.endswith(again.get_json()["id"].partition("_")[2])
    assert gone["id"].partition("_")[2] not in directory


@pytest.mark.parametrize("grant", [{"roles": ["operator"]}, {"permissions": ["deployments:read"]}])
def test_nobody_grants_what_only_operators_have(own_world: World, grant: JSON) -> None:
    refused = own_world.personas["a_admin"].post("/clients", json={"name": "x", **grant})
    assert_problem(refused, 403, "PERMISSION_MISSING")


def test_nobody_grants_more_than_they_have(own_world: World) -> None:
    made = own_world.new_client("A", permissions=["clients:create", "clients:update"])
    client = own_world.served.log_in(made["clientId"], made["clientSecret"])
    grown = client.post("/clients", json={"name": "x", "permissions": ["instances:delete"]})
    assert_problem(grown, 403, permission="instances:delete")
    myself = client.patch(f"/clients/{made['id']}", json={"roles": ["reseller-admin"]})
    assert_problem(myself, 409, "CONFLICT")
    stronger = own_world.clients["a_admin"]
    assert_problem(client.post(f"/clients/{stronger}/rotate-secret"), 403, "PERMISSION_MISSING")


def test_a_restricted_client_touches_no_client_that_reaches_further(own_world: World) -> None:
    rights = ["clients:create", "clients:update", "clients:delete", "resellers:create"]
    only = [own_world.home["id"]]
    made = own_world.new_client("A", permissions=rights, instances=only)
    client = own_world.served.log_in(made["clientId"], made["clientSecret"])
    sibling_id = own_world.new_client("A")["id"]
    sibling = f"/clients/{sibling_id}"
    body = {"name": "x", "instances": only}
    assert_problem(client.post("/clients", json=body), 403, "PERMISSION_MISSING")
    assert_problem(client.post("/resellers", json={"name": "x"}), 403, "PERMISSION_MISSING")
    assert_problem(client.delete(sibling), 404, "NOT_FOUND")
    assert_problem(client.patch(sibling, json=body), 404, "NOT_FOUND")
    assert_problem(client.post(f"{sibling}/rotate-secret"), 404, "NOT_FOUND")
    assert own_world.call("GET", sibling)["name"] != "x"


def test_nobody_changes_their_own_reseller(own_world: World) -> None:
    path = f"/resellers/{own_world.resellers['A']}"
    client = own_world.personas["a_admin"]
    body = {"deployments": None}
    assert_problem(client.patch(path, json=body), 409, "CONFLICT")
    assert_problem(client.delete(path), 409, "CONFLICT")


def test_a_descendant_is_placed_where_its_ancestors_may_be(own_world: World) -> None:
    alpha, beta = (own_world.sites[name].id for name in ("alpha", "beta"))
    body = {"name": "limited", "deployments": [beta]}
    above = own_world.call("POST", "/resellers", body, 201)
    below = own_world.call("POST", "/resellers", {"name": "sub", "parent": above["id"]}, 201)
    wish = creation(own_world, reseller=below["id"], deployment=alpha)
    assert_problem(own_world.operator.post("/instances", json=wish), 409, "NO_PLACEMENT")
    free = creation(own_world, reseller=below["id"])
    assert own_world.call("POST", "/instances", free, 201)["deployment"] == beta


@pytest.mark.parametrize("certificate", [{}, {"pin": "0" * 64, "trust": "system"}])
def test_trust_in_a_certificate_is_never_meant_by_silence(
    own_world: World, certificate: JSON
) -> None:
    own_world.forget()
    site = own_world.sites["alpha"]
    body = registration(site.simulator, "again", "localhost") | {"certificate": certificate}
    problem = assert_problem(own_world.operator.post("/deployments", json=body), 422)
    assert problem["errors"][0]["pointer"] == "/certificate"
    assert own_world.journal() == []

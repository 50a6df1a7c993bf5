"""A token is exchanged for less, never for more (RFC 8693, RFC 9396)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.web.oauth.grants import ACCESS_TOKEN
from tests.answers import JSON
from tests.personas.forging import ABSENT, Forger
from tests.personas.model import ROLES
from tests.personas.oauth import details, exchange, exchanged, post, sign_in, token_of
from tests.served import assert_problem
from tests.world import World

JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
REFRESH_TYPE = "urn:ietf:params:oauth:token-type:refresh_token"


@pytest.fixture(scope="module")
def portal(shared_world: World) -> Iterator[JSON]:
    """A client of A with all rights of a reseller."""
    made = shared_world.new_client("A", roles=["reseller-admin"])
    yield made
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)


@pytest.fixture(scope="module")
def foreign(shared_world: World) -> str:
    """An instance of B's."""
    return str(shared_world.new_instance("B")["id"])


@pytest.fixture(scope="module")
def second(shared_world: World) -> str:
    """A second instance of A's."""
    return str(shared_world.new_instance("A")["id"])


def test_a_portal_gets_one_instance_to_read(shared_world: World, portal: JSON, second: str) -> None:
    home = shared_world.home["id"]
    answer = exchange(
        shared_world,
        portal,
        token_of(shared_world, portal),
        scope="instances:read",
        authorization_details=details(home),
    ).get_json()
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert answer["scope"] == "instances:read"
    assert answer["authorization_details"] == [{"type": "spe-gateway", "instances": [home]}]
    assert 890 <= answer["expires_in"] <= 900
    client = shared_world.served.client(answer["access_token"])
    me = client.get("/me").get_json()
    assert (me["permissions"], me["instances"]) == (["instances:read"], [home])
    assert (me["roles"], me["narrowed"]) == (["reseller-admin"], True)
    assert client.get(f"/instances/{home}").status_code == 200
    assert [item["id"] for item in client.get("/instances").get_json()["items"]] == [home]
    assert_problem(client.get(f"/instances/{second}"), 404, "NOT_FOUND")
    assert_problem(client.post(f"/instances/{home}/stop"), 403, permission="instances:operate")


def test_without_a_wish_the_new_token_is_as_wide_as_the_old(
    shared_world: World, portal: JSON
) -> None:
    home = shared_world.home["id"]
    first = token_of(
        shared_world, portal, scope="instances:read", authorization_details=details(home)
    )
    client = shared_world.served.client(exchanged(shared_world, portal, first))
    me = client.get("/me").get_json()
    assert (me["permissions"], me["instances"]) == (["instances:read"], [home])


def test_a_token_that_is_narrowed_from_the_start_says_so(shared_world: World, portal: JSON) -> None:
    home = shared_world.home["id"]
    form = {"grant_type": "client_credentials", **sign_in(portal)}
    form |= {"authorization_details": details(home, home)}
    answer = post(shared_world, "/oauth/token", form).get_json()
    assert answer["authorization_details"] == [{"type": "spe-gateway", "instances": [home]}]
    client = shared_world.served.client(answer["access_token"])
    refused = client.post("/clients", json={"name": "x", "instances": [home]})
    assert_problem(refused, 403, "PERMISSION_MISSING")


def test_a_new_token_ends_with_the_old_one(shared_world: World, portal: JSON) -> None:
    forger = Forger(shared_world)
    whose = {"sub": portal["id"], "client_id": portal["id"]}
    whose["reseller"] = shared_world.resellers["A"]
    short = forger.with_claims(**whose, exp=forger.claims()["iat"] + 20)
    answer = exchange(shared_world, portal, short)
    assert 10 <= answer.get_json()["expires_in"] <= 20


def test_a_right_that_the_client_lost_is_not_passed_on(shared_world: World) -> None:
    made = shared_world.new_client("A", roles=["reseller-admin"])
    first = token_of(shared_world, made)
    shared_world.call("PATCH", f"/clients/{made['id']}", {"roles": ["billing"]})
    answer = exchange(shared_world, made, first)
    assert set(answer.get_json()["scope"].split()) == ROLES["billing"]
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_a_restricted_client_stays_restricted(shared_world: World, second: str) -> None:
    home = shared_world.home["id"]
    made = shared_world.new_client("A", roles=["read-only"], instances=[home])
    first = token_of(shared_world, made)
    refused = exchange(shared_world, made, first, authorization_details=details(home, second))
    assert refused.get_json()["error"] == "invalid_authorization_details"
    client = shared_world.served.client(exchanged(shared_world, made, first))
    assert client.get("/me").get_json()["instances"] == [home]
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_foreign_and_absent_instances_are_the_same_answer(
    shared_world: World, portal: JSON, foreign: str
) -> None:
    first = token_of(shared_world, portal)
    answers = [
        exchange(shared_world, portal, first, authorization_details=details(instance)).get_json()
        for instance in (foreign, "ins_" + "0" * 32)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["error"] == "invalid_authorization_details"


BAD: dict[str, tuple[JSON, str]] = {
    "no subject": ({"subject_token": ABSENT}, "invalid_request"),
    "an empty subject": ({"subject_token": ""}, "invalid_request"),
    "a subject that is none": ({"subject_token": "x.y.z"}, "invalid_request"),
    "two subjects": ({"subject_token": ["a", "b"]}, "invalid_request"),
    "no subject type": ({"subject_token_type": ABSENT}, "invalid_request"),
    "an empty subject type": ({"subject_token_type": ""}, "invalid_request"),
    "a JWT": ({"subject_token_type": JWT_TYPE}, "invalid_request"),
    "a refresh token": ({"subject_token_type": REFRESH_TYPE}, "invalid_request"),
    "two subject types": ({"subject_token_type": [ACCESS_TOKEN] * 2}, "invalid_request"),
    "a wish for a refresh token": ({"requested_token_type": REFRESH_TYPE}, "invalid_request"),
    "a wish for a JWT": ({"requested_token_type": JWT_TYPE}, "invalid_request"),
    "an actor": ({"actor_token": "x", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
    "an actor's type": ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
    "another audience": ({"audience": "https://evil.example"}, "invalid_target"),
    "another resource": ({"resource": "https://evil.example"}, "invalid_target"),
    "a wider scope": ({"scope": "deployments:read"}, "invalid_scope"),
    "a scope partly wider": ({"scope": "instances:read clients:federate"}, "invalid_scope"),
    "a scope of all": ({"scope": "*"}, "invalid_scope"),
    "an empty scope": ({"scope": ""}, "invalid_scope"),
    "an unknown scope": ({"scope": "instances:fly"}, "invalid_scope"),
    "two scopes": ({"scope": ["instances:read", "users:read"]}, "invalid_request"),
    "a wrong secret": ({"client_secret": "wrong"}, "invalid_client"),
    "no secret": ({"client_secret": ABSENT}, "invalid_client"),
    "another client": ({"client_id": "cli_" + "0" * 32}, "invalid_client"),
    "another grant": ({"grant_type": "urn:x:token-exchange"}, "unsupported_grant_type"),
    "a grant in capitals": (
        {"grant_type": "urn:ietf:params:oauth:grant-type:TOKEN-EXCHANGE"},
        "unsupported_grant_type",
    ),
}
DETAILS: dict[str, str] = {
    "no JSON": "[",
    "empty": "",
    "null": "null",
    "an object": json.dumps({"type": "spe-gateway", "instances": ["ins_" + "0" * 32]}),
    "an empty list": "[]",
    "two objects": json.dumps(json.loads(details("ins_" + "0" * 32)) * 2),
    "text": '["spe-gateway"]',
    "no type": json.dumps([{"instances": ["ins_" + "0" * 32]}]),
    "another type": json.dumps([{"type": "payment", "instances": ["ins_" + "0" * 32]}]),
    "a list of types": json.dumps([{"type": ["spe-gateway"], "instances": []}]),
    "no instances": json.dumps([{"type": "spe-gateway"}]),
    "a further member": json.dumps(
        [{"type": "spe-gateway", "instances": ["ins_" + "0" * 32], "actions": ["*"]}]
    ),
    "an empty list of instances": details(),
    "instances as text": json.dumps([{"type": "spe-gateway", "instances": "ins_" + "0" * 32}]),
    "a wildcard": details("*"),
    "a name of SPE": details("tenant-1"),
    "a number": details(1),
    "null among instances": details(None),
    "an object among instances": details({"id": "x"}),
    "too many": details(*(f"ins_{number:032x}" for number in range(51))),
    "a member twice": '[{"type": "x", "type": "spe-gateway", "instances": []}]',
    "too deep": "[" * 200 + "]" * 200,
    "NaN": '[{"type": "spe-gateway", "instances": [NaN]}]',
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_exchange_is_refused(shared_world: World, portal: JSON, kind: str) -> None:
    wish, error = BAD[kind]
    answer = exchange(shared_world, portal, token_of(shared_world, portal), **wish)
    assert answer.get_json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


@pytest.mark.parametrize("kind", DETAILS)
def test_bad_details_are_refused(shared_world: World, portal: JSON, kind: str) -> None:
    first = token_of(shared_world, portal)
    for answer in (
        exchange(shared_world, portal, first, authorization_details=DETAILS[kind]),
        post(
            shared_world,
            "/oauth/token",
            {
                "grant_type": "client_credentials",
                **sign_in(portal),
                "authorization_details": DETAILS[kind],
            },
        ),
    ):
        assert answer.status_code == 400
        assert answer.get_json()["error"] == "invalid_authorization_details"


def subjects(world: World, portal: JSON, second: str) -> Iterator[tuple[str, str, JSON]]:
    """Yield bad subject tokens with what is asked of them."""
    home = world.home["id"]
    forger = Forger(world)
    first = token_of(world, portal)
    one = token_of(world, portal, authorization_details=details(home))
    yield "another client's", str(world.personas["a_admin"].token), {}
    yield "the operator's", str(world.operator.token), {}
    yield "forged", forger.signed(forger.header(kid="k9"), forger.claims()), {}
    yield "exchanged already", exchanged(world, portal, first), {}
    yield (
        "with a scope too narrow",
        token_of(world, portal, scope="users:read"),
        {"scope": "instances:read"},
    )
    yield "for one instance, asked for another", one, {"authorization_details": details(second)}
    yield "for one instance, asked for two", one, {"authorization_details": details(home, second)}
    yield "cut", first[:-3], {}


def test_no_bad_subject_gives_a_token(shared_world: World, portal: JSON, second: str) -> None:
    seen = 0
    for kind, subject, wish in subjects(shared_world, portal, second):
        answer = exchange(shared_world, portal, subject, **wish)
        assert answer.status_code == 400, kind
        seen += 1
    assert seen + len(BAD) + len(DETAILS) > 50


def test_what_nobody_knows_is_ignored(shared_world: World, portal: JSON) -> None:
    """An authorization server ignores parameters that it does not know (RFC 6749, 3.2)."""
    extra: dict[str, Any] = {"instances": "*", "origin": "x", "act": "x", "expires_in": "99999"}
    answer = exchange(shared_world, portal, token_of(shared_world, portal), **extra)
    assert answer.status_code == 200
    assert answer.get_json()["expires_in"] <= 900

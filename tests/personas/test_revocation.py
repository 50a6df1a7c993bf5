"""Whoever takes a token back ends it at once, everywhere, with all that came of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.factory import create_app
from gateway.storage import counters, facts
from gateway.storage.revoked_tokens import EPOCH, verdict
from gateway.tenancy.caller import Caller
from tests.answers import JSON
from tests.personas.forging import Forger
from tests.personas.oauth import details, exchange, exchanged, post, sign_in, token_of
from tests.served import CheckedClient, assert_problem, assert_refused_within_a_second
from tests.world import World


@pytest.fixture
def made(own_world: World) -> Iterator[JSON]:
    """A client of A's."""
    client = own_world.new_client("A", roles=["reseller-admin"])
    yield client
    own_world.call("DELETE", f"/clients/{client['id']}", status=204)


def revoke(world: World, client: JSON, token: str, **form: str) -> int:
    """Revoke a token; return the status."""
    return post(world, "/oauth/revoke", {"token": token, **sign_in(client), **form}).status_code


def introspect(world: World, client: JSON, token: str) -> JSON:
    """Return what is said of a token."""
    answer = post(world, "/oauth/introspect", {"token": token, **sign_in(client)})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


@contextmanager
def another_gateway(world: World) -> Iterator[CheckedClient]:
    """Run a second gateway on the same database, as another worker would."""
    app = create_app(world.served.settings)
    try:
        yield CheckedClient(app, world.served.contract)
    finally:
        app.extensions["spe-gateway"].close()


def test_a_revoked_token_is_refused_at_once(own_world: World, made: JSON) -> None:
    token, other = token_of(own_world, made), token_of(own_world, made)
    client = own_world.served.client(token)
    assert client.get("/me").status_code == 200
    assert revoke(own_world, made, token) == 200
    assert_problem(client.get("/me"), 401, "UNAUTHENTICATED")
    assert introspect(own_world, made, token) == {"active": False}
    assert own_world.served.client(other).get("/me").status_code == 200
    assert revoke(own_world, made, token, token_type_hint="refresh_token") == 200


def test_it_is_refused_on_another_worker_and_after_a_restart(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made)
    headers = {"Authorization": f"Bearer {token}"}
    with another_gateway(own_world) as other:
        assert other.get("/me", headers=headers).status_code == 200
        assert revoke(own_world, made, token) == 200
        assert_refused_within_a_second(lambda: other.get("/me", headers=headers))
    with another_gateway(own_world) as restarted:
        assert_problem(restarted.get("/me", headers=headers), 401)


def test_what_came_of_it_ends_too_and_what_it_came_of_does_not(
    own_world: World, made: JSON
) -> None:
    first = token_of(own_world, made)
    one, two = (exchanged(own_world, made, first) for _ in range(2))
    assert revoke(own_world, made, one) == 200
    assert_problem(own_world.served.client(one).get("/me"), 401)
    for token in (first, two):
        assert own_world.served.client(token).get("/me").status_code == 200
    assert revoke(own_world, made, first) == 200
    assert_problem(own_world.served.client(two).get("/me"), 401)
    refused = exchange(own_world, made, first)
    assert refused.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("owner", ["S", "S1"])
def test_a_suspended_client_goes_on_looking_at_its_tokens_and_taking_them_back(
    own_world: World, owner: str
) -> None:
    """What it is refused is said by each operation; a token that leaked must be ended anyhow."""
    client = own_world.new_client(owner, roles=["reseller-admin"])
    token = token_of(own_world, client)
    assert_problem(own_world.served.client(token).get("/roles"), 403, "RESELLER_SUSPENDED")
    assert introspect(own_world, client, token)["active"] is True
    assert revoke(own_world, client, token) == 200
    assert introspect(own_world, client, token) == {"active": False}
    assert_problem(own_world.served.client(token).get("/me"), 401)


def test_another_clients_token_is_not_revoked(own_world: World, made: JSON) -> None:
    token = own_world.personas["a_admin"].token
    answer = post(own_world, "/oauth/revoke", {"token": token, **sign_in(made)})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unauthorized_client")
    assert own_world.personas["a_admin"].get("/me").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "*", "k" * 9000, "\u00e9"])
def test_an_unknown_token_is_no_error(own_world: World, made: JSON, token: str) -> None:
    assert revoke(own_world, made, token) == 200
    assert introspect(own_world, made, token) == {"active": False}


@pytest.mark.parametrize("path", ["/oauth/revoke", "/oauth/introspect"])
def test_both_need_a_client_and_one_token(own_world: World, made: JSON, path: str) -> None:
    token = token_of(own_world, made)
    nobody = post(own_world, path, {"token": token})
    assert (nobody.status_code, nobody.get_json()["error"]) == (401, "invalid_client")
    wrong = post(own_world, path, {"token": token, **sign_in(made), "client_secret": "x"})
    assert wrong.status_code == 401
    none = post(own_world, path, sign_in(made))
    assert (none.status_code, none.get_json()["error"]) == (400, "invalid_request")
    two = post(own_world, path, {"token": [token, token], **sign_in(made)})
    assert (two.status_code, two.get_json()["error"]) == (400, "invalid_request")
    json = own_world.served.client().post(path, json={"token": token})
    assert (json.status_code, json.get_json()["error"]) == (400, "invalid_request")
    bearer = own_world.operator.post(path, data={"token": token})
    assert bearer.status_code == 401
    assert own_world.served.client(token).get("/me").status_code == 200


def test_a_revocation_is_a_fact_and_is_audited(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made)
    claims = own_world.served.gateway.claims_of(token)
    database = own_world.served.gateway.services.database
    with database.read() as connection:
        before = facts.last(connection)
    revoke(own_world, made, token)
    revoke(own_world, made, token)
    with database.read() as connection:
        (noted,) = facts.after(connection, before, 10)
    assert (noted.kind, noted.object) == ("token", claims.token_id)
    ends = datetime.fromisoformat(noted.state["expireTime"])
    assert ends == datetime.fromtimestamp(claims.expires, UTC)


def test_what_has_expired_is_forgotten(own_world: World, made: JSON) -> None:
    gateway = own_world.served.gateway
    revoked = gateway.claims_of(token_of(own_world, made))
    principal = gateway.principal_of(revoked)
    caller = Caller(principal, "revokeToken", None, "req")
    past = replace(revoked, expires=int(time.time()) - 1)
    gateway.revocations.revoke(caller, past)
    gateway.revocations.tidy()
    with gateway.services.database.read() as connection:
        assert verdict(connection, [revoked.token_id]) == (0, False)


def test_a_client_sees_what_its_token_says(own_world: World, made: JSON) -> None:
    home = own_world.home["id"]
    token = token_of(own_world, made, scope="instances:read", authorization_details=details(home))
    seen = introspect(own_world, made, token)
    claims = own_world.served.gateway.claims_of(token)
    issuer = own_world.served.settings.issuer
    assert seen == {
        "active": True,
        "scope": "instances:read",
        "client_id": made["id"],
        "token_type": "Bearer",
        "exp": claims.expires,
        "iat": claims.issued,
        "sub": made["id"],
        "aud": issuer,
        "iss": issuer,
        "jti": claims.token_id,
        "reseller": own_world.resellers["A"],
        "authorization_details": [{"type": "spe-gateway", "instances": [home]}],
    }


def test_others_are_seen_from_above_with_the_right_only(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made)
    grants: list[tuple[str, JSON, bool]] = [
        ("root", {"roles": ["read-only"]}, True),
        ("A", {"roles": ["reseller-admin"]}, True),
        ("A", {"permissions": ["instances:read"]}, False),
        ("A", {"roles": ["read-only"], "instances": [own_world.home["id"]]}, False),
        ("A1", {"roles": ["reseller-admin"]}, False),
        ("B", {"roles": ["reseller-admin"]}, False),
    ]
    for owner, grant, sees in grants:
        watcher = own_world.new_client(owner, **grant)
        assert introspect(own_world, watcher, token)["active"] is sees, (owner, grant)
        own_world.call("DELETE", f"/clients/{watcher['id']}", status=204)


def test_the_token_of_a_disabled_client_is_not_active(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made)
    watcher = own_world.new_client("root", roles=["read-only"])
    own_world.call("PATCH", f"/clients/{made['id']}", {"disabled": True})
    assert introspect(own_world, watcher, token) == {"active": False}


def test_what_was_issued_before_the_epoch_is_void(own_world: World, made: JSON) -> None:
    """Last of all, since it ends the tokens of everybody else too, but for a new one."""
    forger = Forger(own_world)
    now = int(time.time())
    whose = {"sub": made["id"], "client_id": made["id"], "reseller": own_world.resellers["A"]}
    tokens = {
        iat: forger.with_claims(**whose, iat=iat, exp=iat + 600)
        for iat in (now - 61, now - 60, now - 59)
    }
    with own_world.served.gateway.services.database.write() as connection:
        counters.raise_to(connection, EPOCH, now - 60)
    answers = {
        iat - now: own_world.served.client(token).get("/me").status_code
        for iat, token in tokens.items()
    }
    assert answers == {-61: 401, -60: 401, -59: 200}
    assert introspect(own_world, made, tokens[now - 60]) == {"active": False}
    assert exchange(own_world, made, tokens[now - 60]).status_code == 400

"""Bad tokens end to end; what the verifier takes is tabulated in tests/web/test_tokens.py."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.web.oauth.tokens import ALGORITHM
from tests.answers import JSON
from tests.served import CheckedClient, assert_problem
from tests.world import World

SPOOFED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": "/evil",
    "X-Original-URL": "/resellers",
    "X-Rewrite-URL": "/resellers",
    "X-HTTP-Method-Override": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Reseller": "root",
    "Host": "evil.example",
}


def claims(world: World, **changed: Any) -> JSON:  # noqa: ANN401 # JSON
    """Return what a token of the operator says, with changes; None leaves a claim out."""
    issued = int(time.time())
    issuer = world.served.settings.issuer
    whole = {
        "iss": issuer,
        "sub": world.clients["operator"],
        "aud": issuer,
        "client_id": world.clients["operator"],
        "iat": issued,
        "exp": issued + 600,
        "jti": "0" * 32,
        "scope": "instances:read",
        "reseller": world.resellers["root"],
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(world: World, header: JSON | None = None, **changed: Any) -> str:  # noqa: ANN401 # JSON
    """Return a token with our own signature."""
    key = world.served.gateway.key_ring.signing_key()
    whole = {"alg": ALGORITHM, "typ": "at+jwt", "kid": key.kid, **(header or {})}
    return jwt.encode(whole, claims(world, **changed), key, algorithms=[ALGORITHM])


def unsigned(world: World) -> str:
    return f"{_part({'alg': 'none', 'typ': 'at+jwt'})}.{_part(claims(world))}."


def _part(members: JSON) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


def foreign_key(world: World) -> str:
    kid = world.served.gateway.key_ring.signing_key().kid
    key = ECKey.generate_key("P-256", {"kid": kid})
    header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": kid}
    return jwt.encode(header, claims(world), key, algorithms=[ALGORITHM])


def symmetric(world: World) -> str:
    """Sign with the public key as a shared secret."""
    key = world.served.gateway.key_ring.signing_key()
    content = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': key.kid})}.{_part(claims(world))}"
    digest = hmac.digest(key.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def cut(world: World) -> str:
    return signed(world).rpartition(".")[0] + "."


def flipped(world: World) -> str:
    head, payload, signature = signed(world).split(".")
    return ".".join((head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]))


BAD: dict[str, Callable[[World], str]] = {
    "unsigned": unsigned,
    "signed with another key": foreign_key,
    "signed with the public key": symmetric,
    "without its signature": cut,
    "with another signature": flipped,
    "of another type": lambda world: signed(world, {"typ": "JWT"}),
    "of an unknown key": lambda world: signed(world, {"kid": "../../dev/null"}),
    "with a key of its own": lambda world: signed(world, {"jku": "https://evil.example"}),
    "past its end": lambda world: signed(world, iat=1_700_000_000, exp=1_700_000_600),
    "without an end": lambda world: signed(world, exp=None),
    "that never ends": lambda world: signed(world, exp=10**15),
    "of tomorrow": lambda world: signed(world, iat=int(time.time()) + 3600),
    "of another issuer": lambda world: signed(world, iss="https://evil.example"),
    "for another audience": lambda world: signed(world, aud=["https://evil.example"]),
    "of a client that is not there": lambda world: signed(
        world, sub="cli_" + "0" * 32, client_id="cli_" + "0" * 32
    ),
    "of another reseller": lambda world: signed(world, reseller=world.resellers["A"]),
}


def test_a_token_that_is_made_so_is_accepted(shared_world: World) -> None:
    assert shared_world.served.client(signed(shared_world)).get("/me").status_code == 200


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_refused(shared_world: World, kind: str) -> None:
    client = shared_world.served.client(BAD[kind](shared_world))
    for path in ("/me", "/instances", f"/instances/{shared_world.home['id']}"):
        response = client.get(path)
        assert_problem(response, 401, "UNAUTHENTICATED")
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "bearer a b", "Token x", ""])
def test_no_other_authorization_counts(shared_world: World, header: str) -> None:
    response = shared_world.served.client().get("/me", headers={"Authorization": header})
    assert_problem(response, 401, "UNAUTHENTICATED")


def test_two_tokens_are_none(shared_world: World) -> None:
    token = shared_world.operator.token
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert_problem(shared_world.served.client().get("/me", headers=twice), 401)
    joined = {"Authorization": f"Bearer {token}, Bearer {token}"}
    assert_problem(shared_world.served.client().get("/me", headers=joined), 401)


def test_a_token_elsewhere_is_none(shared_world: World) -> None:
    token = shared_world.operator.token
    assert_problem(shared_world.served.client().get(f"/me?access_token={token}"), 401)
    cookie = {"Cookie": f"access_token={token}; Authorization=Bearer {token}"}
    assert_problem(shared_world.served.client().get("/me", headers=cookie), 401)


def newcomer(world: World, **body: Any) -> tuple[JSON, CheckedClient]:  # noqa: ANN401 # JSON
    made = world.new_client("B", roles=["reseller-admin"], **body)
    return made, world.served.log_in(made["clientId"], made["clientSecret"])


def test_a_deleted_clients_token_is_refused_at_once(shared_world: World) -> None:
    made, client = newcomer(shared_world)
    assert client.get("/me").status_code == 200
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)
    assert_problem(client.get("/me"), 401)


def test_a_disabled_clients_token_is_refused_until_it_is_enabled(shared_world: World) -> None:
    made, client = newcomer(shared_world)
    path = f"/clients/{made['id']}"
    shared_world.call("PATCH", path, {"disabled": True})
    assert_problem(client.get("/instances"), 401)
    shared_world.call("PATCH", path, {"disabled": False})
    assert client.get("/instances").status_code == 200
    shared_world.call("DELETE", path, status=204)


def test_a_right_that_is_taken_away_is_gone_at_once(shared_world: World) -> None:
    made, client = newcomer(shared_world)
    path = f"/clients/{made['id']}"
    shared_world.call("PATCH", path, {"roles": ["billing"]})
    problem = assert_problem(client.get("/clients"), 403, "PERMISSION_MISSING")
    assert problem["permission"] == "clients:read"
    shared_world.call("DELETE", path, status=204)


def test_a_narrower_token_does_less(shared_world: World) -> None:
    made = shared_world.new_client("B", roles=["reseller-admin"])
    served = shared_world.served
    client = served.log_in(made["clientId"], made["clientSecret"], "instances:read")
    assert client.get("/me").get_json()["permissions"] == ["instances:read"]
    assert client.get("/instances").status_code == 200
    assert_problem(client.get("/clients"), 403, permission="clients:read")
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_no_token_is_wider_than_its_client(shared_world: World) -> None:
    made = shared_world.new_client("B", roles=["billing"])
    form = {
        "grant_type": "client_credentials",
        "client_id": made["clientId"],
        "client_secret": made["clientSecret"],
        "scope": "instances:read deployments:read",
    }
    response = shared_world.served.client().post("/oauth/token", data=form)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_scope")
    widened = signed(
        shared_world,
        sub=made["id"],
        client_id=made["id"],
        reseller=shared_world.resellers["B"],
        scope="instances:read deployments:read clients:delete",
    )
    granted = shared_world.served.client(widened).get("/me").get_json()["permissions"]
    assert granted == ["instances:read"]
    shared_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_head_needs_what_get_needs(shared_world: World) -> None:
    path = f"/instances/{shared_world.home['id']}"
    seen = shared_world.operator.head(path)
    assert (seen.status_code, seen.data) == (200, b"")
    assert shared_world.served.client().head(path).status_code == 401
    assert shared_world.personas["b_admin"].head(path).status_code == 404


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "PROPFIND", "PURGE", "X" * 50])
def test_an_unknown_method_is_refused(shared_world: World, method: str) -> None:
    path = f"/instances/{shared_world.home['id']}"
    response = shared_world.operator.open(path, method=method)
    assert_problem(response, 405, "METHOD_NOT_ALLOWED")
    allowed = set(response.headers["Allow"].split(", "))
    assert allowed == {"GET", "HEAD", "PATCH", "DELETE"}


def test_spoofed_headers_have_no_effect(shared_world: World) -> None:
    path = f"/instances/{shared_world.home['id']}"
    plain = shared_world.operator.get(path)
    spoofed = shared_world.operator.get(path, headers=SPOOFED)
    assert spoofed.get_json()["id"] == plain.get_json()["id"]
    assert "evil" not in f"{spoofed.headers}{spoofed.text}"
    assert_problem(shared_world.personas["b_admin"].get(path, headers=SPOOFED), 404)


@pytest.mark.parametrize("path", ["//me", "/me/", "/instances//", "/./me", "//evil.example/me"])
def test_no_redirect_repeats_the_host(shared_world: World, path: str) -> None:
    response = shared_world.operator.open(
        environ_overrides={"PATH_INFO": path, "HTTP_HOST": "evil.example"}
    )
    assert response.status_code in {200, 404}
    assert "evil" not in str(response.headers)
    assert "Location" not in response.headers


def test_a_location_never_names_the_host(shared_world: World) -> None:
    body = {"name": "short-lived"}
    response = shared_world.operator.post("/clients", json=body, headers={"Host": "evil.example"})
    made = response.get_json()["id"]
    assert response.headers["Location"] == f"/clients/{made}"
    shared_world.call("DELETE", f"/clients/{made}", status=204)

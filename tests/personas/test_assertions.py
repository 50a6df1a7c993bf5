"""A client signs in with a key of its own (RFC 7523): once, for us, and just now."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from tests.answers import JSON
from tests.personas.forging import ABSENT, ES256, RSA, STRANGER, encoded
from tests.personas.oauth import (
    asserted,
    assertion_claims,
    by_assertion,
    jwk,
    new_key,
    post,
    sign_in,
    token_of,
)
from tests.served import assert_problem
from tests.world import World

REFUSED = {
    "error": "invalid_client",
    "error_description": "The client is unknown or its secret is wrong.",
}


@dataclass(frozen=True)
class Signer:
    """A client with its key, in a world."""

    world: World
    made: JSON
    key: ECKey

    @property
    def issuer(self) -> str:
        return self.world.served.settings.issuer

    def claims(self, **changes: object) -> JSON:
        return assertion_claims(self.made["id"], self.issuer, **changes)

    def assertion(self, **changes: object) -> str:
        return asserted(self.key, self.claims(**changes))

    def headed(self, **header: object) -> str:
        """Sign under any header, with our ES256."""
        whole = {"alg": "ES256", "typ": "JWT", "kid": self.key.kid, **header}
        whole = {name: value for name, value in whole.items() if value is not ABSENT}
        return self.signed(whole, self.claims())

    def signed(self, header: object, claims: object, key: ECKey | None = None) -> str:
        parts = f"{encoded(header)}.{encoded(claims)}"
        return f"{parts}.{encoded(ES256.sign(parts.encode(), key or self.key))}"


@pytest.fixture(scope="module")
def signer(own_world: World) -> Signer:
    key = new_key()
    made = own_world.new_client("A", roles=["read-only"], publicKeys=[jwk(key)])
    return Signer(own_world, made, key)


def now(seconds: int = 0) -> int:
    return int(time.time()) + seconds


@pytest.mark.parametrize("audience", ["", "/oauth/token"])
def test_a_client_signs_in_with_its_key(signer: Signer, audience: str) -> None:
    audience = f"{signer.issuer}{audience}"
    for assertion in (
        signer.assertion(aud=audience),
        signer.assertion(aud=[audience]),
        signer.assertion(aud=audience, iat=ABSENT),
        signer.headed(kid=signer.key.kid, typ="client-authentication+jwt"),
        signer.headed(typ=ABSENT, kid=ABSENT),
    ):
        answer = by_assertion(signer.world, assertion, scope="instances:read")
        assert answer.status_code == 200, answer.text
        client = signer.world.served.client(answer.get_json()["access_token"])
        assert client.get("/me").get_json()["client"] == signer.made["id"]


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_rsa_is_taken_too(own_world: World, algorithm: str) -> None:
    made = own_world.new_client("A", publicKeys=[jwk(RSA, kid="r", alg=algorithm)])
    claims = assertion_claims(made["id"], own_world.served.settings.issuer)
    answer = by_assertion(own_world, asserted(RSA, claims, algorithm))
    assert answer.status_code == 200
    other = "RS256" if algorithm == "PS256" else "PS256"
    claims["jti"] = "another"
    assert by_assertion(own_world, asserted(RSA, claims, other)).get_json() == REFUSED
    own_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_it_revokes_and_looks_at_tokens_likewise(signer: Signer) -> None:
    world = signer.world
    token = by_assertion(world, signer.assertion()).get_json()["access_token"]
    seen = by_assertion_at(signer, "/oauth/introspect", token).get_json()
    assert (seen["active"], seen["client_id"]) == (True, signer.made["id"])
    assert by_assertion_at(signer, "/oauth/revoke", token).status_code == 200
    assert_problem(world.served.client(token).get("/me"), 401)


def by_assertion_at(signer: Signer, path: str, token: str) -> TestResponse:
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signer.assertion(),
        "token": token,
    }
    return post(signer.world, path, form)


def test_an_assertion_counts_once(signer: Signer) -> None:
    assertion = signer.assertion()
    assert by_assertion(signer.world, assertion).status_code == 200
    for _ in range(2):
        assert by_assertion(signer.world, assertion).get_json() == REFUSED
    again = signer.assertion(jti=json.loads(payload_of(assertion))["jti"], exp=now(90))
    assert by_assertion(signer.world, again).get_json() == REFUSED


def payload_of(token: str) -> bytes:
    return base64.urlsafe_b64decode(token.split(".")[1] + "==")


def test_of_many_at_once_one_counts(signer: Signer) -> None:
    assertion = signer.assertion()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: by_assertion(signer.world, assertion), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


def test_two_clients_may_use_one_jti(signer: Signer) -> None:
    key = new_key()
    other = signer.world.new_client("B", publicKeys=[jwk(key)])
    claims = assertion_claims(other["id"], signer.issuer, jti="shared")
    assert by_assertion(signer.world, signer.assertion(jti="shared")).status_code == 200
    assert by_assertion(signer.world, asserted(key, claims)).status_code == 200
    signer.world.call("DELETE", f"/clients/{other['id']}", status=204)


Made = Callable[[Signer], str]

BAD: dict[str, Made] = {
    "empty": lambda _: "",
    "garbage": lambda _: "x.y.z",
    "two parts": lambda s: s.assertion().rpartition(".")[0],
    "unsigned": lambda s: f"{encoded({'alg': 'none'})}.{encoded(s.claims())}.",
    "alg none, signed": lambda s: s.headed(alg="none"),
    "alg missing": lambda s: s.headed(alg=ABSENT),
    "alg a list": lambda s: s.headed(alg=["ES256"]),
    "alg unhashable": lambda s: s.headed(alg={"ES256": 1}),
    "alg ES384": lambda s: s.headed(alg="ES384"),
    "RS256 with another's key": lambda s: asserted(RSA, s.claims(), "RS256"),
    "HS256 with its public key": lambda s: s.headed(alg="HS256"),
    "signed by a stranger": lambda s: asserted(STRANGER, s.claims()),
    "signed by a stranger under its kid": lambda s: s.signed(
        {"alg": "ES256", "kid": s.key.kid}, s.claims(), STRANGER
    ),
    "signed by us": lambda s: asserted(s.world.served.gateway.key_ring.signing_key(), s.claims()),
    "kid unknown": lambda s: s.headed(kid="k9"),
    "kid a path": lambda s: s.headed(kid="../../dev/null"),
    "kid a list": lambda s: s.headed(kid=[s.key.kid]),
    "kid null": lambda s: s.headed(kid=None),
    "jku": lambda s: s.headed(jku="https://127.0.0.1:1/jwks"),
    "own jwk": lambda s: s.headed(jwk=jwk(STRANGER)),
    "x5c": lambda s: s.headed(x5c=["MIIB"]),
    "crit": lambda s: s.headed(crit=["exp"]),
    "typ of an access token": lambda s: s.headed(typ="at+jwt"),
    "typ a list": lambda s: s.headed(typ=["JWT"]),
    "iss missing": lambda s: s.assertion(iss=ABSENT),
    "iss another": lambda s: s.assertion(iss=s.world.clients["a_admin"]),
    "sub missing": lambda s: s.assertion(sub=ABSENT),
    "sub another": lambda s: s.assertion(sub=s.world.clients["a_admin"]),
    "both another's": lambda s: s.assertion(
        iss=s.world.clients["a_admin"], sub=s.world.clients["a_admin"]
    ),
    "both of nobody": lambda s: s.assertion(iss="cli_" + "0" * 32, sub="cli_" + "0" * 32),
    "both a wildcard": lambda s: s.assertion(iss="*", sub="*"),
    "sub a list": lambda s: s.assertion(sub=[s.made["id"]], iss=[s.made["id"]]),
    "aud missing": lambda s: s.assertion(aud=ABSENT),
    "aud another": lambda s: s.assertion(aud="https://evil.example"),
    "aud ours and another": lambda s: s.assertion(aud=[s.issuer, "https://evil.example"]),
    "aud an empty list": lambda s: s.assertion(aud=[]),
    "aud a list in a list": lambda s: s.assertion(aud=[[s.issuer]]),
    "aud with a slash": lambda s: s.assertion(aud=f"{s.issuer}/"),
    "exp missing": lambda s: s.assertion(exp=ABSENT),
    "exp past": lambda s: s.assertion(iat=now(-60), exp=now(-1)),
    "exp in ten minutes": lambda s: s.assertion(exp=now(600)),
    "exp in ten minutes, no iat": lambda s: s.assertion(iat=ABSENT, exp=now(600)),
    "exp text": lambda s: s.assertion(exp=str(now(60))),
    "exp a float": lambda s: s.assertion(exp=now(60) + 0.5),
    "exp true": lambda s: s.assertion(exp=True),
    "iat tomorrow": lambda s: s.assertion(iat=now(86_400), exp=now(86_460)),
    "iat null": lambda s: s.assertion(iat=None),
    "nbf in a minute": lambda s: s.assertion(nbf=now(62)),
    "jti missing": lambda s: s.assertion(jti=ABSENT),
    "jti empty": lambda s: s.assertion(jti=""),
    "jti a number": lambda s: s.assertion(jti=7),
    "jti huge": lambda s: s.assertion(jti="j" * 256),
    "a claim twice": lambda s: s.signed(
        {"alg": "ES256"}, json.dumps(s.claims()).replace("{", '{"sub": "x", ', 1).encode()
    ),
    "payload a list": lambda s: s.signed({"alg": "ES256"}, [s.claims()]),
    "padded": lambda s: s.assertion() + "==",
    "too long": lambda s: s.assertion(pad="x" * 7000),
}


@pytest.fixture(autouse=True)
def _patient(own_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to wait here after so many failures."""
    monkeypatch.setattr(type(own_world.served.gateway.logins), "wait", lambda *_: 0)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_assertion_is_refused(signer: Signer, kind: str) -> None:
    answer = by_assertion(signer.world, BAD[kind](signer))
    assert (answer.status_code, answer.get_json()) == (401, REFUSED)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_there_are_more_than_thirty(signer: Signer) -> None:
    assert len({make(signer) for make in BAD.values()}) == len(BAD) > 30


FORMS: dict[str, JSON] = {
    "no type": {"client_assertion_type": ABSENT},
    "another type": {"client_assertion_type": "urn:ietf:params:oauth:token-type:saml2"},
    "a secret as well": {"client_secret": "x"},
    "the type twice": {"client_assertion_type": ["a", "b"]},
    "two assertions": {"client_assertion": ["a.b.c", "a.b.c"]},
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_contradicts_itself_is_invalid(signer: Signer, kind: str) -> None:
    answer = by_assertion(signer.world, signer.assertion(), **FORMS[kind])
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_another_client_id_beside_it_is_refused(signer: Signer) -> None:
    other = {"client_id": signer.world.clients["a_admin"]}
    assert by_assertion(signer.world, signer.assertion(), **other).get_json() == REFUSED


def test_with_two_keys_an_assertion_names_its_own(signer: Signer) -> None:
    world, first, second = signer.world, new_key(), new_key()
    made = world.new_client("A", publicKeys=[jwk(first), jwk(second)])

    def claims() -> JSON:
        return assertion_claims(made["id"], signer.issuer)

    assert by_assertion(world, asserted(first, claims())).get_json() == REFUSED
    for key in (first, second):
        assert by_assertion(world, asserted(key, claims(), kid=key.kid)).status_code == 200
    crossed = asserted(first, claims(), kid=second.kid)
    assert by_assertion(world, crossed).get_json() == REFUSED
    world.call("PATCH", f"/clients/{made['id']}", {"publicKeys": [jwk(second)]})
    gone = asserted(first, claims(), kid=first.kid)
    assert by_assertion(world, gone).get_json() == REFUSED
    world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_a_disabled_clients_assertion_is_refused(signer: Signer) -> None:
    key = new_key()
    made = signer.world.new_client("A", publicKeys=[jwk(key)])
    signer.world.call("PATCH", f"/clients/{made['id']}", {"disabled": True})
    assertion = asserted(key, assertion_claims(made["id"], signer.issuer))
    assert by_assertion(signer.world, assertion).get_json() == REFUSED
    signer.world.call("PATCH", f"/clients/{made['id']}", {"disabled": False})
    assert by_assertion(signer.world, assertion).status_code == 200
    signer.world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_a_client_with_keys_has_no_secret(own_world: World) -> None:
    made = own_world.new_client("A")
    path = f"/clients/{made['id']}"
    assert len(own_world.call("GET", path)["secrets"]) == 1
    key = new_key()
    changed = own_world.call("PATCH", path, {"publicKeys": [jwk(key)]})
    assert (changed["secrets"], changed["publicKeys"]) == ([], [jwk(key)])
    form = {"grant_type": "client_credentials", **sign_in(made)}
    assert post(own_world, "/oauth/token", form).get_json() == REFUSED
    assert_problem(own_world.operator.post(f"{path}/rotate-secret"), 409, "CONFLICT")
    assert own_world.new_client("A", publicKeys=[jwk(key)])["clientSecret"] is None
    own_world.call("PATCH", path, {"publicKeys": None})
    again = own_world.call("POST", f"{path}/rotate-secret")
    assert token_of(own_world, again)


NO_KEYS: dict[str, JSON] = {
    "private": jwk(new_key(), d="AAAA"),
    "of another curve": jwk(ECKey.generate_key("P-384"), kid="k"),
    "off the curve": jwk(new_key(), x="A" * 43),
    "without a coordinate": {"kty": "EC", "crv": "P-256", "kid": "k", "x": "A" * 43},
    "symmetric": {"kty": "oct", "k": "AAAA", "kid": "k"},
    "short": {"kty": "RSA", "n": "A" + "_" * 170, "e": "AQAB", "kid": "k"},
    "without a name": {name: value for name, value in jwk(new_key()).items() if name != "kid"},
    "mixed": jwk(new_key(), n="AQAB"),
    "for another algorithm": jwk(new_key(), alg="RS256"),
    "for encryption": jwk(new_key(), use="enc"),
    "of a weak exponent": {**jwk(RSAKey.generate_key(2048), kid="k"), "e": "AQ"},
}


@pytest.mark.parametrize("kind", NO_KEYS)
def test_what_is_no_public_key_is_not_registered(own_world: World, kind: str) -> None:
    body = {"name": "x", "publicKeys": [NO_KEYS[kind]]}
    assert_problem(own_world.operator.post("/clients", json=body), 422, "INVALID_INPUT")


def test_two_keys_of_one_name_are_refused(own_world: World) -> None:
    keys = [jwk(new_key(), kid="same"), jwk(new_key(), kid="same")]
    refused = own_world.operator.post("/clients", json={"name": "x", "publicKeys": keys})
    problem = assert_problem(refused, 422, "INVALID_INPUT")
    assert problem["errors"][0]["code"] == "REPEATED"

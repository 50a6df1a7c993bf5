"""Tokens of a trusted outside issuer count for the client that is registered, and no more."""

import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.errors import ConfigurationError
from gateway.settings import Settings
from tests.answers import JSON
from tests.personas.forging import ABSENT, STRANGER, encoded
from tests.personas.forging import RSA as STRANGE_RSA
from tests.personas.oauth import exchange, post, sign_in
from tests.served import assert_problem, served
from tests.spe.raw_server import Identity, RawServer, raw_server
from tests.web.oauth.outside import AUDIENCE, ISSUER, KEY, RSA, Outside, claims, key_set, signed
from tests.world import World

OTHER = "https://other.example"


@dataclass(frozen=True)
class Trusting:
    """A gateway that trusts two issuers of the same keys, and a client of the first."""

    world: World
    server: RawServer
    client: JSON

    def status(self, token: str) -> int:
        return self.world.served.client(token).get("/me").status_code

    def me(self, token: str) -> JSON:
        answer = self.world.served.client(token).get("/me")
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trusting]:
    folder = tmp_path_factory.mktemp("trusting")
    day = timedelta(days=1)
    identity = Identity.make(folder / "issuer.pem", starts=-day, ends=day)
    with raw_server(identity, key_set(KEY, RSA)) as server:
        outside = Outside(server)
        issuers = [
            outside.trusted(),
            outside.trusted(issuer=OTHER, clientClaim="azp", scopeClaim="", algorithms=["RS256"]),
        ]
        with served(folder / "home", trusted_issuers=issuers) as gateway:
            operator = gateway.operator
            world = World(gateway, gateway.log_in(operator.client_id, operator.client_secret))
            body = {"name": "x", "roles": ["read-only"], "issuer": ISSUER, "subject": "portal"}
            yield Trusting(world, server, world.call("POST", "/clients", body, 201))


def test_a_token_counts_for_the_registered_client(trusting: Trusting) -> None:
    assert trusting.client["clientSecret"] is None
    for token in (
        signed(claims()),
        signed(claims(), RSA, "RS256"),
        signed(claims(), RSA, "PS256"),
        signed(claims(), typ="at+jwt", x5t="AAAA"),
        signed(claims(), typ=ABSENT),
        signed(claims(aud=[AUDIENCE])),
        signed(claims(jti=ABSENT)),
        signed(claims(scope=["instances:read", "x"])),
    ):
        me = trusting.me(token)
        assert me["client"] == trusting.client["id"]
        assert me["permissions"] == ["instances:read"]


def test_the_issuer_narrows_and_never_widens(trusting: Trusting) -> None:
    for scope, held in (
        ("", []),
        ("openid profile", []),
        ("stores:read clients:delete", ["stores:read"]),
        ([], []),
    ):
        assert trusting.me(signed(claims(scope=scope)))["permissions"] == held
    wide = claims(
        scope="instances:read",
        reseller="res_x",
        client_id=trusting.world.served.operator.client_id,
        instances=["*"],
        role="operator",
    )
    me = trusting.me(signed(wide))
    assert (me["permissions"], me["client"]) == (["instances:read"], trusting.client["id"])


def test_an_issuer_without_scopes_leaves_all_that_the_client_has(trusting: Trusting) -> None:
    body = {"name": "y", "roles": ["billing"], "issuer": OTHER, "subject": "portal"}
    made = trusting.world.call("POST", "/clients", body, 201)
    token = signed(claims(iss=OTHER, azp="portal", sub="u1", scope=ABSENT), RSA, "RS256")
    me = trusting.me(token)
    assert me["client"] == made["id"]
    assert me["permissions"] == [
        "instances:read",
        "resellers:read",
        "statements:read",
        "usage:read",
    ]
    assert trusting.status(signed(claims(iss=OTHER, azp="portal"))) == 401
    trusting.world.call("DELETE", f"/clients/{made['id']}", status=204)
    assert trusting.status(token) == 401


def test_a_subject_is_one_client_only(trusting: Trusting) -> None:
    body = {"name": "x", "issuer": ISSUER, "subject": "portal"}
    refused = trusting.world.operator.post("/clients", json=body)
    assert_problem(refused, 409, "CONFLICT")
    other = trusting.world.call("POST", "/clients", body | {"subject": "PORTAL"}, 201)
    path = f"/clients/{other['id']}"
    refused = trusting.world.operator.patch(path, json={"subject": "portal"})
    assert_problem(refused, 409, "CONFLICT")
    trusting.world.call("DELETE", path, status=204)


def test_the_record_decides_at_once(trusting: Trusting) -> None:
    token, path = signed(claims()), f"/clients/{trusting.client['id']}"
    trusting.world.call("PATCH", path, {"disabled": True})
    assert trusting.status(token) == 401
    trusting.world.call("PATCH", path, {"disabled": False, "allowedIps": ["192.0.2.1"]})
    assert trusting.status(token) == 401
    trusting.world.call("PATCH", path, {"allowedIps": None, "subject": "moved"})
    assert trusting.status(token) == 401
    trusting.world.call("PATCH", path, {"subject": "portal"})
    assert trusting.status(token) == 200


def test_a_watcher_may_look_and_nobody_exchanges(trusting: Trusting) -> None:
    operator = trusting.world.served.operator
    whom = {"clientId": operator.client_id, "clientSecret": operator.client_secret}
    token = signed(claims())
    seen = post(trusting.world, "/oauth/introspect", {"token": token, **sign_in(whom)}).get_json()
    assert (seen["active"], seen["client_id"]) == (True, trusting.client["id"])
    answer = exchange(trusting.world, whom, token)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def payload(**changes: Any) -> bytes:  # noqa: ANN401 # JSON
    return json.dumps(claims(**changes)).encode()


def hmac_of(secret: bytes) -> str:
    parts = f"{encoded({'alg': 'HS256', 'kid': 'one'})}.{encoded(claims())}"
    return f"{parts}.{encoded(hmac.digest(secret, parts.encode(), 'sha256'))}"


def ours(trusting: Trusting) -> ECKey:
    return trusting.world.served.gateway.key_ring.signing_key()


def now(seconds: int = 0) -> int:
    return int(time.time()) + seconds


BAD: dict[str, Callable[[Trusting], str]] = {
    "a stranger's key": lambda _: signed(claims(), STRANGER, kid="one"),
    "a stranger's RSA key": lambda _: signed(claims(), STRANGE_RSA, "RS256", kid="rsa"),
    "our own key": lambda t: signed(claims(), ours(t), kid="one"),
    "our own key and its kid": lambda t: signed(claims(), ours(t)),
    "an unknown kid": lambda _: signed(claims(), kid="k9"),
    "a traversing kid": lambda _: signed(claims(), kid="../../dev/null"),
    "no kid": lambda _: signed(claims(), kid=ABSENT),
    "the kid of another key": lambda _: signed(claims(), kid="rsa"),
    "its public key as a secret": lambda _: hmac_of(KEY.as_pem(private=False)),
    "alg none": lambda _: f"{encoded({'alg': 'none', 'kid': 'one'})}.{encoded(claims())}.",
    "jku": lambda _: signed(claims(), jku="https://127.0.0.1:1/keys"),
    "x5u": lambda _: signed(claims(), x5u="https://127.0.0.1:1/cert"),
    "x5c": lambda _: signed(claims(), x5c=["MIIB"]),
    "jwk": lambda _: signed(claims(), STRANGER, jwk=STRANGER.as_dict(private=False), kid="one"),
    "a logout token": lambda _: signed(claims(), typ="logout+jwt"),
    "an identity's issuer with a slash": lambda _: signed(claims(iss=f"{ISSUER}/")),
    "an issuer in capitals": lambda _: signed(claims(iss=ISSUER.upper())),
    "an issuer in a list": lambda _: signed(claims(iss=[ISSUER])),
    "an unknown issuer": lambda _: signed(claims(iss="https://evil.example")),
    "our issuer": lambda t: signed(claims(iss=t.world.served.settings.issuer)),
    "another issuer's claims": lambda _: signed(claims(iss=OTHER, azp="portal"), RSA, "RS256"),
    "no audience": lambda _: signed(claims(aud=ABSENT)),
    "another audience": lambda _: signed(claims(aud="another")),
    "two audiences": lambda _: signed(claims(aud=[AUDIENCE, "another"])),
    "our issuer as audience": lambda t: signed(claims(aud=t.world.served.settings.issuer)),
    "an unknown subject": lambda _: signed(claims(sub="nobody")),
    "a wildcard subject": lambda _: signed(claims(sub="*")),
    "a subject that is a client's id": lambda t: signed(claims(sub=t.client["id"])),
    "a subject with a blank": lambda _: signed(claims(sub="portal ")),
    "a subject in capitals": lambda _: signed(claims(sub="PORTAL")),
    "a subject in a list": lambda _: signed(claims(sub=["portal"])),
    "an empty subject": lambda _: signed(claims(sub="")),
    "no subject": lambda _: signed(claims(sub=ABSENT)),
    "a huge subject": lambda _: signed(claims(sub="s" * 3000)),
    "no scope": lambda _: signed(claims(scope=ABSENT)),
    "a scope of numbers": lambda _: signed(claims(scope=[1])),
    "a scope that is an object": lambda _: signed(claims(scope={"instances:read": 1})),
    "no end": lambda _: signed(claims(exp=ABSENT)),
    "past its end": lambda _: signed(claims(iat=now(-60), exp=now(-1))),
    "a life of a day": lambda _: signed(claims(exp=now(86_400))),
    "no beginning": lambda _: signed(claims(iat=ABSENT)),
    "a beginning tomorrow": lambda _: signed(claims(iat=now(86_400), exp=now(86_500))),
    "not yet": lambda _: signed(claims(nbf=now(60))),
    "an end as text": lambda _: signed(claims(exp=str(now(60)))),
    "cut": lambda _: signed(claims())[:-4],
    "padded": lambda _: signed(claims()) + "=",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_of_an_outside_issuer_is_refused(trusting: Trusting, kind: str) -> None:
    client = trusting.world.served.client(BAD[kind](trusting))
    assert_problem(client.get("/me"), 401, "UNAUTHENTICATED")


def test_all_that_cost_hardly_a_fetch(trusting: Trusting) -> None:
    for strange in range(30):
        assert trusting.status(signed(claims(), kid=f"strange-{strange}")) == 401
    assert len(trusting.server.requests) < 10


@pytest.mark.parametrize(
    "wrong",
    [
        "[",
        "{}",
        "[{}]",
        '[{"issuer": "x", "jwksUri": "http://127.0.0.1/keys", "audience": "a"}]',
        '[{"issuer": "x", "jwksUri": "https://u@h/keys", "audience": "a"}]',
        '[{"issuer": "x", "jwksUri": "https://h:99999/keys", "audience": "a"}]',
        '[{"issuer": "x", "jwksUri": "https://h/keys", "audience": "a", "algorithms": ["HS256"]}]',
        '[{"issuer": "x", "jwksUri": "https://h/keys", "audience": "a", "algorithms": []}]',
        '[{"issuer": "x", "jwksUri": "https://h/keys", "audience": "a", "color": "red"}]',
        '[{"issuer": "x", "jwksUri": "https://h/keys", "audience": "a", "pin": "zz"}]',
        '[{"issuer": "http://localhost:8080", "jwksUri": "https://h/keys", "audience": "a"}]',
        (
            '[{"issuer": "x", "jwksUri": "https://h/k", "audience": "a"},'
            ' {"issuer": "x", "jwksUri": "https://h/k", "audience": "b"}]'
        ),
    ],
)
def test_a_wrong_setting_ends_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("SPE_GATEWAY_TRUSTED_ISSUERS", wrong)
    with pytest.raises(ConfigurationError, match="SPE_GATEWAY_TRUSTED_ISSUERS"):
        Settings.from_environment()


def test_a_right_setting_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    right = '[{"issuer": "x", "jwksUri": "https://h:8443/keys?a=b", "audience": "a"}]'
    monkeypatch.setenv("SPE_GATEWAY_TRUSTED_ISSUERS", right)
    (found,) = Settings.from_environment().trusted_issuers
    assert (found.client_claim, found.scope_claim, found.max_seconds) == ("sub", "scope", 3600)

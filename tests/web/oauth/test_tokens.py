"""The verifier takes what the issuer writes, and nothing else that a JWT could be."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from gateway.errors import Unauthenticated
from gateway.web.oauth.tokens import TokenIssuer, TokenVerifier
from tests.web.toy import ISSUER, ToyClient, ToyKeyRing, new_key

KEY = new_key("k1")
OLD_KEY = new_key("k0")
STRANGER = new_key("k1")
RSA = RSAKey.generate_key(2048, {"kid": "k1"})
ED25519 = OKPKey.generate_key("Ed25519", {"kid": "k1"})
P384 = ECKey.generate_key("P-384", {"kid": "k1"})
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}
NOW = 1_800_000_000
ABSENT = object()

RING = ToyKeyRing([KEY, OLD_KEY])
VERIFIER = TokenVerifier(ISSUER, RING)
CLIENT = ToyClient("cli_1", "res_1", frozenset())


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def claims(**changes: object) -> dict[str, Any]:
    """Return the claims of a good token, changed."""
    good = {
        "iss": ISSUER,
        "sub": "cli_1",
        "aud": ISSUER,
        "client_id": "cli_1",
        "iat": NOW,
        "exp": NOW + 600,
        "jti": "j1",
        "scope": "stores:read",
        "reseller": "res_1",
    }
    changed = {**good, **changes}
    return {name: value for name, value in changed.items() if value is not ABSENT}


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: object, payload: object, key: ECKey = KEY) -> str:
    """Sign any two parts with ES256, whatever the header says."""
    parts = f"{encoded(header)}.{encoded(payload)}"
    signature = ALGORITHM.sign(parts.encode(), key)
    return f"{parts}.{encoded(signature)}"


ALGORITHM = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")


def by_jose(header: dict[str, Any], key: Key, alg: str) -> str:
    return jwt.encode({**header, "alg": alg}, claims(), key, algorithms=[alg])


def hmac_with(secret: bytes) -> str:
    """Sign with HS256 by hand: joserfc refuses public keys as secrets, an attacker does not."""
    parts = f"{encoded({**HEADER, 'alg': 'HS256'})}.{encoded(claims())}"
    return f"{parts}.{encoded(hmac.digest(secret, parts.encode(), 'sha256'))}"


def spelled(change: Callable[[str, str, str], str]) -> str:
    return change(*signed(HEADER, claims()).split("."))


def other_spelling(part: str) -> str:
    """Return a part whose unused last bits are set: the same bytes, another text."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(part) % 4, "this part has no unused bits"
    return part[:-1] + alphabet[alphabet.index(part[-1]) + 1]


PUBLIC_PEM = KEY.as_pem(private=False)
PUBLIC_DER = KEY.as_der(private=False)
PUBLIC_JWK = json.dumps(KEY.as_dict(private=False)).encode()
RAW_CLAIMS = json.dumps(claims())

BAD = {
    "empty": "",
    "one part": "abc",
    "two parts": "a.b",
    "four parts": "a.b.c.d",
    "five parts": "a.b.c.d.e",
    "only dots": "..",
    "garbage": "x.y.z",
    "wildcard": "*.*.*",
    "alg none, no signature": f"{encoded({**HEADER, 'alg': 'none'})}.{encoded(claims())}.",
    "alg None": signed({**HEADER, "alg": "None"}, claims()),
    "alg nOnE": signed({**HEADER, "alg": "nOnE"}, claims()),
    "alg none, signed": signed({**HEADER, "alg": "none"}, claims()),
    "alg missing": signed({"typ": "at+jwt", "kid": "k1"}, claims()),
    "alg null": signed({**HEADER, "alg": None}, claims()),
    "alg list": signed({**HEADER, "alg": ["ES256"]}, claims()),
    "alg unknown": signed({**HEADER, "alg": "ES257"}, claims()),
    "alg lower case": signed({**HEADER, "alg": "es256"}, claims()),
    "alg ES384 by its own key": by_jose(HEADER, P384, "ES384"),
    "alg RS256": by_jose(HEADER, RSA, "RS256"),
    "alg EdDSA": signed({**HEADER, "alg": "EdDSA"}, claims()),
    "alg Ed25519": by_jose(HEADER, ED25519, "Ed25519"),
    "HS256 with the public PEM": hmac_with(PUBLIC_PEM),
    "HS256 with the public DER": hmac_with(PUBLIC_DER),
    "HS256 with the public JWK": hmac_with(PUBLIC_JWK),
    "HS256 with nothing": signed({**HEADER, "alg": "HS256"}, claims()),
    "typ missing": signed({"alg": "ES256", "kid": "k1"}, claims()),
    "typ JWT": signed({**HEADER, "typ": "JWT"}, claims()),
    "typ in capitals": signed({**HEADER, "typ": "AT+JWT"}, claims()),
    "typ with application": signed({**HEADER, "typ": "application/at+jwt"}, claims()),
    "typ of another kind": signed({**HEADER, "typ": "logout+jwt"}, claims()),
    "kid missing": signed({"alg": "ES256", "typ": "at+jwt"}, claims()),
    "kid unknown": signed({**HEADER, "kid": "k9"}, claims()),
    "kid path": signed({**HEADER, "kid": "../../dev/null"}, claims()),
    "kid injection": signed({**HEADER, "kid": "' OR 1=1"}, claims()),
    "kid URL": signed({**HEADER, "kid": "http://127.0.0.1/k1"}, claims()),
    "kid array": signed({**HEADER, "kid": ["k1"]}, claims()),
    "kid null": signed({**HEADER, "kid": None}, claims()),
    "kid number": signed({**HEADER, "kid": 1}, claims()),
    "kid with a blank": signed({**HEADER, "kid": "k1 "}, claims()),
    "kid empty": signed({**HEADER, "kid": ""}, claims()),
    "kid of another key": signed({**HEADER, "kid": "k0"}, claims()),
    "kid of 100 KB": signed({**HEADER, "kid": "k" * 100_000}, claims()),
    "jku": signed({**HEADER, "jku": "http://127.0.0.1/jwks"}, claims()),
    "x5u": signed({**HEADER, "x5u": "http://127.0.0.1/x"}, claims()),
    "own jwk": signed({**HEADER, "jwk": STRANGER.as_dict(private=False)}, claims(), STRANGER),
    "x5c": signed({**HEADER, "x5c": ["x"]}, claims()),
    "x5t": signed({**HEADER, "x5t": "x"}, claims()),
    "crit": signed({**HEADER, "crit": ["exp"]}, claims()),
    "b64 false": signed({**HEADER, "b64": False, "crit": ["b64"]}, claims()),
    "zip": signed({**HEADER, "zip": "DEF"}, claims()),
    "unknown header": signed({**HEADER, "x": 1}, claims()),
    "header twice alg": signed(b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"k1"}', claims()),
    "header no object": signed(["ES256"], claims()),
    "header no JSON": signed(b"ES256", claims()),
    "header with BOM": signed(b"\xef\xbb\xbf" + json.dumps(HEADER).encode(), claims()),
    "payload no object": signed(HEADER, [1]),
    "payload text": signed(HEADER, "x"),
    "payload no JSON": signed(HEADER, b"{"),
    "payload not UTF-8": signed(HEADER, b'{"iss": "\xff"}'),
    "payload UTF-16": signed(HEADER, RAW_CLAIMS.encode("utf-16")),
    "payload too deep": signed(HEADER, b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    "claim twice": signed(HEADER, RAW_CLAIMS.replace("{", '{"sub": "cli_2", ', 1).encode()),
    "exp twice": signed(HEADER, RAW_CLAIMS.replace("{", '{"exp": 1, ', 1).encode()),
    "another signer": signed(HEADER, claims(), STRANGER),
    "signature of zeros": spelled(lambda h, p, _: f"{h}.{p}.{encoded(bytes(64))}"),
    "signature cut": spelled(lambda h, p, s: f"{h}.{p}.{s[:-4]}"),
    "signature missing": spelled(lambda h, p, _: f"{h}.{p}."),
    "signature part missing": spelled(lambda h, p, _: f"{h}.{p}"),
    "signature longer": spelled(lambda h, p, s: f"{h}.{p}.{s}AAAA"),
    "payload of another": spelled(lambda h, _, s: f"{h}.{encoded(claims(scope='x'))}.{s}"),
    "signature spelled otherwise": spelled(lambda h, p, s: f"{h}.{p}.{other_spelling(s)}"),
    "padded": spelled(lambda h, p, s: f"{h}.{p}.{s}=="),
    "leading blank": spelled(lambda h, p, s: f" {h}.{p}.{s}"),
    "trailing newline": spelled(lambda h, p, s: f"{h}.{p}.{s}\n"),
    "newline inside": spelled(lambda h, p, s: f"{h}.{p[:5]}\n{p[5:]}.{s}"),
    "standard alphabet": spelled(lambda h, p, s: f"{h}.{p}.{s[:-1]}/"),
    "not ASCII": spelled(lambda h, p, s: f"{h}.{p}.{s[:-1]}\u0661"),
    "over 8 KiB": signed(HEADER, claims(pad="x" * 9000)),
    "iss missing": signed(HEADER, claims(iss=ABSENT)),
    "iss wrong": signed(HEADER, claims(iss="https://evil.example")),
    "iss with a slash": signed(HEADER, claims(iss=f"{ISSUER}/")),
    "iss array": signed(HEADER, claims(iss=[ISSUER])),
    "aud missing": signed(HEADER, claims(aud=ABSENT)),
    "aud wrong": signed(HEADER, claims(aud="https://evil.example")),
    "aud array": signed(HEADER, claims(aud=[ISSUER])),
    "aud array with a stranger": signed(HEADER, claims(aud=[ISSUER, "https://evil.example"])),
    "aud in capitals": signed(HEADER, claims(aud=ISSUER.upper())),
    "exp missing": signed(HEADER, claims(exp=ABSENT)),
    "exp past": signed(HEADER, claims(iat=NOW - 600, exp=NOW - 1)),
    "exp now": signed(HEADER, claims(iat=NOW - 600, exp=NOW)),
    "exp text": signed(HEADER, claims(exp=str(NOW + 600))),
    "exp float": signed(HEADER, claims(exp=NOW + 600.0)),
    "exp true": signed(HEADER, claims(exp=True)),
    "exp null": signed(HEADER, claims(exp=None)),
    "exp NaN": signed(HEADER, RAW_CLAIMS.replace(str(NOW + 600), "NaN").encode()),
    "exp 10^18": signed(HEADER, claims(exp=10**18)),
    "exp 10^400": signed(HEADER, RAW_CLAIMS.replace(str(NOW + 600), "1" + "0" * 400).encode()),
    "exp negative": signed(HEADER, claims(exp=-1)),
    "lifetime of 901 s": signed(HEADER, claims(exp=NOW + 901)),
    "exp before iat": signed(HEADER, claims(iat=NOW + 20, exp=NOW + 10)),
    "iat missing": signed(HEADER, claims(iat=ABSENT)),
    "iat text": signed(HEADER, claims(iat=str(NOW))),
    "iat in the future": signed(HEADER, claims(iat=NOW + 31)),
    "nbf in the future": signed(HEADER, claims(nbf=NOW + 31)),
    "nbf text": signed(HEADER, claims(nbf=str(NOW))),
    "nbf null": signed(HEADER, claims(nbf=None)),
    "sub missing": signed(HEADER, claims(sub=ABSENT)),
    "sub of another": signed(HEADER, claims(sub="cli_2")),
    "sub number": signed(HEADER, claims(sub=1)),
    "client_id missing": signed(HEADER, claims(client_id=ABSENT)),
    "jti missing": signed(HEADER, claims(jti=ABSENT)),
    "scope missing": signed(HEADER, claims(scope=ABSENT)),
    "scope array": signed(HEADER, claims(scope=["stores:read"])),
    "reseller missing": signed(HEADER, claims(reseller=ABSENT)),
    "reseller object": signed(HEADER, claims(reseller={"id": "res_1"})),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_is_not_ours_is_refused_without_a_word_why(name: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        VERIFIER.verify(BAD[name])
    assert caught.value.detail == "The access token is not valid."


def test_there_are_more_than_sixty_bad_tokens_and_no_two_are_the_same() -> None:
    assert len(set(BAD.values())) == len(BAD) > 60


def test_what_is_issued_is_verified() -> None:
    issued = TokenIssuer(ISSUER, RING, 300).issue(CLIENT, "stores:read users:read")
    read = VERIFIER.verify(issued)
    assert (read.client, read.reseller, read.scope) == ("cli_1", "res_1", "stores:read users:read")
    assert read.expires == NOW + 300
    assert len(read.token_id) == 32


def test_the_good_token_of_the_table_is_good() -> None:
    """Else each row of the table might be refused for a reason of no interest."""
    assert VERIFIER.verify(signed(HEADER, claims())).token_id == "j1"
    assert VERIFIER.verify(signed(HEADER, claims(exp=NOW + 900))).expires == NOW + 900
    assert VERIFIER.verify(signed(HEADER, claims(iat=NOW + 30, nbf=NOW + 30))).client == "cli_1"
    assert VERIFIER.verify(signed(HEADER, claims(scope="", role="operator"))).scope == ""


def test_a_token_carries_exactly_the_claims_of_rfc_9068_and_the_reseller() -> None:
    issued = TokenIssuer(ISSUER, RING, 300).issue(CLIENT, "stores:read")
    header, payload, _ = issued.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == HEADER
    assert set(json.loads(base64.urlsafe_b64decode(payload + "=="))) == set(claims())


def test_no_token_lives_longer_than_fifteen_minutes() -> None:
    issued = TokenIssuer(ISSUER, RING, 86_400).issue(CLIENT, "")
    assert VERIFIER.verify(issued).expires == NOW + 900


def test_a_shorter_maximum_is_kept() -> None:
    token = signed(HEADER, claims(exp=NOW + 600))
    with pytest.raises(Unauthenticated):
        TokenVerifier(ISSUER, RING, 599).verify(token)


def test_a_token_ends_with_its_last_second() -> None:
    token = signed(HEADER, claims())
    with time_machine.travel(NOW + 599, tick=False):
        VERIFIER.verify(token)
    with time_machine.travel(NOW + 600, tick=False), pytest.raises(Unauthenticated):
        VERIFIER.verify(token)


def test_tokens_of_the_old_key_are_good_until_it_is_removed() -> None:
    ring = ToyKeyRing([OLD_KEY])
    issuer, verifier = TokenIssuer(ISSUER, ring, 600), TokenVerifier(ISSUER, ring)
    before = issuer.issue(CLIENT, "")
    ring.keys.insert(0, KEY)
    after = issuer.issue(CLIENT, "")
    assert {verifier.verify(before).client, verifier.verify(after).client} == {"cli_1"}
    ring.keys.remove(OLD_KEY)
    assert verifier.verify(after).client == "cli_1"
    with pytest.raises(Unauthenticated):
        verifier.verify(before)


def test_the_first_key_signs_every_time() -> None:
    issuer = TokenIssuer(ISSUER, RING, 600)
    headers = {issuer.issue(CLIENT, "").split(".")[0] for _ in range(20)}
    assert [json.loads(base64.urlsafe_b64decode(header + "==")) for header in headers] == [HEADER]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_every_changed_character_is_noticed(data: st.DataObject) -> None:
    token = signed(HEADER, claims(iat=int(time.time()), exp=int(time.time()) + 600))
    index = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda c: c != token[index]))
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(token[:index] + character + token[index + 1 :])


@given(st.text(max_size=80) | st.text("abcXYZ019-_.=", max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_the_verifier_fail_in_another_way(token: str) -> None:
    with pytest.raises(Unauthenticated):
        VERIFIER.verify(token)

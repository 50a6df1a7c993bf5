"""Tokens that must be refused: each is what somebody once got accepted somewhere."""

import json
import time
from collections.abc import Callable

from tests.personas.forging import ABSENT, ED25519, P384, RSA, STRANGER, Forger, encoded
from tests.personas.forging import other_spelling as respelled

Made = Callable[[Forger], str]

ALGORITHMS = ("none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "ES256K", "ES257", "ES384")
SYMMETRIC = ("HS256", "HS384", "HS512")
KIDS: dict[str, object] = {
    "unknown": "k9",
    "a traversal": "../../../../dev/null",
    "an absolute path": "/proc/self/environ",
    "SQL": "' OR 1=1 --",
    "a union": "x' UNION SELECT 'AAAA",
    "a URL": "http://127.0.0.1:1/key",
    "a command": "x|/bin/sh",
    "a wildcard": "*",
    "empty": "",
    "huge": "k" * 5000,
    "an array": ["k"],
    "an object": {"k": 1},
    "a number": 0,
    "true": True,
    "null": None,
    "NUL": "k\0",
    "missing": ABSENT,
}
BROUGHT: dict[str, object] = {
    "jku": "https://127.0.0.1:1/jwks.json",
    "x5u": "https://127.0.0.1:1/cert.pem",
    "jwk": STRANGER.as_dict(private=False),
    "x5c": ["MIIB"],
    "x5t": "AAAA",
    "x5t#S256": "AAAA",
    "crit": ["exp"],
    "b64": False,
    "zip": "DEF",
    "cty": "JWT",
    "enc": "A128GCM",
    "epk": {},
    "nonce": "n",
    "role": "operator",
}
TYPES: dict[str, object] = {
    "missing": ABSENT,
    "null": None,
    "JWT": "JWT",
    "in capitals": "AT+JWT",
    "with application": "application/at+jwt",
    "of a logout": "logout+jwt",
    "of an assertion": "client-authentication+jwt",
    "an array": ["at+jwt"],
}
TEXTS = ("iss", "sub", "aud", "client_id", "jti", "reseller", "scope")
NOT_TEXTS: dict[str, object] = {
    "missing": ABSENT,
    "null": None,
    "a number": 1,
    "true": True,
    "an array": ["x"],
    "an object": {"x": 1},
}
TIMES = ("iat", "exp")
NOT_TIMES: dict[str, object] = {
    "missing": ABSENT,
    "null": None,
    "text": "1900000000",
    "a float": 1_900_000_000.5,
    "true": True,
    "negative": -1,
    "an array": [1_900_000_000],
    "10^18": 10**18,
}
INSTANCES: dict[str, object] = {
    "no list": "ins_" + "0" * 32,
    "an empty list": [],
    "null": None,
    "a wildcard": ["*"],
    "a number": [1],
    "a name of SPE": ["tenant-1"],
    "an id of another kind": ["res_" + "0" * 32],
    "in capitals": ["INS_" + "0" * 32],
    "too many": [f"ins_{number:032x}" for number in range(51)],
    "a list in a list": [["ins_" + "0" * 32]],
    "an object": {"ins": 1},
}


def now(seconds: int = 0) -> int:
    """Return a second since 1970, counted from now."""
    return int(time.time()) + seconds


def twice(claim: str, value: object) -> Made:
    """Return what names a claim twice: some readers take the first, some the last."""
    text = f'{{"{claim}": {json.dumps(value)}, '
    return lambda forger: forger.with_text("{", text)


def number(claim: str, spelled: str) -> Made:
    """Return what spells a time as JSON has it not, or as no one should."""
    return lambda forger: forger.with_text(str(forger.claims()[claim]), spelled)


BAD: dict[str, Made] = {
    **{f"alg {name!r}": lambda f, n=name: f.with_header(alg=n) for name in ALGORITHMS},
    **{
        f"alg {name!r}, unsigned": lambda f, n=name: (
            f"{encoded(f.header(alg=n))}.{encoded(f.claims())}."
        )
        for name in ALGORITHMS[:5]
    },
    "alg missing": lambda f: f.with_header(alg=ABSENT),
    "alg null": lambda f: f.with_header(alg=None),
    "alg a list": lambda f: f.with_header(alg=["ES256"]),
    "alg a number": lambda f: f.with_header(alg=256),
    **{f"{n} by the PEM": lambda f, n=n: f.symmetric(f.key.as_pem(private=False), n)
       for n in SYMMETRIC},
    **{f"{n} by the DER": lambda f, n=n: f.symmetric(f.key.as_der(private=False), n)
       for n in SYMMETRIC},
    **{f"{n} by the JWK": lambda f, n=n: f.symmetric(
        json.dumps(f.key.as_dict(private=False)).encode(), n) for n in SYMMETRIC},
    "HS256 by nothing": lambda f: f.symmetric(b""),
    "RS256": lambda f: f.by(RSA, "RS256"),
    "PS256": lambda f: f.by(RSA, "PS256"),
    "ES384 by its own key": lambda f: f.by(P384, "ES384"),
    "Ed25519": lambda f: f.by(ED25519, "Ed25519"),
    **{f"kid {name}": lambda f, v=value: f.with_header(kid=v) for name, value in KIDS.items()},
    **{f"header {name}": lambda f, n=name, v=value: f.with_header(**{n: v})
       for name, value in BROUGHT.items()},
    "own key in jwk": lambda f: f.signed(
        f.header(jwk=STRANGER.as_dict(private=False)), f.claims(), STRANGER),
    **{f"typ {name}": lambda f, v=value: f.with_header(typ=v) for name, value in TYPES.items()},
    **{f"{claim} {name}": lambda f, c=claim, v=value: f.with_claims(**{c: v})
       for claim in TEXTS for name, value in NOT_TEXTS.items()},
    **{f"{claim} {name}": lambda f, c=claim, v=value: f.with_claims(**{c: v})
       for claim in TIMES for name, value in NOT_TIMES.items()},
    **{f"{claim} {text}": number(claim, text)
       for claim in TIMES for text in ("NaN", "Infinity", "1e99", "1" + "0" * 400)},
    **{f"{claim} empty": lambda f, c=claim: f.with_claims(**{c: ""})
       for claim in ("iss", "sub", "aud", "client_id", "jti", "reseller")},
    "iss another": lambda f: f.with_claims(iss="https://evil.example"),
    "iss with a slash": lambda f: f.with_claims(iss=f"{f.issuer}/"),
    "iss in capitals": lambda f: f.with_claims(iss=f.issuer.upper()),
    "aud another": lambda f: f.with_claims(aud="https://evil.example"),
    "aud ours in a list": lambda f: f.with_claims(aud=[f.issuer]),
    "aud ours with a stranger's": lambda f: f.with_claims(aud=[f.issuer, "https://evil.example"]),
    "aud the token endpoint": lambda f: f.with_claims(aud=f"{f.issuer}/oauth/token"),
    "exp past": lambda f: f.with_claims(iat=now(-600), exp=now(-1)),
    "exp now": lambda f: f.with_claims(iat=now(-600), exp=now()),
    "exp before iat": lambda f: f.with_claims(iat=now(20), exp=now(10)),
    "a life of a day": lambda f: f.with_claims(exp=now(86_400)),
    "a life of 901 s": lambda f: f.with_claims(iat=now(), exp=now() + 902),
    "iat tomorrow": lambda f: f.with_claims(iat=now(86_400), exp=now(86_700)),
    "iat in a minute": lambda f: f.with_claims(iat=now(62), exp=now(600)),
    "iat of 1970": lambda f: f.with_claims(iat=0),
    "nbf in a minute": lambda f: f.with_claims(nbf=now(62)),
    "nbf text": lambda f: f.with_claims(nbf=str(now())),
    "nbf null": lambda f: f.with_claims(nbf=None),
    "nbf NaN": twice("nbf", float("nan")),
    "sub another than client_id": lambda f: f.with_claims(sub=f.world.clients["a_admin"]),
    "client unknown": lambda f: f.with_claims(sub="cli_" + "0" * 32, client_id="cli_" + "0" * 32),
    "client a wildcard": lambda f: f.with_claims(sub="*", client_id="*"),
    "client disabled": lambda f: f.with_claims(
        sub=f.world.clients["disabled"],
        client_id=f.world.clients["disabled"],
        reseller=f.world.resellers["A"],
    ),
    "reseller another": lambda f: f.with_claims(reseller=f.world.resellers["A"]),
    "reseller for another's client": lambda f: f.with_claims(
        sub=f.world.clients["a_admin"], client_id=f.world.clients["a_admin"]
    ),
    **{f"instances {name}": lambda f, v=value: f.with_claims(instances=v)
       for name, value in INSTANCES.items()},
    "origin null": lambda f: f.with_claims(origin=None),
    "origin empty": lambda f: f.with_claims(origin=""),
    "origin a list": lambda f: f.with_claims(origin=["x"]),
    "sub twice": twice("sub", "cli_x"),
    "exp twice": twice("exp", 1),
    "scope twice": twice("scope", "clients:delete"),
    "reseller twice": twice("reseller", "res_x"),
    "alg twice": lambda f: f.signed(
        json.dumps(f.header()).replace("{", '{"alg": "none", ', 1).encode(), f.claims()),
    "kid twice": lambda f: f.signed(
        json.dumps(f.header()).replace("{", '{"kid": "x", ', 1).encode(), f.claims()),
    "payload a list": lambda f: f.signed(f.header(), [f.claims()]),
    "payload text": lambda f: f.signed(f.header(), "x"),
    "payload null": lambda f: f.signed(f.header(), None),
    "payload no JSON": lambda f: f.signed(f.header(), b"{"),
    "payload nothing": lambda f: f.signed(f.header(), {}),
    "payload not UTF-8": lambda f: f.signed(f.header(), b'{"iss": "\xff"}'),
    "payload UTF-16": lambda f: f.signed(f.header(), json.dumps(f.claims()).encode("utf-16")),
    "payload with a BOM": lambda f: f.signed(
        f.header(), b"\xef\xbb\xbf" + json.dumps(f.claims()).encode()),
    "payload half a pair": lambda f: f.signed(f.header(), b'{"iss": "\\ud800"}'),
    "payload too deep": lambda f: f.signed(f.header(), b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"),
    "header a list": lambda f: f.signed(["ES256"], f.claims()),
    "header no JSON": lambda f: f.signed(b"ES256", f.claims()),
    "header with a BOM": lambda f: f.signed(
        b"\xef\xbb\xbf" + json.dumps(f.header()).encode(), f.claims()),
    "another's signature": lambda f: f.signed(f.header(), f.claims(), STRANGER),
    "signature of zeros": lambda f: f.spelled(lambda h, p, _: f"{h}.{p}.{encoded(bytes(64))}"),
    "signature of one byte": lambda f: f.spelled(lambda h, p, _: f"{h}.{p}.AA"),
    "signature of another token": lambda f: f.spelled(
        lambda h, p, _: f"{h}.{p}.{f.with_claims(jti='x').rpartition('.')[2]}"),
    "signature cut": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s[:-4]}"),
    "signature missing": lambda f: f.spelled(lambda h, p, _: f"{h}.{p}."),
    "signature longer": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s}AAAA"),
    "signature spelled otherwise": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{respelled(s)}"),
    "payload swapped": lambda f: f.spelled(
        lambda h, _, s: f"{h}.{encoded(f.claims(scope='clients:delete'))}.{s}"),
    "header swapped": lambda f: f.spelled(
        lambda _, p, s: f"{encoded(f.header(extra=1))}.{p}.{s}"),
    "two parts": lambda f: f.spelled(lambda h, p, _: f"{h}.{p}"),
    "four parts": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five parts": lambda _: "a.b.c.d.e",
    "only dots": lambda _: "..",
    "garbage": lambda _: "x.y.z",
    "padded": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s}=="),
    "plus and slash": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s[:-2]}+/"),
    "a blank before": lambda f: f.spelled(lambda h, p, s: f" {h}.{p}.{s}"),
    "a blank inside": lambda f: f.spelled(lambda h, p, s: f"{h}.{p[:5]} {p[5:]}.{s}"),
    "a tab after": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s}\t"),
    "not ASCII": lambda f: f.spelled(lambda h, p, s: f"{h}.{p}.{s[:-1]}\u00e9"),
    "20 KB": lambda f: f.with_claims(pad="x" * 15_000),
    "just over 8 KiB": lambda f: f.with_claims(pad="x" * 6_000),
}  # fmt: skip # a table
"""By what is wrong with them; but for that, each would be let in."""

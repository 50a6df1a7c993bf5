"""A forger: it knows every public thing, and sometimes also our private key."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.answers import JSON
from tests.world import World

ES256 = jws.JWSRegistry(algorithms=["ES256"]).get_alg("ES256")
ABSENT = object()
RSA = RSAKey.generate_key(2048)
ED25519 = OKPKey.generate_key("Ed25519")
P384 = ECKey.generate_key("P-384")
STRANGER = ECKey.generate_key("P-256")


def encoded(part: object) -> str:
    """Return a part of a token; bytes as they are, anything else as JSON."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def other_spelling(part: str) -> str:
    """Return a part whose unused last bits are set: the same bytes, another text."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]


def changed(whole: JSON, changes: JSON) -> JSON:
    """Return an object with changes; ``ABSENT`` leaves a member out."""
    return {name: value for name, value in {**whole, **changes}.items() if value is not ABSENT}


@dataclass(frozen=True)
class Forger:
    """Makes tokens of the operator of a world."""

    world: World

    @property
    def key(self) -> ECKey:
        """The key that signs now."""
        return self.world.served.gateway.key_ring.signing_key()

    @property
    def issuer(self) -> str:
        """Who we are."""
        return self.world.served.settings.issuer

    def header(self, **changes: Any) -> JSON:  # noqa: ANN401 # JSON
        """Return the header of a good token, changed."""
        good = {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}
        return changed(good, changes)

    def claims(self, **changes: Any) -> JSON:  # noqa: ANN401 # JSON
        """Return the claims of a good token, changed."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "sub": self.world.clients["operator"],
            "aud": self.issuer,
            "client_id": self.world.clients["operator"],
            "iat": now,
            "exp": now + 600,
            "jti": "0" * 32,
            "scope": "instances:read",
            "reseller": self.world.resellers["root"],
        }
        return changed(good, changes)

    def signed(self, header: object, payload: object, key: ECKey | None = None) -> str:
        """Sign any two parts with ES256, whatever the header says."""
        parts = f"{encoded(header)}.{encoded(payload)}"
        return f"{parts}.{encoded(ES256.sign(parts.encode(), key or self.key))}"

    def with_header(self, **changes: Any) -> str:  # noqa: ANN401 # JSON
        """Sign with our key, under another header."""
        return self.signed(self.header(**changes), self.claims())

    def with_claims(self, **changes: Any) -> str:  # noqa: ANN401 # JSON
        """Sign other claims with our key."""
        return self.signed(self.header(), self.claims(**changes))

    def with_text(self, old: str, new: str) -> str:
        """Sign claims whose JSON text was changed."""
        text = json.dumps(self.claims())
        assert old in text
        return self.signed(self.header(), text.replace(old, new, 1).encode())

    def by(self, key: Key, algorithm: str) -> str:
        """Sign with another key and algorithm, properly."""
        header = self.header(alg=algorithm)
        return jwt.encode(header, self.claims(), key, algorithms=[algorithm])

    def symmetric(self, secret: bytes, algorithm: str = "HS256") -> str:
        """Sign with a public key as a shared secret; by hand, since libraries refuse to."""
        parts = f"{encoded(self.header(alg=algorithm))}.{encoded(self.claims())}"
        digest = hmac.digest(secret, parts.encode(), algorithm.replace("HS", "sha"))
        return f"{parts}.{encoded(digest)}"

    def spelled(self, change: Callable[[str, str, str], str]) -> str:
        """Return a good token with its three parts spelled otherwise."""
        return change(*self.signed(self.header(), self.claims()).split("."))

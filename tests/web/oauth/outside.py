"""An outside issuer on loopback: it serves its keys over TLS, and signs what it likes."""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from tests.answers import JSON
from tests.personas.forging import changed
from tests.spe.raw_server import RawServer, reply

ISSUER = "https://login.example/tenant"
AUDIENCE = "spe-gateway"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
NEXT_KEY = ECKey.generate_key("P-256", {"kid": "two"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
SHARED = OctKey.generate_key(256, {"kid": "shared"})


def key_set(*keys: Key, **members: object) -> bytes:
    """Return the answer that serves some keys; each with further members."""
    found = [{**key.as_dict(private=False), **members} for key in keys]
    return reply(json.dumps({"keys": found}).encode(), "Content-Type: application/json")


@dataclass
class Outside:
    """The issuer.

    Attributes:
        server: serves the keys.
    """

    server: RawServer

    def trusted(self, **changes: Any) -> JSON:  # noqa: ANN401 # JSON
        """Return the setting that trusts it."""
        good = {
            "issuer": ISSUER,
            "jwksUri": f"https://127.0.0.1:{self.server.port}/keys",
            "audience": AUDIENCE,
            "pin": self.server.identity.sha256,
        }
        return changed(good, changes)


def claims(**changes: Any) -> JSON:  # noqa: ANN401 # JSON
    """Return the claims of a good token, changed."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "sub": "portal",
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 1800,
        "jti": uuid.uuid4().hex,
        "scope": "openid instances:read",
    }
    return changed(good, changes)


def signed(
    payload: Mapping[str, Any],
    key: Key = KEY,
    algorithm: str = "ES256",
    **header: Any,  # noqa: ANN401 # JSON
) -> str:
    """Sign a token properly."""
    whole = changed({"alg": algorithm, "typ": "JWT", "kid": key.kid}, header)
    return jwt.encode(whole, dict(payload), key, algorithms=[algorithm])


def kids(found: Sequence[Mapping[str, Any]]) -> list[object]:
    """Return the names of some keys."""
    return [each.get("kid") for each in found]

"""The public keys of API clients: which are taken, and for which algorithms (RFC 7517).

ES256 on P-256, or RS256 and PS256 with RSA of 2048 to 4096 bits: what key services and
hardware offer, and nothing that a shared secret could pass for.
"""

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from gateway.errors import InputFault, InvalidInput

ALGORITHMS: Final = ("ES256", "RS256", "PS256")
MOST_KEYS: Final = 10
RSA_BITS: Final = range(2048, 4097)

_EC: Final = frozenset({"kty", "crv", "x", "y"})
_RSA: Final = frozenset({"kty", "n", "e"})
_BESIDE: Final = frozenset({"kid", "alg", "use"})

VerifyingKey = ECKey | RSAKey


def key_of(jwk: Mapping[str, Any], algorithm: str) -> VerifyingKey | None:
    """Return the key that verifies signatures of an algorithm, or None.

    Args:
        jwk: of a client or of an outside issuer; members besides the key's own are ignored.
        algorithm: one of ``ALGORITHMS``; decided by who verifies, never by the signature.
    """
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        return None
    try:
        if algorithm == "ES256":
            return _elliptic(jwk)
        return _rsa(jwk) if algorithm in {"RS256", "PS256"} else None
    except (JoseError, ValueError, TypeError):
        return None


def require_usable(keys: Sequence[Mapping[str, Any]]) -> None:
    """Check the keys that somebody registers.

    Raises:
        InvalidInput: one is private, of another kind, too short, or no key; or two have one name.
    """
    faults = [
        InputFault(f"/publicKeys/{index}", "NOT_A_KEY", _WANTED)
        for index, jwk in enumerate(keys)
        if not _is_usable(jwk)
    ]
    if len({jwk["kid"] for jwk in keys}) < len(keys):
        faults.append(InputFault("/publicKeys", "REPEATED", "Each key needs a kid of its own."))
    if faults:
        raise InvalidInput(faults)


_WANTED: Final = "This must be a public key: P-256 for ES256, or RSA of 2048 to 4096 bits."


def _is_usable(jwk: Mapping[str, Any]) -> bool:
    own = _EC if jwk.get("kty") == "EC" else _RSA
    return jwk.keys() <= own | _BESIDE and any(key_of(jwk, each) for each in ALGORITHMS)


def _elliptic(jwk: Mapping[str, Any]) -> ECKey | None:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        return None
    return ECKey.import_key({name: jwk[name] for name in _EC if name in jwk})


def _rsa(jwk: Mapping[str, Any]) -> RSAKey | None:
    if jwk.get("kty") != "RSA" or _bits(jwk.get("n")) not in RSA_BITS:
        return None
    return RSAKey.import_key({name: jwk[name] for name in _RSA if name in jwk})


def _bits(number: object) -> int:
    """Return how long a modulus is: asked before the library warns of short ones."""
    if not isinstance(number, str):
        return 0
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4))).bit_length()

"""Signatures by which a receiver knows who sent a webhook, and when.

Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric: HMAC-SHA256 over the
id, the moment of the attempt and the body, joined by full stops.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from secrets import token_bytes
from typing import Final

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a secret for one endpoint, as it is shown to its owner."""
    return _PREFIX + b64encode(token_bytes(_SECRET_BYTES)).decode("ascii")


def signatures(secrets: Sequence[str], message_id: str, timestamp: datetime, body: bytes) -> str:
    """Return one signature for each secret, separated by spaces.

    Args:
        secrets: those that are valid now, the newest first; two while one replaces the other.
        message_id: the same for each attempt; without a full stop, as the specification wants.
        timestamp: of this attempt, with its time zone.
        body: exactly the bytes that are sent.

    Raises:
        ValueError: nothing signs, or the id could be taken for another id and time.
    """
    if not secrets or "." in message_id:
        raise ValueError("a webhook needs a secret, and an id without a full stop")
    signed = b"%s.%d." % (message_id.encode("ascii"), int(timestamp.timestamp())) + body
    return " ".join(_signature(secret, signed) for secret in secrets)


def headers(
    secrets: Sequence[str], message_id: str, timestamp: datetime, body: bytes
) -> dict[str, str]:
    """Return the three headers of the specification, for the arguments of ``signatures``."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp.timestamp())),
        "webhook-signature": signatures(secrets, message_id, timestamp, body),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode("ascii")

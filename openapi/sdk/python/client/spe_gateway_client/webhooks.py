"""Webhooks: whether a delivery comes from the gateway.

Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), symmetric.
"""

import binascii
import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .errors import WebhookRefused
from .generated import models

TOLERANCE_SECONDS: Final = 300
_PREFIX: Final = "whsec_"
_NEEDED: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True)
class Webhook:
    """A delivery that is genuine.

    Args:
        id: the same at each try: take an event once.
        event: what has happened. Its ``type`` may be a new one.
    """

    id: str
    event: models.CloudEvent


def verify_webhook(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float | None = None,
    tolerance: float = TOLERANCE_SECONDS,
) -> Webhook:
    """Return what a delivery tells, if it is genuine.

    Args:
        secrets: of the webhook, as it was created with; two while one replaces the other.
        headers: of the request, in whichever case.
        body: exactly the bytes that came.
        now: seconds since 1970; None for the clock's.
        tolerance: seconds that the delivery may be old, or ahead.

    Raises:
        WebhookRefused: a header is missing, no signature fits, it is too old, or no event.
        ValueError: a secret is none.
    """
    message, timestamp, signatures = _told(headers)
    signed = b"%s.%s." % (message.encode(), timestamp.encode()) + body
    wanted = [_signature(secret, signed) for secret in secrets]
    if not any(
        hmac.compare_digest(given.encode(), known)
        for given in signatures.split(" ")
        for known in wanted
    ):
        raise WebhookRefused("No signature fits.")
    if abs((time.time() if now is None else now) - _seconds(timestamp)) > tolerance:
        raise WebhookRefused("The delivery is too old, or from the future.")
    return Webhook(message, _event(body))


def _told(headers: Mapping[str, str]) -> list[str]:
    lower = {name.lower(): value for name, value in headers.items()}
    missing = [name for name in _NEEDED if name not in lower]
    if missing:
        raise WebhookRefused(f"Headers are missing: {', '.join(missing)}.")
    return [lower[name] for name in _NEEDED]


def _signature(secret: str, signed: bytes) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError(f"A secret begins with {_PREFIX}.")
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("A secret is base64.") from None
    return b"v1," + b64encode(hmac.digest(key, signed, hashlib.sha256))


def _seconds(timestamp: str) -> int:
    if not (timestamp.isascii() and timestamp.isdigit()):
        raise WebhookRefused("The time of the delivery is none.")
    return int(timestamp)


def _event(body: bytes) -> models.CloudEvent:
    try:
        return models.CloudEvent.from_dict(json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WebhookRefused("The body is no event.") from None

"""Opaque ids, the time, and the version of an object."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from uuid_utils.compat import uuid7


class Prefix(StrEnum):
    """What stands before the UUIDv7 of an opaque id."""

    INSTANCE = "ins"
    DEPLOYMENT = "dep"
    RESELLER = "res"
    CLIENT = "cli"
    OPERATION = "op"
    TRANSFER = "trf"
    AUDIT = "aud"
    EVENT = "evt"
    WEBHOOK = "whk"
    DELIVERY = "dlv"
    READING = "rdg"
    STATEMENT = "stm"


def new_id(prefix: Prefix) -> str:
    """Make an opaque id: the prefix, ``_`` and the 32 hex digits of a UUIDv7 (RFC 9562)."""
    return f"{prefix}_{uuid7().hex}"


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def version_of(fields: Mapping[str, object]) -> str:
    """Return the version of an object: SHA-256 over the canonical JSON of some fields, in hex."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()

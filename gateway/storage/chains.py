"""Chains of hashes, one for each reseller: a row's hash is over the row and the hash before it.

SHA-256 over the hash of the row before and the canonical JSON of the row, in the manner of
RFC 8785: sorted keys, no spaces, UTF-8. Our keys are ASCII and our numbers whole, where that is
the same.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from gateway.model import Reach
from gateway.storage.resellers import reached
from gateway.storage.tables import resellers

GENESIS = "0" * 64
"""What stands for the hash before the first row."""


def canonical(value: object) -> bytes:
    """Return JSON of which there is one spelling only."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def linked(previous: str, row: Mapping[str, Any]) -> str:
    """Return the hash of a row that comes after one with the hash ``previous``."""
    return hashlib.sha256(previous.encode() + canonical(row)).hexdigest()


def tenant(reach: Reach, owner: ColumnElement[str]) -> ColumnElement[bool]:
    """The tenant predicate on what outlives its reseller: of those at and below the reach.

    The operators also see what is of resellers that were deleted.

    Args:
        reach: what is reached.
        owner: the column with the reseller.
    """
    below = select(resellers.c.id).where(reached(reach))
    is_root = resellers.c.parent.is_(None) & (resellers.c.path == reach.path)
    return or_(owner.in_(below), select(resellers.c.id).where(is_root).exists())

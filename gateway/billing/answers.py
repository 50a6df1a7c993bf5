"""What the deployments' answers say, read strictly: a bill rests on it."""

from collections.abc import Mapping
from typing import Any

from gateway.errors import ReplyInvalid

MOST = 2**31 - 1
"""No instance has more licences; what is more is no number of licences."""


def licences_of(answer: object) -> dict[str, int]:
    """Return how many licences each instance uses, by the names that SPE knows.

    Args:
        answer: the result of ``CreateLicenseRequest``.

    Raises:
        ReplyInvalid: any part of it is not what it must be; then nothing of it counts.
    """
    rows = answer.get("instanceData") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise ReplyInvalid("The deployment's answer has no list of instances.")
    found: dict[str, int] = {}
    for row in rows:
        name, count = _name(row), _count(row)
        if name in found:
            raise ReplyInvalid("The deployment's answer counts an instance twice.")
        found[name] = count
    return found


def _name(row: Any) -> str:  # noqa: ANN401 - any JSON value
    name = row.get("instanceID") if isinstance(row, Mapping) else None
    if not isinstance(name, str) or not name:
        raise ReplyInvalid("The deployment's answer counts something that has no name.")
    return name


def _count(row: Mapping[str, Any]) -> int:
    count = row.get("usedLicenseCount")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
        raise ReplyInvalid("The deployment's answer counts an instance with no whole number.")
    return count

"""Whether a contract may follow a released one, and what to do if it may not."""

from collections.abc import Sequence
from typing import Final

from gateway.web.contract.compatibility.change import Change
from gateway.web.contract.tree import Json

VERSIONS: Final = "docs/contract.md#versions"


def needs_version(changes: Sequence[Change], released: Json, current: Json) -> bool:
    """Return whether breaking changes stand under the version of the release.

    Args:
        changes: those between the two.
        released: its version is ``info.version``, a date (ISO 8601).
        current: likewise; it may break only under a later date.
    """
    newer = str(current["info"]["version"]) > str(released["info"]["version"])
    return bool(changes) and not newer


def advice(changes: Sequence[Change]) -> str:
    """Return each change with what to do about it, for whoever made it."""
    told = (f"{each.detail} {each.remedy}, or raise the version: {VERSIONS}" for each in changes)
    return "\n".join(told)

"""Strong entity tags and ``If-Match`` (RFC 9110, sections 8.8.3 and 13.1.1)."""

import re
from collections.abc import Mapping
from typing import Final

from flask import request

from gateway.errors import MalformedRequest, PreconditionFailed
from gateway.model import version_of

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*+"'
_TAGS: Final = re.compile(rf"[ \t]*{_TAG}[ \t]*(?:,[ \t]*{_TAG}[ \t]*)*+")


def etag_of(fields: Mapping[str, object]) -> str:
    """Return the strong tag of an object: SHA-256 over the canonical JSON of its fields.

    Args:
        fields: those that a caller can write; counters and states are not among them.
    """
    return f'"{version_of(fields)}"'


def check_if_match(current: str | None) -> None:
    """Check the request's ``If-Match``, if it has one.

    Args:
        current: the tag of the object as it is now; None when it does not exist.

    Raises:
        PreconditionFailed: the object is another version, or does not exist.
        MalformedRequest: the header is no list of tags.
    """
    given = wanted()
    is_absent = current is None and "If-Match" in request.headers
    if is_absent or (given is not None and current not in given):
        raise PreconditionFailed("The object was changed since it was read; read it again.")


def wanted() -> list[str] | None:
    """Return the tags of the request's ``If-Match``; None when any version will do.

    Raises:
        MalformedRequest: the header is no list of tags.
    """
    given = request.headers.get("If-Match")
    if given is None or given.strip() == "*":
        return None
    if not _TAGS.fullmatch(given):
        raise MalformedRequest("If-Match must be * or a list of quoted tags.")
    return re.findall(_TAG, given)

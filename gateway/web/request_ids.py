"""The id of each request: taken from ``X-Request-Id`` when it is usable, else made."""

import re
import uuid

from flask import g, has_request_context, request

HEADER = "X-Request-Id"
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def request_id() -> str:
    """Return the id of the current request; the same one throughout the request."""
    known: str | None = g.get("request_id")
    if known is None:
        known = g.request_id = _given_id() or uuid.uuid4().hex
    return known


def _given_id() -> str:
    given = request.headers.get(HEADER, "") if has_request_context() else ""
    return given if _USABLE.fullmatch(given) else ""

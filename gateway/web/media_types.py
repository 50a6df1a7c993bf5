"""Which of several media types of an answer the caller wants (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from flask import request

from gateway.web.http_errors import NotAcceptable


def wanted(offered: Sequence[str]) -> str:
    """Return the media type that ``Accept`` prefers.

    Args:
        offered: in our own order of preference; without ``Accept`` the first is taken.

    Raises:
        NotAcceptable: it allows none of them.
    """
    if not request.headers.get("Accept", "").strip():
        return offered[0]
    found: str | None = request.accept_mimetypes.best_match(offered)
    if found is None:
        raise NotAcceptable(offered)
    return found

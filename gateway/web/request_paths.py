"""The path of each request as it may be shown and kept: percent-encoded, and without the query."""

from urllib.parse import quote

from flask import request


def request_path() -> str:
    """Return the path of the current request; of a query, which may hold anything, nothing."""
    return quote(request.path.encode("utf-8", "replace"), safe="/:@!$&'()*+,;=-._~")

"""The answer 202: the operation goes on after the answer."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

RETRY_SECONDS = 1


def accepted(operation: Mapping[str, Any]) -> Response:
    """Return 202 with the operation, where it is followed, and when to ask again.

    Args:
        operation: as it is answered (dumped), with its ``id``.
    """
    response = jsonify(operation)
    response.status_code = 202
    response.headers["Location"] = f"/operations/{operation['id']}"
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response

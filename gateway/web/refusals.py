"""Refused changes go into the audit, whoever refused them: the broker, a lock, a quota.

Input that cannot be read or is not valid has no row: nothing was asked for yet.
"""

from typing import Final

from flask import Response, current_app, g, request

from gateway.errors import (
    InvalidInput,
    MalformedRequest,
    PayloadTooLarge,
    RequestError,
    StorageUnavailable,
    Unauthenticated,
    UnsupportedMediaType,
)
from gateway.tenancy.caller import Caller
from gateway.web.hooks import EXTENSION
from gateway.web.problems import answer_gateway_error, refusal

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
UNASKED: Final = (
    InvalidInput,
    MalformedRequest,
    PayloadTooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)


def note_refusal(response: Response) -> Response:
    """Write the row of a refused change that has none yet; without it, there is no answer."""
    caller: Caller | None = g.get("caller")
    error = refusal()
    if caller is None or error is None or not _is_noted(caller, error):
        return response
    try:
        current_app.extensions[EXTENSION].refused(caller, _target(caller), error)
    except StorageUnavailable as failure:
        return answer_gateway_error(failure)
    return response


def _is_noted(caller: Caller, error: RequestError) -> bool:
    asked = request.method not in READS and not isinstance(error, UNASKED)
    return asked and not caller.refusal_noted


def _target(caller: Caller) -> str:
    """Return what the call was about: the first id of the path, or else the caller's reseller."""
    named = [value for value in (request.view_args or {}).values() if isinstance(value, str)]
    return named[0] if named else caller.principal.reseller

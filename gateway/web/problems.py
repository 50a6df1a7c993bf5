"""Errors as ``application/problem+json`` (RFC 9457).

``type`` is the relative reference ``/docs/problems#<CODE>``: the gateway serves a page there
that lists every kind. ``instance`` is the percent-encoded path of the request. The
deployment's own words reach operators only, and an unforeseen exception shows nothing.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from gateway.billing.usage import UsageIncomplete
from gateway.broker.admission import QuotaExceeded, is_shown
from gateway.broker.engine.breakers import DeploymentPaused
from gateway.broker.engine.problems import OperationFailed
from gateway.broker.placement.explanation import NoPlacement, PlacementUnreachable, reasons_told
from gateway.broker.reports import ReportLimitReached
from gateway.errors import (
    GatewayError,
    InputFault,
    InvalidInput,
    MalformedRequest,
    NotFound,
    OperationInProgress,
    PayloadTooLarge,
    PermissionMissing,
    RequestError,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamError,
)
from gateway.events.log import EventsTrimmed
from gateway.tenancy.claims import IdempotencyInFlight
from gateway.web.http_errors import (
    MethodNotAllowed,
    RangeNotSatisfiable,
    RateLimited,
)
from gateway.web.request_ids import request_id
from gateway.web.request_paths import request_path
from gateway.web.schemas import UsageGapSchema

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="spe-gateway"'
RETRY_SECONDS = 5
_MAX_FAULTS = 50
_UPSTREAM = ("deployment", "command", "message")
_LOGGED_CHARACTERS = 300
_TIMED = (
    DeploymentPaused,
    IdempotencyInFlight,
    OperationFailed,
    RateLimited,
    ReportLimitReached,
)
"""What knows when it is over."""

_KEPT_HEADERS = frozenset({"Allow", "Retry-After", "WWW-Authenticate", "Content-Range"})
_KNOWN: dict[int, type[GatewayError]] = {
    400: MalformedRequest,
    401: Unauthenticated,
    404: NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
    416: RangeNotSatisfiable,
}

log = structlog.get_logger(__name__)


def install_problems(app: Flask) -> None:
    """Answer every error of the application as a problem."""
    app.register_error_handler(GatewayError, answer_gateway_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_bug)


def problem_type(code: str) -> str:
    """Return the reference that describes problems of this code."""
    return f"/docs/problems#{code}"


def answer_gateway_error(error: GatewayError) -> Response:
    """Answer one of our own errors; what is no answer to a request is a bug."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_bug(error)
    _log_failure(error)
    g.refusal = error if isinstance(error, RequestError) else None
    response = _answer(problem_of(error))
    response.headers.update(dict(_headers_of(error)))
    return response


def refusal() -> RequestError | None:
    """Return why the request was refused, if that is its answer."""
    found: RequestError | None = g.get("refusal")
    return found


def _log_failure(error: GatewayError) -> None:
    """Say what ails a deployment, or us; what the caller can mend is in the access log.

    A failure that is answered again to a repeated call was told when it happened.
    """
    if g.get("is_replay"):
        return
    changed = error.operation if isinstance(error, OperationFailed) else ""
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not changed:
        return
    known = {"operation": changed} if changed else {}
    for name, said in _upstream_of(error).items():
        known[name] = said[:_LOGGED_CHARACTERS]
    log.warning("request_failed", code=error.code, status=error.status, **known)


def _upstream_of(error: GatewayError) -> dict[str, str]:
    """Return what is known of the deployment's side; what is not known is left out."""
    said = vars(error) if isinstance(error, UpstreamError) else getattr(error, "upstream", None)
    return {name: said[name] for name in _UPSTREAM if said.get(name)} if said else {}


def answer_http_error(error: HTTPException) -> Response:
    """Answer an error of Werkzeug's, keeping the headers that its status needs.

    A redirect is never sent: it would repeat the Host header of the request.
    """
    if isinstance(error, RequestRedirect):
        return answer_gateway_error(NotFound())
    known = _KNOWN.get(error.code or 500)
    if known:
        return _with_kept_headers(answer_gateway_error(known()), error)
    if not error.code or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_bug(error)
    return _with_kept_headers(_answer(_plain_problem(HTTPStatus(error.code))), error)


def answer_bug(error: Exception) -> Response:
    """Answer what nobody foresaw: logged with its trace, and nothing of it shown."""
    log.error("internal_error", exc_info=error)
    return internal_problem()


def internal_problem() -> Response:
    """Return the answer that says only that we failed."""
    return _answer(problem_of(GatewayError()))


def problem_of(error: GatewayError) -> dict[str, Any]:
    """Return the members of the problem, in the order in which they are read best."""
    return {
        **_members(error.code, error.title, error.status, error.detail),
        "retryable": error.retryable,
        **dict(_extensions(error)),
    }


def _members(code: str, title: str, status: int, detail: str) -> dict[str, Any]:
    return {
        "type": problem_type(code),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request_path(),
        "code": code,
        "requestId": request_id(),
    }


def _plain_problem(status: HTTPStatus) -> dict[str, Any]:
    code = status.phrase.upper().replace(" ", "_").replace("-", "_")
    return {
        **_members(code, status.phrase, status, status.description or status.phrase),
        "retryable": False,
    }


def _extensions(error: GatewayError) -> Iterator[tuple[str, Any]]:
    if isinstance(error, InvalidInput):
        yield "errors", [_fault_member(fault) for fault in error.faults[:_MAX_FAULTS]]
    if isinstance(error, PermissionMissing):
        yield "permission", error.permission
    if isinstance(error, OperationInProgress):
        yield "operation", error.operation
    if isinstance(error, OperationFailed):
        yield from _operation_members(error)
    if isinstance(error, QuotaExceeded):
        yield from _quota_members(error)
    if isinstance(error, NoPlacement | PlacementUnreachable):
        yield "notTaken", reasons_told(error.verdicts, g.caller.principal)
    if isinstance(error, EventsTrimmed):
        yield "oldest", error.oldest
    if isinstance(error, UsageIncomplete):
        named = [{"deployment": name, **vars(gap)} for name, gap in error.gaps[:_MAX_FAULTS]]
        yield "gaps", UsageGapSchema(many=True).dump(named)
    upstream = _upstream_of(error)
    if upstream and _caller_is_operator():
        yield "upstream", upstream


def _operation_members(error: OperationFailed) -> Iterator[tuple[str, Any]]:
    if error.operation:
        yield "operation", error.operation
        yield "steps", [dict(step) for step in error.steps]
    if error.faults:
        yield "errors", [dict(fault) for fault in error.faults[:_MAX_FAULTS]]
    if error.permission:
        yield "permission", error.permission


def _quota_members(error: QuotaExceeded) -> Iterator[tuple[str, Any]]:
    """Yield which limit it is; whose, and its figures, where they are the caller's business."""
    yield "resource", error.pool.resource
    if is_shown(error.pool, g.caller.principal.reach):
        yield "detail", error.sentence
        yield "limit", error.pool.limit
        yield "used", error.used
        yield "reseller", error.pool.reseller


def _fault_member(fault: InputFault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}


def _caller_is_operator() -> bool:
    caller = g.get("caller")
    return caller is not None and caller.principal.is_operator


def _headers_of(error: GatewayError) -> Iterator[tuple[str, str]]:
    if isinstance(error, Unauthenticated):
        yield "WWW-Authenticate", challenge()
    seconds = _seconds_of(error)
    if seconds:
        yield "Retry-After", str(seconds)


def _seconds_of(error: GatewayError) -> int | None:
    """Return after which time it is worth trying again, if time alone may help.

    A 503 that may be tried again may be over in a few seconds.
    """
    if isinstance(error, _TIMED) and error.seconds:
        return error.seconds
    is_brief = error.status == HTTPStatus.SERVICE_UNAVAILABLE and error.retryable
    return RETRY_SECONDS if is_brief else None


def challenge() -> str:
    """Return the WWW-Authenticate value of RFC 6750, section 3.

    Without a token it names no error; with one that was refused it does.
    """
    given = request.headers.get("Authorization")
    return f'{CHALLENGE}, error="invalid_token"' if given else CHALLENGE


def _with_kept_headers(response: Response, error: HTTPException) -> Response:
    for name, value in error.get_headers():
        if name in _KEPT_HEADERS:
            response.headers[name] = value
    return response


def _answer(members: dict[str, Any]) -> Response:
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":")) + "\n"
    body = text.encode("utf-8", "backslashreplace")  # a lone surrogate stays a JSON escape
    return Response(body, status=members["status"], content_type=MEDIA_TYPE)

"""What happens around every view: who calls, and did anybody check that they may.

Nothing depends on a view's own discipline: a view that is no operation is refused, and a
success of a view that nobody authorised is turned into a 500 before it leaves.
"""

import re
from typing import Final, Protocol, cast

import structlog
from flask import Flask, Request, Response, current_app, g, request
from werkzeug.datastructures import Headers

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.errors import GatewayError, Unauthenticated
from gateway.measures import tracing
from gateway.measures.account import account
from gateway.tenancy.authorise import ResellerSuspended
from gateway.tenancy.caller import Caller
from gateway.web.operation import ANY, OperationSpec, spec_of
from gateway.web.preferences import (
    VERSION,
    VERSION_HEADER,
    check_version,
    on_behalf_of,
    urgency,
)
from gateway.web.problems import internal_problem
from gateway.web.rate_limits import Rates, add_rate_fields, count_call
from gateway.web.request_ids import HEADER as REQUEST_ID_HEADER
from gateway.web.request_ids import request_id
from gateway.web.request_paths import request_path
from gateway.web.waits import end_patience, patience

EXTENSION: Final = "spe-gateway"
CONTENT_SECURITY_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS: Final = ((VERSION_HEADER, VERSION), ("X-Content-Type-Options", "nosniff"))
_UNLESS_SAID: Final = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Referrer-Policy", "no-referrer"),
)
_BEARER: Final = re.compile(r"(?i:bearer) ([A-Za-z0-9._~+/-]+=*)", re.ASCII)

log = structlog.get_logger(__name__)


class Authenticator(Protocol):
    """What the hooks need of ``app.extensions["spe-gateway"]``."""

    def authenticate(self, token: str, address: str | None) -> Principal:
        """Return whose token it is.

        Args:
            token: as it was sent.
            address: whom it comes from, as far as trusted proxies say so.

        Raises:
            Unauthenticated: it is not accepted, or not from there.
        """

    def suspended(self, caller: Caller) -> ResellerSuspended:
        """Note that a call of a suspended reseller's client is refused; return the answer."""


def install_hooks(app: Flask) -> None:
    """Put the hooks around every view of the application."""
    app.before_request(name_request)
    app.before_request(admit)
    app.before_request(limit_rate)
    app.before_request(refuse_suspended)
    # Flask calls the last one first: the guard's answer gets the headers too.
    app.after_request(add_headers)
    app.after_request(add_rate_fields)
    app.after_request(refuse_unguarded)
    app.teardown_request(end_patience)


def caller() -> Caller:
    """Return the caller of the current request; public operations have none."""
    return cast("Caller", g.caller)


def renewed() -> Caller:
    """Judge the caller of a request that lasts once more: the token, the client, the reseller.

    Raises:
        Unauthenticated: the token or the client is not accepted any more.
        ResellerSuspended: the client's reseller is.
    """
    sent = _sent()
    g.caller = _caller_of(sent, _declared(sent))
    refuse_suspended()
    return caller()


def current_spec() -> OperationSpec | None:
    """Return what was declared of the current view; None before ``admit`` has found it."""
    found: OperationSpec | None = g.get("spec")
    return found


def _sent() -> Request:
    """Return the current request itself: each look through Flask's proxy costs four calls."""
    return cast("Request", request._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001 # as Flask documents


def _declared(sent: Request) -> OperationSpec:
    """Find what was declared of the view of a request, and keep it at hand.

    Raises:
        GatewayError: nothing was: a bug, and nobody gets in.
    """
    spec = g.spec = spec_of(current_app, sent.endpoint, sent.method)
    if spec is None:
        raise GatewayError
    return spec


def name_request() -> None:
    """Give the request its id, in its logs too."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id(), **tracing.ids())


def admit() -> None:
    """Find the operation and its caller before anything of the request is read.

    Raises:
        GatewayError: the view is no operation: a bug, and nobody gets in.
        MalformedRequest: a header cannot be read.
        Unauthenticated: there is no token, or it is not accepted.
    """
    sent = _sent()
    if sent.routing_exception is not None:
        return
    spec = _declared(sent)
    if (known := account()) is not None:
        known.action = spec.operation_id
    check_version(sent.headers)
    if not spec.public:
        g.caller = _caller_of(sent, spec)


def limit_rate() -> None:
    """Count the request, now that it is known whose it is.

    Raises:
        RateLimited: it is one too many.
    """
    sent = _sent()
    if sent.routing_exception is None:
        rates: Rates = current_app.extensions[EXTENSION].rates
        count_call(rates, sent, g.get("caller"))


def refuse_suspended() -> None:
    """Refuse a client of a suspended reseller before any object is looked up.

    Raises:
        ResellerSuspended: whatever it asks for, but for what says that it is suspended.
    """
    known: Caller | None = g.get("caller")
    if known is None or not known.principal.is_suspended:
        return
    spec = current_spec()
    if spec is not None and not spec.while_suspended:
        authenticator: Authenticator = current_app.extensions[EXTENSION]
        raise authenticator.suspended(known)


def refuse_unguarded(response: Response) -> Response:
    """Turn a success that nobody authorised into a 500 (the guard)."""
    if request.routing_exception is not None or response.status_code >= 400:  # noqa: PLR2004 # errors tell nothing
        return response
    spec = current_spec()
    if spec is not None and (spec.public or spec.permission is ANY or _is_authorised()):
        return response
    log.error("unguarded_success", endpoint=request.endpoint, method=request.method)
    return internal_problem()


def add_headers(response: Response) -> Response:
    """Add what every answer carries, and take away what a 204 must not."""
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    headers.add(REQUEST_ID_HEADER, request_id())
    for name, value in _ALWAYS:
        headers.add(name, value)
    for name, value in _UNLESS_SAID:
        if name.lower() not in present:
            headers.add(name, value)
    if response.status_code in {204, 304}:
        response.headers.pop("Content-Type", None)
        response.set_data(b"")
    return response


def bearer_token(headers: Headers) -> str:
    """Return the token of the one Authorization header (RFC 6750, section 2.1).

    Two headers reach us joined with a comma, which no token contains.

    Raises:
        Unauthenticated: there is none, or it is of another scheme.
    """
    match = _BEARER.fullmatch(headers.get("Authorization", ""))
    if not match:
        raise Unauthenticated
    return match[1]


def _caller_of(sent: Request, spec: OperationSpec) -> Caller:
    authenticator: Authenticator = current_app.extensions[EXTENSION]
    headers, address = sent.headers, sent.remote_addr
    principal = authenticator.authenticate(bearer_token(headers), address)
    structlog.contextvars.bind_contextvars(client=principal.client, reseller=principal.reseller)
    return Caller(
        principal=principal,
        operation=spec.operation_id,
        permission=spec.permission if isinstance(spec.permission, Permission) else None,
        request_id=request_id(),
        on_behalf_of=on_behalf_of(headers),
        wait_seconds=patience(principal.reseller, headers),
        urgency=urgency(headers),
        address=address or "",
        method=sent.method,
        path=request_path(),
    )


def _is_authorised() -> bool:
    known = g.get("caller")
    return known is not None and known.authorised

"""Whoever may not ask hears that first, whatever is wrong with what was sent.

The broker judges a call by what the view hands to it, and a view has its input read before. Where
that fails, the caller is judged here by the path alone: whether it sees the object, and then
whether it may. So a body that cannot be read tells nobody more than a whole one would.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.errors import (
    GatewayError,
    InvalidInput,
    MalformedRequest,
    PayloadTooLarge,
    RequestError,
    UnsupportedMediaType,
)
from gateway.model import Prefix
from gateway.tenancy.caller import Caller
from gateway.web.body import read_json
from gateway.web.door import services
from gateway.web.problems import answer_gateway_error, answer_http_error

UNREADABLE: Final = (InvalidInput, MalformedRequest, PayloadTooLarge, UnsupportedMediaType)
"""What is wrong with what was sent."""

OWNERS: Final = ("reseller", "parent")
"""Members of a body that say whose a new object is to be."""

_RESELLER: Final = re.compile(f"{Prefix.RESELLER}_[0-9a-f]{{32}}", re.ASCII)


def install_precedence(app: Flask) -> None:
    """Let the judgement come before the answers that what was sent is wrong."""
    for error in UNREADABLE:
        app.register_error_handler(error, _answer_unreadable)
    app.register_error_handler(RequestEntityTooLarge, _answer_too_large)


def _answer_unreadable(error: RequestError) -> Response:
    return answer_gateway_error(_refusal() or error)


def _answer_too_large(error: RequestEntityTooLarge) -> Response:
    refused = _refusal()
    return answer_gateway_error(refused) if refused else answer_http_error(error)


def _refusal() -> GatewayError | None:
    """Return why the caller may not ask at all; None when it may, or was judged already."""
    caller: Caller | None = g.get("caller")
    if caller is None or caller.authorised:
        return None
    try:
        _judge(caller)
    except GatewayError as error:
        return error
    return None


def _judge(caller: Caller) -> None:
    looks = _looks()
    for name, opaque in (request.view_args or {}).items():
        if name in looks:
            looks[name](caller, opaque)
            return
    services().resellers.get(caller, _owner() or caller.principal.reseller)


def _looks() -> Mapping[str, Callable[[Caller, str], object]]:
    """Return how the broker judges who asks for an object, by what a path calls its id."""
    known = services()
    return {
        "instance": known.broker.instance,
        "deployment": known.broker.deployment,
        "reseller": known.resellers.get,
        "client": known.clients.get,
        "operation": known.operations.look,
        "webhook": known.webhooks.get,
        "statement": known.statements.look,
    }


def _owner() -> str | None:
    """Return the reseller that a new object is for, as far as the body can be read."""
    try:
        body = read_json(request)
    except (RequestError, HTTPException):
        return None
    named = [body.get(name) for name in OWNERS] if isinstance(body, dict) else []
    ids = [each for each in named if isinstance(each, str) and _RESELLER.fullmatch(each)]
    return ids[0] if ids else None

"""The header Idempotency-Key: a call that is repeated is answered, not carried out again.

The key is taken before the view runs, and given back after it if nothing was begun. What the
view begins is bound to it by the broker, in one transaction; see ``broker.claims``.
"""

import hashlib
import json
import re
from typing import Any, Final

import structlog
from flask import Flask, Response, g, make_response, request
from webargs import missing

from gateway.broker.idempotency import is_operation
from gateway.errors import Conflict, MalformedRequest, StorageUnavailable
from gateway.model import Operation
from gateway.storage.idempotency_keys import Claim, Known, Use
from gateway.web.accepted import accepted
from gateway.web.body import read_json, refuse_body
from gateway.web.door import answer, services, shape_of_operation
from gateway.web.hooks import caller, current_spec
from gateway.web.operation import Idempotency, OperationSpec

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_KEY: Final = re.compile(r"[!-~]{1,255}", re.ASCII)

log = structlog.get_logger(__name__)


def install_idempotency(app: Flask) -> None:
    """Take keys before a view and give unused ones back after it; the caller is known then."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> Response | None:
    """Answer a call that was carried out before; None lets it happen.

    Raises:
        MalformedRequest: the key is empty, too long, or not visible ASCII.
        GatewayError: the key was used for another call, or the first call failed for good.
    """
    spec = current_spec()
    if spec is None or spec.idempotency is None or HEADER not in request.headers:
        return None
    found = services().idempotency_keys.take(_use(spec, spec.idempotency, _key()))
    if isinstance(found, Claim):
        caller().claim = found
        return None
    return _replay(spec, found)


def end(response: Response) -> Response:
    """Give a key back under which nothing was begun, and mark what is a repetition."""
    known = g.get("caller")
    if known is not None and known.claim is not None and _has_begun_nothing(known.claim, response):
        _give_back(known.claim)
    if g.get("is_replay"):
        response.headers[REPLAYED] = "true"
    return response


def _has_begun_nothing(claim: Claim, response: Response) -> bool:
    """Whether a key may be given back; of one that is bound in vain, the transaction has failed."""
    return not claim.is_bound or response.status_code >= 400  # noqa: PLR2004 - errors


def _give_back(claim: Claim) -> None:
    """What cannot be given back now is free when its lease ends."""
    try:
        services().idempotency_keys.release(claim)
    except StorageUnavailable:
        log.warning("idempotency.not_released")


def _key() -> str:
    given = request.headers.getlist(HEADER)
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        raise MalformedRequest(f"{HEADER} must be one word of 1 to 255 visible ASCII characters.")
    return given[0]


def _use(spec: OperationSpec, idempotency: Idempotency, key: str) -> Use:
    if not spec.takes_body:
        refuse_body(request)
    who, body = caller().principal.client, read_json(request)
    content = [sorted(request.args.lists()), {} if body is missing else body]
    return Use(
        scope=_digest([who, request.method, spec.operation_id, request.path, key]),
        client=who,
        operation=spec.operation_id,
        fingerprint=_digest(content),
        kept=idempotency.kept,
    )


def _digest(value: Any) -> str:  # noqa: ANN401 # JSON
    """Return the SHA-256 over the canonical JSON of a value, in hex."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _replay(spec: OperationSpec, known: Known) -> Response:
    if is_operation(str(known.target)):
        found = services().idempotency_keys.follow(caller(), known)
        g.is_replay = True
        return _answered(spec, found)
    services().idempotency_keys.judge(caller(), known)
    if spec.again is None:
        raise Conflict("The call was carried out before; read what it changed.")
    response = make_response(spec.again(str(known.target)))
    g.is_replay = True
    return response


def _answered(spec: OperationSpec, found: Operation) -> Response:
    """Answer as the first call would now; an operator's word alone has no result to show."""
    has_no_answer = not found.status.is_final or found.resolution is not None
    if found.kind == spec.operation_id and has_no_answer:
        return accepted(shape_of_operation()(found))
    return spec.reply(found) if spec.reply else answer(found, spec.success)

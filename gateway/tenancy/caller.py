"""One request's caller: who, through which operation, and whether the broker has judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.model import Urgency
from gateway.storage.idempotency_keys import Claim


@dataclass
class Caller:
    """What the broker needs to know of a request.

    Args:
        principal: who calls.
        operation: operationId of the REST operation.
        permission: what that operation needs; None where any client may call.
        request_id: travels into the audit, the logs and the answer.
        on_behalf_of: the end user that the client names, if any.
        wait_seconds: how long the answer may be waited for (``Prefer: wait``).
        validate_only: run every check, send nothing that changes.
        urgency: what the caller's work may be put off for; it may ask for less than usual.
        address: where the request came from, as the gateway saw it.
        method: of HTTP.
        path: of the request, percent-encoded and without its query.
        target: what the call is about: the object that was judged first.
        authorised: set by the broker once it has judged; the guard looks at it.
        claim: the idempotency key that the call holds, if it came with one.
        demanded: the permissions that were demanded of it so far.
        refusal_noted: set by the audit once it has the refusal of this call.
    """

    principal: Principal
    operation: str
    permission: Permission | None
    request_id: str
    on_behalf_of: str | None = None
    wait_seconds: float = 1.0
    validate_only: bool = False
    urgency: Urgency = Urgency.INTERACTIVE
    address: str = ""
    method: str = ""
    path: str = ""
    target: str = ""
    authorised: bool = False
    refusal_noted: bool = False
    claim: Claim | None = None
    demanded: set[Permission] = field(default_factory=set)


class Validated(Exception):
    """Every check has passed, and nothing was done: ``validate_only`` asked for no more.

    Args:
        found: what the checks have found out that the caller may be told.
    """

    def __init__(self, found: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.found = found

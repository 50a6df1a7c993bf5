"""One request's caller: who, through which operation, and whether the broker has judged."""

from dataclasses import dataclass

from gateway.access.permissions import Permission
from gateway.access.principal import Principal


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
        authorised: set by the broker once it has judged; the guard looks at it.
    """

    principal: Principal
    operation: str
    permission: Permission | None
    request_id: str
    on_behalf_of: str | None = None
    wait_seconds: float = 1.0
    validate_only: bool = False
    authorised: bool = False

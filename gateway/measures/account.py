"""What one request costs: how long deployments were called for it, and which; told in its log.

It goes along into the threads that work for the request, since these copy its context.
"""

from contextvars import ContextVar

_account: ContextVar["Account | None"] = ContextVar("account", default=None)


class Account:
    """What was found out about a request.

    Attributes:
        action: its operationId; empty until it is known.
        operation: the id of the operation that it began, if any.
        deployment: the one that was called last, if any.
        upstream_seconds: how long deployments were called, all calls together.
        status: of the answer; 0 until it is known.
    """

    __slots__ = ("action", "deployment", "operation", "status", "upstream_seconds")

    def __init__(self) -> None:
        self.action = ""
        self.operation: str | None = None
        self.deployment: str | None = None
        self.upstream_seconds = 0.0
        self.status = 0


def opened() -> Account:
    """Open the account of a request in this thread."""
    made = Account()
    _account.set(made)
    return made


def account() -> Account | None:
    """Return the account of the request that this is done for; None in the background."""
    return _account.get()


def note_operation(operation: str) -> None:
    """Note which operation the request of this thread has begun, if there is one."""
    known = _account.get()
    if known is not None:
        known.operation = operation

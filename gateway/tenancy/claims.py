"""What a request begins under an idempotency key is bound to that key, in one transaction.

So a retry after a crash finds what was begun; it never begins a second one.
"""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection

from gateway.errors import Conflict
from gateway.model import now
from gateway.storage import idempotency_keys
from gateway.tenancy.caller import Caller


class IdempotencyInFlight(Conflict):
    """The first call with this Idempotency-Key is under way, and has begun nothing yet.

    Args:
        left: for how long the key is kept for it, should it never come back.
    """

    code = "IDEMPOTENCY_IN_FLIGHT"
    title = "The same call is under way"
    retryable = True
    seconds = 1

    def __init__(self, left: timedelta = timedelta()) -> None:
        rest = f" If it broke off, the key is free in {ceil(left.total_seconds())} seconds."
        super().__init__(
            "The first call with this Idempotency-Key is under way; send it again in a moment."
            + (rest if left > timedelta() else "")
        )


def bind(
    connection: Connection, caller: Caller, target: str, until: datetime | None = None
) -> None:
    """Bind the caller's key, if there is one, to an operation or an object.

    Args:
        connection: the transaction in which it is begun.
        caller: of the request.
        target: its id.
        until: the key counts at least up to then.

    Raises:
        IdempotencyInFlight: another request took the key over; nothing may be begun here.
    """
    if caller.claim is None or caller.validate_only:
        return
    held = idempotency_keys.bind(connection, caller.claim, target, caller.demanded, until or now())
    if not held:
        raise IdempotencyInFlight
    caller.claim.is_bound = True

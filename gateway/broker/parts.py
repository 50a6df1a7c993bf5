"""What the end of a part does to the operation that it belongs to, in the same transaction.

The whole is held before anything else is: of two parts that end at once, in whatever processes,
the second waits and then sees the first. So the last one ends the whole, once, and there is no
moment between the two ends at which a crash could fall.
"""

from typing import Final

from sqlalchemy import Connection

from gateway.broker import telling
from gateway.broker.engine import lanes
from gateway.broker.engine.problems import problem_of
from gateway.errors import GatewayError
from gateway.model import FINAL, Operation, OperationStatus, now
from gateway.storage import operations, parts
from gateway.storage.parts import Tally
from gateway.storage.vault import Vault
from gateway.tenancy import audit

WORST: Final = (OperationStatus.FAILED, OperationStatus.UNKNOWN, OperationStatus.CANCELLED)
"""How the whole ends when one of its parts ended so, the first that applies."""


class PartsFailed(GatewayError):
    """Some parts of an operation failed, or what became of them is unknown.

    Args:
        tally: how many ended how.
    """

    status = 502
    code = "PARTS_FAILED"
    title = "Not all parts of the operation succeeded"

    def __init__(self, tally: Tally) -> None:
        failed, unknown = tally[OperationStatus.FAILED], tally[OperationStatus.UNKNOWN]
        super().__init__(
            f"Of {tally.total()} parts {failed} failed and {unknown} ended as unknown; "
            "each part says why."
        )


def hold(connection: Connection, part: Operation) -> None:
    """Hold the whole of a part that is about to end; before every other lock of the transaction."""
    if part.parent is not None:
        parts.hold(connection, part.parent)


def ended(connection: Connection, part: Operation, vault: Vault) -> None:
    """Pass the turn on to the next part, and end the whole if this was the last one.

    As many parts of one operation are under way at one deployment as its lane is wide.
    """
    if part.parent is not None:
        parts.wake(connection, part.parent, str(part.deployment), lanes.WIDTH)
        settle(connection, part.parent, vault)


def settle(connection: Connection, whole: str, vault: Vault) -> None:
    """Write how far an operation in parts is, or how it ended.

    A person's word on a part counts for the whole too: what had ended is judged anew.
    """
    tally = parts.tally(connection, whole)
    done = sum(tally[status] for status in FINAL)
    if done < tally.total():
        parts.advance(connection, whole, 100 * done // tally.total())
        return
    found = operations.get(connection, whole, vault)
    before = found.status
    _conclude(found, tally)
    parts.conclude(connection, found)
    if not before.is_final:
        audit.ended(connection, found)
        telling.ended(connection, found)
    elif found.status is not before:
        telling.resolved(connection, found)


def _conclude(whole: Operation, tally: Tally) -> None:
    whole.status = next((each for each in WORST if tally[each]), OperationStatus.SUCCEEDED)
    is_bad = whole.status in {OperationStatus.FAILED, OperationStatus.UNKNOWN}
    whole.problem = problem_of(PartsFailed(tally)) if is_bad else None
    whole.percent_progress = 100
    whole.update_time = now()
    whole.end_time = whole.end_time or whole.update_time
    whole.next_poll_time = None

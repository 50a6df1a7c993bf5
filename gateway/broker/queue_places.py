"""Which place a queued operation has: how many calls its deployment takes before it.

It is reckoned from the rows as if one lane took them all by turns. In a cluster each process has
a lane of its own, and the next call may be more urgent: so it is an estimate.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.broker.engine.rota import ROUND
from gateway.errors import StorageUnavailable
from gateway.model import Operation, OperationStatus, Urgency
from gateway.storage import queues
from gateway.storage.database import Database
from gateway.storage.queues import Line


def place_in_queue(database: Database, operation: Operation) -> int | None:
    """Return the place of an operation, 1 for the next; None when it does not wait for one.

    None too when the storage is gone: what was begun is answered all the same.
    """
    if operation.status is not OperationStatus.QUEUED or operation.in_parts:
        return None
    try:
        with database.read() as connection:
            return 1 + _ahead(connection, operation)
    except StorageUnavailable:
        return None


def _ahead(connection: Connection, operation: Operation) -> int:
    found = queues.lines(connection, str(operation.deployment))
    before = queues.ahead_in_line(connection, operation)
    return ahead(found, operation.urgency, operation.reseller, before)


def ahead(lines: Sequence[Line], urgency: Urgency, reseller: str, before: int) -> int:
    """Return how many are taken before one of a line, by the rules of the rota.

    Args:
        lines: all that wait at the deployment, in the order in which they began.
        urgency: of the line that it stands in.
        reseller: of that line.
        before: how many stand before it in its line.
    """
    beside = [line for line in lines if line.urgency is urgency]
    own = before + _neighbours(beside, reseller, before)
    return own + sum(
        min(_number(lines, other), _turns(urgency, own, other))
        for other in Urgency
        if other is not urgency
    )


def _neighbours(beside: Sequence[Line], reseller: str, before: int) -> int:
    """Count what other resellers have of the same urgency in the rounds up to one's own turn."""
    names = [line.reseller for line in beside]
    own = names.index(reseller) if reseller in names else len(names)
    return sum(
        min(line.number, before + (place < own))
        for place, line in enumerate(beside)
        if place != own
    )


def _number(lines: Sequence[Line], urgency: Urgency) -> int:
    return sum(line.number for line in lines if line.urgency is urgency)


def _turns(urgency: Urgency, own: int, other: Urgency) -> int:
    """Count the turns of another urgency before this one has had so many and comes again."""
    rounds, rest = divmod(own, ROUND.count(urgency))
    last = [place for place, each in enumerate(ROUND) if each is urgency][rest]
    return rounds * ROUND.count(other) + ROUND[:last].count(other)

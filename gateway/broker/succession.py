"""Begins the parts of operations whose turn it is, in the process that gave them the turn.

It only saves time: a part that has its turn is due, and whoever looks for what is due finds it.
"""

from collections.abc import Callable, Iterable

import structlog

from gateway.broker.ledger import Ledger
from gateway.errors import StorageUnavailable
from gateway.model import Operation
from gateway.storage import parts

log = structlog.get_logger()


class Succession:
    """One part after the other.

    Args:
        ledger: the operations.
        carry: carries a leased operation on in the background.
    """

    def __init__(self, ledger: Ledger, carry: Callable[[Operation], None]) -> None:
        self._ledger = ledger
        self._carry = carry

    def begin(self, due: Iterable[str]) -> None:
        """Carry parts on that nobody has; those that cannot be taken now are found again."""
        try:
            self._take(due)
        except StorageUnavailable as error:
            log.warning("operation.not_claimed", detail=error.detail)

    def follow(self, ended: Operation) -> None:
        """Begin what has its turn now that a part has ended."""
        if ended.parent is None or not ended.status.is_final:
            return
        try:
            with self._ledger.database.read() as connection:
                due = parts.due(connection, ended.parent, str(ended.deployment))
            self._take(due)
        except StorageUnavailable as error:
            log.warning("operation.not_claimed", whole=ended.parent, detail=error.detail)

    def _take(self, due: Iterable[str]) -> None:
        for part in due:
            claimed = self._ledger.claim(part)
            if claimed is not None:
                self._carry(claimed)

"""The audit log as its readers see it: their own chains and those below."""

from collections.abc import Sequence

from gateway.storage import audit_log
from gateway.storage.audit_log import Entry, Wanted
from gateway.storage.database import Database
from gateway.tenancy.authorise import permit, reached
from gateway.tenancy.caller import Caller


class AuditLog:
    """Rows of the chains at and below the caller's reseller.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, caller: Caller, wanted: Wanted, before: str, limit: int) -> Sequence[Entry]:
        """Return some, the newest first.

        Raises:
            NotFound: the reseller that is wanted is absent, or outside the caller's tree.
        """
        reach = caller.principal.reach
        if wanted.reseller:
            reached(self._database, caller, wanted.reseller)
        permit(self._database, caller, "audit-log")
        with self._database.read() as connection:
            return audit_log.page(connection, reach, wanted, before, limit)

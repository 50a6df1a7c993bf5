"""Judges a caller: first whether it sees the object, then whether it may.

A foreign object and an absent one are the same ``NotFound``; a missing permission on an
object that may be seen is named. Refusals of changes are audited.
"""

from gateway.access.permissions import Permission
from gateway.access.scope import Holds
from gateway.broker import audit
from gateway.broker.caller import Caller
from gateway.errors import NotFound, PermissionMissing
from gateway.storage.database import Database


def permit(database: Database, caller: Caller, target: str, *more: Permission) -> None:
    """Demand the operation's permission and any further ones, and mark the caller as judged.

    Raises:
        PermissionMissing: names the first that is missing.
    """
    needed = [p for p in (caller.permission, *more) if p is not None]
    for permission in needed:
        verdict = Holds(permission).verify(caller.principal)
        if not verdict:
            raise denied(database, caller, target, permission)
    caller.authorised = True


def denied(
    database: Database, caller: Caller, target: str, permission: str | None = None
) -> PermissionMissing:
    """Make the answer for what a permission alone does not allow; by default the operation's."""
    missing = permission or str(caller.permission)
    _note(database, caller, target, f"needs {missing}")
    return PermissionMissing(missing)


def absent(database: Database, caller: Caller, target: str) -> NotFound:
    """Make the one answer for what is absent or another's."""
    _note(database, caller, target, "not found")
    return NotFound()


def _note(database: Database, caller: Caller, target: str, reason: str) -> None:
    if caller.permission is None or caller.permission.endswith(":read"):
        return
    with database.write() as connection:
        audit.refused(connection, caller, target, reason)

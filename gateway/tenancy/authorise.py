"""Judges a caller: first whether it sees the object, then whether it may.

A foreign object and an absent one are the same ``NotFound``; a missing permission on an
object that may be seen is named. Refusals of changes are audited.
"""

from gateway.access.permissions import Permission
from gateway.access.scope import Holds
from gateway.errors import NotFound, PermissionMissing, RequestError
from gateway.model import Reseller
from gateway.storage import resellers
from gateway.storage.database import Database
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller


class ResellerSuspended(RequestError):
    """The caller's reseller, or one above it, is suspended: only ``GET /me`` answers."""

    status = 403
    code = "RESELLER_SUSPENDED"
    title = "The reseller is suspended"

    def __init__(self) -> None:
        super().__init__("Your reseller is suspended; a reseller above it can resume it.")


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
    caller.target = caller.target or target
    caller.demanded.update(needed)
    caller.authorised = True


def denied(
    database: Database, caller: Caller, target: str, permission: str | None = None
) -> PermissionMissing:
    """Make the answer for what a permission alone does not allow; by default the operation's."""
    error = PermissionMissing(permission or str(caller.permission))
    _note(database, caller, target, error)
    return error


def absent(database: Database, caller: Caller, target: str) -> NotFound:
    """Make the one answer for what is absent or another's."""
    error = NotFound()
    _note(database, caller, target, error)
    return error


def reached(database: Database, caller: Caller, reseller: str) -> Reseller:
    """Return a reseller that is the caller's own or below it.

    Raises:
        NotFound: absent, or outside the caller's tree.
    """
    with database.read() as connection:
        found = resellers.find(connection, caller.principal.reach, reseller)
    if found is None:
        raise absent(database, caller, reseller)
    return found


def suspended(database: Database, caller: Caller) -> ResellerSuspended:
    """Make the answer for a client of a suspended reseller, whatever it asks for."""
    error = ResellerSuspended()
    _note(database, caller, caller.principal.reseller, error)
    return error


def _note(database: Database, caller: Caller, target: str, error: RequestError) -> None:
    if caller.permission is None or caller.permission.endswith(":read"):
        return
    with database.write() as connection:
        audit.refused(connection, caller, target, error)

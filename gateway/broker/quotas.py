"""The quotas of resellers: what each may have, what it has, and which limit is felt first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.access.scope import Unrestricted
from gateway.broker.admission import is_shown
from gateway.broker.resellers import Resellers, note_limits
from gateway.errors import PermissionMissing
from gateway.model import Reach, Reseller, Resource, now
from gateway.storage import quotas, resellers
from gateway.storage.database import Database
from gateway.storage.quotas import Limits, Pool
from gateway.tenancy import audit
from gateway.tenancy.authorise import denied
from gateway.tenancy.caller import Caller


@dataclass(frozen=True)
class Bound:
    """The limit that is felt first; of a reseller above the caller, what is left of it alone."""

    available: int
    limit: int | None = None
    used: int | None = None
    reseller: str | None = None


@dataclass(frozen=True)
class Use:
    """How much a reseller and all below it have of a resource, and what bounds it, if anything."""

    used: int
    effective: Bound | None


@dataclass(frozen=True)
class Standing:
    """The own limits of a reseller, and its use of each resource."""

    limits: Limits
    usage: Mapping[Resource, Use]


class Quotas:
    """Quotas of resellers at and below the caller's own.

    Args:
        database: the tables.
        tree: says who reaches and who changes a reseller.
    """

    def __init__(self, database: Database, tree: Resellers) -> None:
        self._database = database
        self._tree = tree

    def limits(self, among: Sequence[Reseller]) -> Mapping[str, Limits]:
        """Return the own limits of resellers that the caller has been shown, by their ids."""
        with self._database.read() as connection:
            return quotas.of(connection, [each.id for each in among])

    def of(self, caller: Caller, reseller: str) -> Standing:
        """Return limits and use of a reseller.

        Raises:
            NotFound: absent, or outside the caller's tree.
            PermissionMissing: also for a caller that is restricted to single instances.
        """
        found = self._tree.get(caller, reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, reseller)
        with self._database.snapshot() as connection:
            return _standing(connection, caller.principal.reach, found.id, found.path)

    def own(self, caller: Caller) -> Standing | None:
        """Return limits and use of the caller's own reseller.

        None for a caller that is restricted to single instances: the figures tell of others.
        """
        principal = caller.principal
        if not Unrestricted().verify(principal):
            return None
        with self._database.snapshot() as connection:
            return _standing(connection, principal.reach, principal.reseller, principal.reach.path)

    def replace(
        self, caller: Caller, reseller: str, limits: Limits, check: Callable[[Limits], None]
    ) -> Standing:
        """Set all limits of a reseller below the caller's own.

        What is left out is inherited, null lifts the limits above, zero forbids. A limit below
        what is used takes nothing away; it admits nothing more.

        Args:
            caller: who asks.
            reseller: whose.
            limits: all of them.
            check: judges those that are replaced; it may raise.

        Raises:
            Conflict: it is the caller's own, which only an ancestor changes.
            PermissionMissing: a limit is lifted that was not; that needs resellers:unlimited.
        """
        found = self._tree.below(caller, reseller)
        try:
            with self._database.write() as connection:
                resellers.hold(connection, found.id)
                before = quotas.of(connection, [found.id])[found.id]
                check(before)
                _require_lifting(caller, before, limits)
                quotas.replace(connection, found.id, limits)
                note_limits(connection, found.id, limits)
                resellers.change(connection, found.id, {"update_time": now()})
                audit.changed(connection, caller, found.id, ["quotas"])
                return _standing(connection, caller.principal.reach, found.id, found.path)
        except PermissionMissing as error:
            raise denied(self._database, caller, reseller, error.permission) from None


def _require_lifting(caller: Caller, before: Limits, limits: Limits) -> None:
    """Demand the permission to lift; what is lifted already may stay so."""
    lifted = {each for each, limit in limits.items() if limit is None}
    kept = {each for each, limit in before.items() if limit is None}
    if lifted - kept and Permission.RESELLERS_UNLIMITED not in caller.principal.permissions:
        raise PermissionMissing(Permission.RESELLERS_UNLIMITED)


def _standing(connection: Connection, viewer: Reach, reseller: str, path: str) -> Standing:
    limits = quotas.of(connection, [reseller])[reseller]
    pools = quotas.pools(connection, path, Resource)
    usage = {}
    for resource in Resource:
        mine = [pool for pool in pools if pool.resource is resource]
        used = quotas.used(connection, path, resource)
        usage[resource] = Use(used, _tightest(connection, viewer, mine))
    return Standing(limits, usage)


def _tightest(connection: Connection, viewer: Reach, pools: Sequence[Pool]) -> Bound | None:
    """Return the pool with the least room, the nearest of several."""
    counted = [(pool, quotas.used(connection, pool.path, pool.resource)) for pool in pools[::-1]]
    if not counted:
        return None
    pool, used = min(counted, key=lambda each: each[0].limit - each[1])
    available = max(0, pool.limit - used)
    if not is_shown(pool, viewer):
        return Bound(available)
    return Bound(available, pool.limit, used, pool.reseller)

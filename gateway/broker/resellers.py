"""The tree of resellers: who is below whom, what each leaves to those below, who is suspended."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway.access.bounds import Lineage, bound_of
from gateway.access.permissions import ROOT_ONLY, Permission
from gateway.access.scope import Unrestricted
from gateway.broker import telling
from gateway.errors import Conflict, InUse, PermissionMissing
from gateway.model import EventType, Prefix, Reseller, new_id, now
from gateway.storage import facts, quotas, resellers
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.quotas import Limits
from gateway.tenancy import audit
from gateway.tenancy.authorise import denied, permit, reached
from gateway.tenancy.caller import Caller

OWN = "Your own reseller is changed by the one above it."
HELD = "The reseller still has clients, webhooks, instances or resellers below it."
OWN_ROOT = "The reseller of the operators has none above it, and stays as it is."
LEVELS = 20
"""How deep the tree may be; the column of a path has room for a few more."""
DEEP = f"Resellers are at most {LEVELS} levels deep, with the operators' own."
BOUNDS = frozenset({"deployments", "roles", "disabled_permissions"})
"""Columns that say what a reseller and all below it may have at most."""


@dataclass(frozen=True)
class NewReseller:
    """What a caller says of a reseller to be made."""

    name: str
    parent: str | None = None
    external_id: str | None = None
    deployments: Sequence[str] | None = None
    roles: Sequence[str] | None = None
    disabled_permissions: Sequence[str] = ()
    quotas: Limits = field(default_factory=dict)


class Resellers:
    """Resellers at and below the caller's own.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, caller: Caller, reseller: str) -> Reseller:
        """Return one that is reached.

        Raises:
            NotFound: absent, or outside the caller's tree.
        """
        found = reached(self._database, caller, reseller)
        permit(self._database, caller, reseller)
        return found

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Reseller]:
        """Return some, in the order of ids."""
        permit(self._database, caller, "resellers")
        with self._database.read() as connection:
            return resellers.page(connection, caller.principal.reach, after, limit)

    def suspended(self, caller: Caller, among: Iterable[Reseller]) -> frozenset[str]:
        """Return the ids of those that are suspended themselves, or below one that is."""
        with self._database.read() as connection:
            paths = tuple(resellers.suspended_paths(connection, caller.principal.reach))
        return frozenset(each.id for each in among if each.path.startswith(paths))

    def create(self, caller: Caller, new: NewReseller) -> Reseller:
        """Make a reseller below one that is reached.

        Raises:
            NotFound: the parent is absent, or outside the caller's tree.
            PermissionMissing: the caller is restricted to single instances, sets a bound wider
                than what it could grant itself, or lifts a quota without resellers:unlimited.
            Conflict: it would lie too deep.
        """
        above = self.get(caller, new.parent or caller.principal.reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, above.id)
        if above.level == LEVELS:
            raise Conflict(DEEP)
        opaque, time = new_id(Prefix.RESELLER), now()
        made = Reseller(
            id=opaque,
            name=new.name,
            path=f"{above.path}{opaque}/",
            parent=above.id,
            external_id=new.external_id,
            deployments=None if new.deployments is None else tuple(new.deployments),
            roles=None if new.roles is None else tuple(new.roles),
            disabled_permissions=tuple(new.disabled_permissions),
            create_time=time,
            update_time=time,
        )
        try:
            _require_covered(caller, _named(made))
        except PermissionMissing as error:
            raise denied(self._database, caller, above.id, error.permission) from None
        if None in new.quotas.values():
            permit(self._database, caller, above.id, Permission.RESELLERS_UNLIMITED)
        with self._database.write() as connection:
            resellers.hold(connection, above.id)
            resellers.add(connection, made)
            quotas.replace(connection, opaque, new.quotas)
            if new.quotas:
                note_limits(connection, opaque, new.quotas)
            audit.changed(connection, caller, opaque, ["name", "parent"])
        return made

    def change(
        self,
        caller: Caller,
        reseller: str,
        values: Mapping[str, Any],
        check: Callable[[Reseller], None] = lambda _: None,
    ) -> Reseller:
        """Change one below the caller's own; it is judged under the lock that the change takes.

        Else two changes, each of which is narrow enough beside what the other one replaces, would
        be too wide together.

        Args:
            caller: who asks.
            reseller: which.
            values: what changes.
            check: judges it as it is before; it may raise. By default any is good.

        Raises:
            Conflict: it is the caller's own, which only an ancestor changes.
            PermissionMissing: a bound becomes wider than what the caller could grant itself.
        """
        self.below(caller, reseller)
        try:
            with self._database.write() as connection:
                resellers.hold(connection, reseller)
                *above, found = resellers.lineage(connection, reseller)
                check(found)
                _require_covered(caller, _added(above, found, replace(found, **values)))
                resellers.change(connection, reseller, {**values, "update_time": now()})
                audit.changed(connection, caller, reseller, values)
                changed = _own(connection, reseller)
                if BOUNDS & set(values):
                    _note(connection, changed)
        except PermissionMissing as error:
            raise denied(self._database, caller, reseller, error.permission) from None
        return changed

    def suspend(self, caller: Caller, reseller: str) -> Reseller:
        """Let its clients, and those of all below it, do nothing any more (decision 22).

        Its instances run on, and those above manage them. Suspended twice is suspended once.

        Raises:
            Conflict: it is the caller's own.
        """
        return self._switch(caller, reseller, now())

    def resume(self, caller: Caller, reseller: str) -> Reseller:
        """End the suspension; what a reseller above it has suspended stays so.

        Raises:
            Conflict: it is the caller's own.
        """
        return self._switch(caller, reseller, None)

    def _switch(self, caller: Caller, reseller: str, time: datetime | None) -> Reseller:
        self.below(caller, reseller)
        with self._database.write() as connection:
            resellers.hold(connection, reseller)
            found = _own(connection, reseller)
            if (found.suspend_time is None) == (time is None):
                return found
            resellers.change(connection, reseller, {"suspend_time": time, "update_time": now()})
            audit.changed(connection, caller, reseller, ["suspended"])
            changed = _own(connection, reseller)
            _note(connection, changed)
            telling.reseller(connection, _switched(time), changed)
        return changed

    def remove(self, caller: Caller, reseller: str) -> None:
        """Delete one that holds nothing.

        Raises:
            Conflict: it is the caller's own.
            InUse: it has clients, webhooks, instances or resellers below it, or once had instances.
        """
        self.below(caller, reseller)
        try:
            with self._database.write() as connection:
                if resellers.in_use(connection, reseller):
                    raise InUse(HELD)
                audit.changed(connection, caller, reseller, ["deleted"])
                resellers.remove(connection, reseller)
        except IntegrityError:  # it was given something at this moment
            raise InUse(HELD) from None

    def below(self, caller: Caller, reseller: str) -> Reseller:
        """Return one below the caller's own, which alone the caller changes.

        Raises:
            NotFound: absent, or outside the caller's tree.
            PermissionMissing: also for a caller that is restricted to single instances.
            Conflict: it is the caller's own.
        """
        found = self.get(caller, reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, reseller)
        if found.id == caller.principal.reseller:
            raise Conflict(OWN_ROOT if found.is_root else OWN)
        return found


def _added(above: Sequence[Reseller], before: Reseller, after: Reseller) -> frozenset[Permission]:
    """Return what new bounds name, and what they let the reseller hold that it could not."""
    lifted = Lineage([*above, after]).most - Lineage([*above, before]).most
    return lifted if before.roles == after.roles else lifted | _named(after)


def _require_covered(caller: Caller, added: frozenset[Permission]) -> None:
    """Nobody lets others hold what they could not grant; below the root, nobody the root's."""
    void = added & ROOT_ONLY
    missing = void or added - caller.principal.permissions
    if missing:
        raise PermissionMissing(min(missing))


def _own(connection: Connection, reseller: str) -> Reseller:
    """Return a reseller that was judged before, as it is in this transaction."""
    return Lineage(resellers.lineage(connection, reseller)).own


def _switched(suspend_time: datetime | None) -> EventType:
    is_over = suspend_time is None
    return EventType.RESELLER_RESUMED if is_over else EventType.RESELLER_SUSPENDED


def _named(reseller: Reseller) -> frozenset[Permission]:
    """Return what a bound names; without roles it names nothing, and inherits."""
    return frozenset() if reseller.roles is None else bound_of(reseller)


def note_limits(connection: Connection, reseller: str, limits: Limits) -> None:
    """Note the quotas, so that no restore brings a higher limit back."""
    state = {"limits": {str(resource): limit for resource, limit in limits.items()}}
    facts.note(connection, Fact.QUOTAS, reseller, state)


def _note(connection: Connection, reseller: Reseller) -> None:
    """Note what must outlive a restore: no backup brings a suspended reseller back."""
    state = {
        "suspended": reseller.suspend_time is not None,
        "deployments": None if reseller.deployments is None else list(reseller.deployments),
        "roles": None if reseller.roles is None else list(reseller.roles),
        "disabledPermissions": list(reseller.disabled_permissions),
    }
    facts.note(connection, Fact.RESELLER, reseller.id, state)

"""The tree of resellers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.access.scope import Unrestricted
from gateway.broker import audit
from gateway.broker.authorise import absent, denied, permit
from gateway.broker.caller import Caller
from gateway.errors import Conflict, InUse
from gateway.model import Prefix, Reseller, new_id, now
from gateway.storage import resellers
from gateway.storage.database import Database

OWN = "Your own reseller is changed by the one above it."
OWN_ROOT = "The reseller of the operators has none above it, and stays as it is."


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
        with self._database.read() as connection:
            found = resellers.find(connection, caller.principal.reach, reseller)
        if found is None:
            raise absent(self._database, caller, reseller)
        permit(self._database, caller, reseller)
        return found

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Reseller]:
        """Return some, in the order of ids."""
        permit(self._database, caller, "resellers")
        with self._database.read() as connection:
            return resellers.page(connection, caller.principal.reach, after, limit)

    def create(
        self,
        caller: Caller,
        name: str,
        parent: str | None,
        external_id: str | None,
        deployments: Sequence[str] | None,
    ) -> Reseller:
        """Make a reseller below one that is reached.

        Raises:
            NotFound: the parent is absent, or outside the caller's tree.
            PermissionMissing: the caller is restricted to single instances.
        """
        above = self.get(caller, parent or caller.principal.reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, above.id)
        opaque, time = new_id(Prefix.RESELLER), now()
        made = Reseller(
            id=opaque,
            name=name,
            path=f"{above.path}{opaque}/",
            parent=above.id,
            external_id=external_id,
            deployments=None if deployments is None else tuple(deployments),
            create_time=time,
            update_time=time,
        )
        with self._database.write() as connection:
            resellers.add(connection, made)
            audit.changed(connection, caller, opaque, ["name", "parent"])
        return made

    def change(self, caller: Caller, reseller: str, values: Mapping[str, Any]) -> Reseller:
        """Change one below the caller's own.

        Raises:
            Conflict: it is the caller's own, which only an ancestor changes.
        """
        found = self._below(caller, reseller)
        columns = {**values, "update_time": now()}
        with self._database.write() as connection:
            resellers.change(connection, reseller, columns)
            audit.changed(connection, caller, reseller, values)
        return replace(found, **columns)

    def remove(self, caller: Caller, reseller: str) -> None:
        """Delete one that holds nothing.

        Raises:
            Conflict: it is the caller's own.
            InUse: it has clients, instances or resellers below it, or once had instances.
        """
        self._below(caller, reseller)
        with self._database.write() as connection:
            if resellers.in_use(connection, reseller):
                raise InUse("The reseller still has clients, instances or resellers below it.")
            resellers.remove(connection, reseller)
            audit.changed(connection, caller, reseller, ["deleted"])

    def _below(self, caller: Caller, reseller: str) -> Reseller:
        found = self.get(caller, reseller)
        if found.id == caller.principal.reseller:
            raise Conflict(OWN_ROOT if found.is_root else OWN)
        return found

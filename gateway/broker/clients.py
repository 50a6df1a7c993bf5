"""API clients and their secrets: shown once, kept as argon2id hashes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection

from gateway.access.principal import permissions_of, void_grants
from gateway.access.scope import Covers, Unrestricted
from gateway.broker import audit
from gateway.broker.authorise import absent, denied, permit
from gateway.broker.caller import Caller
from gateway.errors import Conflict
from gateway.model import Client, Prefix, Reseller, new_id, now
from gateway.storage import clients, instances, resellers
from gateway.storage.database import Database

MOST = 20
GRANTS = frozenset({"roles", "permissions"})
RIGHTS = GRANTS | frozenset({"instances", "disabled", "expire_time"})
SECRET_BYTES = 32
hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
"""OWASP's parameters for argon2id; the secrets have 256 bits of their own."""


@dataclass(frozen=True)
class NewClient:
    """What a caller says of a client to be made."""

    name: str
    reseller: str | None = None
    roles: Sequence[str] = ()
    permissions: Sequence[str] = ()
    instances: Sequence[str] | None = None
    expire_time: datetime | None = None


class Clients:
    """Clients of the caller's own reseller and of those below.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, caller: Caller, client: str) -> Client:
        """Return one that is reached.

        Raises:
            NotFound: absent, or of a reseller outside the caller's tree.
        """
        with self._database.read() as connection:
            found = clients.find(connection, caller.principal.reach, client)
        if found is None:
            raise absent(self._database, caller, client)
        permit(self._database, caller, client)
        return found

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Client]:
        """Return some, in the order of ids."""
        permit(self._database, caller, "clients")
        with self._database.read() as connection:
            return clients.page(connection, caller.principal.reach, after, limit)

    def create(self, caller: Caller, new: NewClient) -> tuple[Client, str]:
        """Make a client, and the secret that is shown this once.

        Raises:
            NotFound: the reseller is absent or foreign.
            PermissionMissing: the caller would grant more than it has, or what no client of
                that reseller can hold.
            Conflict: the reseller has as many clients as it may have.
        """
        owner = self._owner(caller, new.reseller or caller.principal.reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, owner.id)
        opaque, time = new_id(Prefix.CLIENT), now()
        made = Client(
            id=opaque,
            name=new.name,
            reseller=owner.id,
            reseller_path=owner.path,
            roles=tuple(new.roles),
            permissions=tuple(new.permissions),
            instances=None if new.instances is None else tuple(new.instances),
            disabled=False,
            expire_time=new.expire_time,
            create_time=time,
            update_time=time,
        )
        self._require_effect(caller, made, owner)
        self._require_covered(caller, made, is_operator=owner.is_root)
        self._require_instances(caller, new.instances)
        with self._database.write() as connection:
            if clients.count(connection, owner.id) >= MOST:
                raise Conflict(f"A reseller has at most {MOST} clients; delete one first.")
            clients.add(connection, made)
            secret = add_secret(connection, opaque, time)
            audit.changed(connection, caller, opaque, ["name", "roles", "permissions"])
        return made, secret

    def change(self, caller: Caller, client: str, values: Mapping[str, Any]) -> Client:
        """Change a client; the state before and the state after are judged."""
        found = self.get(caller, client)
        self._require_reach(caller, found)
        if set(values) & RIGHTS:
            _require_another(caller, client)
        changed = replace(found, **values, update_time=now())
        with self._database.read() as connection:
            owner = resellers.find(connection, caller.principal.reach, found.reseller)
        if owner is None:
            raise absent(self._database, caller, client)
        if set(values) & GRANTS:
            self._require_effect(caller, changed, owner)
        self._require_covered(caller, changed, is_operator=owner.is_root)
        self._require_instances(caller, changed.instances)
        columns = {**values, "update_time": changed.update_time}
        with self._database.write() as connection:
            clients.change(connection, client, columns)
            audit.changed(connection, caller, client, values)
        return changed

    def remove(self, caller: Caller, client: str) -> None:
        """Delete a client; its tokens are void at once."""
        self._require_reach(caller, self.get(caller, client))
        _require_another(caller, client)
        with self._database.write() as connection:
            clients.remove(connection, client)
            audit.changed(connection, caller, client, ["deleted"])

    def rotate(self, caller: Caller, client: str) -> tuple[Client, str]:
        """Add a secret; the one before stays good, those before it do not."""
        found = self.get(caller, client)
        owner_is_root = caller.principal.is_operator and found.reseller == caller.principal.reseller
        self._require_covered(caller, found, is_operator=owner_is_root)
        with self._database.write() as connection:
            secret = add_secret(connection, client, now())
            audit.changed(connection, caller, client, ["secret"])
        return found, secret

    def _owner(self, caller: Caller, reseller: str) -> Reseller:
        with self._database.read() as connection:
            owner = resellers.find(connection, caller.principal.reach, reseller)
        if owner is None:
            raise absent(self._database, caller, reseller)
        permit(self._database, caller, owner.id)
        return owner

    def _require_effect(self, caller: Caller, client: Client, owner: Reseller) -> None:
        """Nobody stores a grant that has no effect: it would be shown as if it had."""
        void = void_grants(client, is_operator=owner.is_root)
        if void:
            raise denied(self._database, caller, client.id, min(void))

    def _require_covered(self, caller: Caller, client: Client, *, is_operator: bool) -> None:
        """Nobody grants more than they have, neither in rights nor in reach."""
        granted = permissions_of(client, is_operator=is_operator)
        if not Covers(granted).verify(caller.principal):
            missing = min(granted - caller.principal.permissions)
            raise denied(self._database, caller, client.id, missing)
        self._require_reach(caller, client)

    def _require_reach(self, caller: Caller, client: Client) -> None:
        """A client that is restricted to instances touches none that reaches further."""
        own = caller.principal.reach.instances
        if own is not None and not (client.instances and set(client.instances) <= own):
            raise denied(self._database, caller, client.id)

    def _require_instances(self, caller: Caller, chosen: Sequence[str] | None) -> None:
        with self._database.read() as connection:
            for instance in chosen or ():
                if instances.find(connection, caller.principal.reach, instance) is None:
                    raise absent(self._database, caller, instance)


def _require_another(caller: Caller, client: str) -> None:
    """Refuse to saw off the branch that one sits on: the last operator could lock all out.

    Raises:
        Conflict: it is the calling client itself.
    """
    if client == caller.principal.client:
        raise Conflict("A client does not change its own rights; another one must do it.")


def add_secret(connection: Connection, client: str, time: datetime) -> str:
    """Make a secret and keep its hash.

    Returns:
        The secret itself, for the one time that it is shown.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    clients.add_secret(connection, client, hasher.hash(secret), time)
    return secret

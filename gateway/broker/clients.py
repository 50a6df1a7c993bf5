"""API clients and their secrets: shown once, kept as argon2id hashes."""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from argon2 import PasswordHasher
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway.access.bounds import Lineage
from gateway.access.permissions import Permission
from gateway.access.principal import permissions_of, void_grants
from gateway.access.scope import Covers, Unrestricted
from gateway.broker.client_bounds import marks_of, require_sound, require_within
from gateway.errors import Conflict
from gateway.model import Client, Prefix, Reach, Reseller, new_id, now
from gateway.storage import clients, facts, instances, resellers
from gateway.storage.database import Database
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, denied, permit, reached
from gateway.tenancy.caller import Caller

T = TypeVar("T")

MOST = 20
GRANTS = frozenset({"roles", "permissions"})
SIGN_IN = frozenset({"public_keys", "issuer", "subject"})
IDENTITY = frozenset({"issuer", "subject"})
RIGHTS = GRANTS | SIGN_IN | frozenset({"instances", "disabled", "expire_time", "allowed_ips"})
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
    allowed_ips: Sequence[str] | None = None
    public_keys: Sequence[Mapping[str, Any]] | None = None
    issuer: str | None = None
    subject: str | None = None


class Clients:
    """Clients of the caller's own reseller and of those below.

    Args:
        database: the tables.
        issuers: the outside issuers that the settings trust.
    """

    def __init__(self, database: Database, issuers: Collection[str] = ()) -> None:
        self._database = database
        self._issuers = issuers

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

    def create(self, caller: Caller, new: NewClient) -> tuple[Client, str | None]:
        """Make a client, and the secret that is shown this once, if it signs in with one.

        Raises:
            NotFound: the reseller is absent or foreign.
            PermissionMissing: the caller would grant more than it has, or what no client of
                that reseller can hold.
            InvalidInput: it would outdo the caller, or cannot sign in like that.
            Conflict: the reseller has as many clients as it may have.
        """
        owner = self._owner(caller, new.reseller or caller.principal.reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, owner.id)
        made, lineage = _made(new, owner), self._lineage(owner.id)
        self._require_effect(caller, made, lineage)
        self._require_covered(caller, made, lineage)
        self._require_instances(caller, new.instances)
        self._require_sign_in(caller, made)
        with _distinct_identity(), self._database.write() as connection:
            resellers.hold(connection, owner.id)
            if clients.count(connection, owner.id) >= MOST:
                raise Conflict(f"A reseller has at most {MOST} clients; delete one first.")
            clients.add(connection, made)
            secret = None if _signs_in_otherwise(made) else self._secret(connection, made)
            audit.changed(connection, caller, made.id, ["name", "roles", "permissions"])
            if secret is not None:
                audit.shown(connection, caller, made.id)
        return self._whole(made), secret

    def change(self, caller: Caller, client: str, values: Mapping[str, Any]) -> Client:
        """Change a client; the state before and the state after are judged.

        Raises:
            Conflict: another change came in between, or it was disabled by a reseller above the
                caller's, and would be enabled; nothing is changed.
        """
        found = self.get(caller, client)
        self._require_reach(caller, found)
        if set(values) & RIGHTS:
            _require_another(caller, client)
        lineage = self._lineage(found.reseller)
        marked = {**values, **marks_of(caller, found, lineage, values)}
        changed = replace(found, **marked, update_time=now())
        if set(values) & GRANTS:
            self._require_effect(caller, changed, lineage)
        self._require_covered(caller, changed, lineage)
        self._require_instances(caller, values.get("instances"))
        if set(values) & (SIGN_IN | {"allowed_ips"}):
            self._require_sign_in(caller, changed, found)
        columns = {**marked, "update_time": changed.update_time}
        with _distinct_identity(), self._database.write() as connection:
            _change(connection, found, columns)
            if _signs_in_otherwise(changed):
                clients.remove_secrets(connection, client)
            if set(values) & RIGHTS:
                facts.note(connection, facts.Fact.CLIENT, client, {"change": "rights"})
            audit.changed(connection, caller, client, values)
        return self._whole(changed)

    def remove(self, caller: Caller, client: str) -> None:
        """Delete a client; its tokens are void at once."""
        self._require_reach(caller, self.get(caller, client))
        _require_another(caller, client)
        with self._database.write() as connection:
            audit.changed(connection, caller, client, ["deleted"])  # while its owner is known
            clients.remove(connection, client)
            facts.note(connection, facts.Fact.CLIENT, client, {"change": "deleted"})

    def rotate(self, caller: Caller, client: str) -> tuple[Client, str]:
        """Add a secret; the one before stays good, those before it do not.

        Raises:
            Conflict: it signs in otherwise, or another change came in between.
        """
        found = self.get(caller, client)
        self._require_covered(caller, found, self._lineage(found.reseller))
        if _signs_in_otherwise(found):
            raise Conflict("This client has no secret: it signs in in another way.")
        with self._database.write() as connection:
            _change(connection, found, {"update_time": now()})
            secret = self._secret(connection, found)
            facts.note(connection, facts.Fact.CLIENT, client, {"change": "secret"})
            audit.changed(connection, caller, client, ["secret"])
            audit.shown(connection, caller, client)
        return self._whole(found), secret

    def _secret(self, connection: Connection, client: Client) -> str:
        return add_secret(connection, client.id, now())

    def _whole(self, client: Client) -> Client:
        """Return a client as it is stored now, with the times of its secrets."""
        with self._database.read() as connection:
            return clients.find(connection, Reach(client.reseller_path), client.id) or client

    def _owner(self, caller: Caller, reseller: str) -> Reseller:
        owner = reached(self._database, caller, reseller)
        permit(self._database, caller, owner.id)
        return owner

    def _lineage(self, reseller: str) -> Lineage:
        with self._database.read() as connection:
            return Lineage(resellers.lineage(connection, reseller))

    def _require_effect(self, caller: Caller, client: Client, lineage: Lineage) -> None:
        """Nobody stores a grant that has no effect: it would be shown as if it had.

        And it would come into effect by itself when a bound above is lifted.
        """
        void = void_grants(client, lineage)
        if void:
            raise denied(self._database, caller, client.id, min(void))

    def _require_covered(self, caller: Caller, client: Client, lineage: Lineage) -> None:
        """Nobody grants more than they have, neither in rights nor in reach."""
        granted = permissions_of(client, lineage)
        if not Covers(granted).verify(caller.principal):
            missing = min(granted - caller.principal.permissions)
            raise denied(self._database, caller, client.id, missing)
        self._require_reach(caller, client)
        require_within(self._database, caller, client)

    def _require_sign_in(
        self, caller: Caller, client: Client, before: Client | None = None
    ) -> None:
        """Who maps outside identities to clients says who they are: operators only."""
        was = None if before is None else (before.issuer, before.subject)
        if (client.issuer, client.subject) != (was or (None, None)):
            permit(self._database, caller, client.id, Permission.CLIENTS_FEDERATE)
        require_sound(client, self._issuers)

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


def _made(new: NewClient, owner: Reseller) -> Client:
    time = now()
    return Client(
        id=new_id(Prefix.CLIENT),
        name=new.name,
        reseller=owner.id,
        reseller_path=owner.path,
        roles=tuple(new.roles),
        permissions=tuple(new.permissions),
        instances=_tuple(new.instances),
        disabled=False,
        expire_time=new.expire_time,
        create_time=time,
        update_time=time,
        allowed_ips=_tuple(new.allowed_ips),
        public_keys=_tuple(new.public_keys),
        issuer=new.issuer,
        subject=new.subject,
    )


def _tuple(given: Sequence[T] | None) -> tuple[T, ...] | None:
    return None if given is None else tuple(given)


def _signs_in_otherwise(client: Client) -> bool:
    """Whether a client signs in with keys or through an outside issuer, not with secrets."""
    return client.public_keys is not None or client.issuer is not None


def _change(connection: Connection, found: Client, columns: Mapping[str, Any]) -> None:
    if not clients.change(connection, found, columns):
        raise Conflict("Somebody else changed the client at the same time; read it again.")


@contextmanager
def _distinct_identity() -> Iterator[None]:
    """Name what the database refuses: two clients of one outside identity."""
    try:
        yield
    except IntegrityError:
        raise Conflict("Another client has this subject of this issuer.") from None


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

"""Who a secret, a key or an outside identity belongs to: always judged by the record."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from argon2.exceptions import InvalidHashError, VerificationError

from gateway.access.bounds import Lineage
from gateway.access.networks import admits
from gateway.access.permissions import Permission
from gateway.access.principal import permissions_of
from gateway.broker.attendance import Attendance
from gateway.broker.clients import hasher
from gateway.broker.logins import is_client_id
from gateway.broker.revocations import Revocations
from gateway.model import Client, Reach, now
from gateway.storage import clients, instances
from gateway.storage.database import Database
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller

_NOBODY = hasher.hash(secrets.token_urlsafe(32))


@dataclass(frozen=True)
class RegisteredClient:
    """A client at the token endpoint."""

    client: Client
    permissions: frozenset[Permission]
    hashes: tuple[str, ...] = field(repr=False)

    @property
    def client_id(self) -> str:
        """Return its id."""
        return self.client.id

    @property
    def reseller(self) -> str:
        """Return the id of its reseller."""
        return self.client.reseller

    @property
    def reach(self) -> Reach:
        """Return what of the tree it reaches."""
        return self.client.reach

    @property
    def public_keys(self) -> Sequence[Mapping[str, Any]]:
        """Return the keys that verify its assertions."""
        return self.client.public_keys or ()

    @property
    def enabled(self) -> bool:
        """Return whether it may have tokens."""
        return is_usable(self.client)

    def check_secret(self, secret: str) -> bool:
        """Compare with each live secret; as many comparisons whether one fits or none."""
        fits = [_verify(digest, secret) for digest in self.hashes or (_NOBODY,)]
        return any(fits) and bool(self.hashes)

    def admits(self, address: str | None) -> bool:
        """Return whether it may call from an address."""
        return admits(self.client.allowed_ips, address)


def _verify(digest: str, secret: str) -> bool:
    try:
        return hasher.verify(digest, secret)
    except (VerificationError, InvalidHashError):
        return False


def is_usable(client: Client) -> bool:
    """Whether a client is neither disabled nor past its end."""
    return not client.disabled and (client.expire_time is None or client.expire_time > now())


def is_operator(client: Client) -> bool:
    """Whether a client belongs to the root, whose path is its own id alone."""
    return client.reseller_path == f"/{client.reseller}/"


class RegisteredClients:
    """The clients as the authorization server looks them up.

    Args:
        database: where they lie.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attendance = Attendance(database)
        self._revocations = Revocations(database)

    def find(self, client_id: str) -> RegisteredClient | None:
        """Return a client; for an unknown one, None after as long as a check would take.

        What is no id at all is not asked for: a database need not hold every text.
        """
        if not is_client_id(client_id):
            _verify(_NOBODY, client_id)
            return None
        with self._database.read() as connection:
            known = clients.authenticate(connection, client_id)
            hashes = clients.secrets(connection, client_id)
        if known is None:
            _verify(_NOBODY, client_id)
            return None
        found, lineage = known[0], Lineage(known[1])
        return RegisteredClient(found, permissions_of(found, lineage), tuple(hashes))

    def by_subject(self, issuer: str, subject: str) -> tuple[str, str] | None:
        """Return id and reseller of the client that an outside issuer knows by a name."""
        with self._database.read() as connection:
            found = clients.by_subject(connection, issuer, subject)
        return None if found is None else (found.id, found.reseller)

    def reaches(self, client: RegisteredClient, chosen: Iterable[str]) -> bool:
        """Whether a client reaches each of some instances; absent and foreign are the same."""
        with self._database.read() as connection:
            return all(instances.find(connection, client.reach, each) for each in chosen)

    def first_use(self, client: RegisteredClient, assertion: str, expires: int) -> bool:
        """Whether an assertion is used for the first time; from now on it is not."""
        return self._revocations.first_use(client.client_id, assertion, expires)

    def note_token(self, caller: Caller, token: str, worth: Mapping[str, Any]) -> None:
        """Write down that a token was issued; without the row nobody gets it.

        Args:
            caller: whom it is for.
            token: its ``jti``.
            worth: how it came about, and what it reaches.

        Raises:
            StorageUnavailable: it cannot be written down.
        """
        with self._database.write() as connection:
            audit.issued(connection, caller, token, worth)

    def came(self, client: RegisteredClient) -> None:
        """Note that a client was here."""
        self._attendance.note(client.client_id, client.client.last_use_time)

"""Who a token or a secret belongs to: always judged by the record, not by the claim."""

import secrets
from dataclasses import dataclass, field
from time import monotonic

from argon2.exceptions import InvalidHashError, VerificationError
from joserfc.jwk import ECKey, KeySet

from gateway.access.permissions import Permission
from gateway.access.principal import permissions_of
from gateway.broker.clients import hasher
from gateway.model import Client, now
from gateway.storage import clients, signing_keys
from gateway.storage.database import Database
from gateway.storage.vault import Vault

KEYS_SECONDS = 1.0
_NOBODY = hasher.hash(secrets.token_urlsafe(32))


def create_signing_key(database: Database, vault: Vault) -> str:
    """Make a key that signs from now on (ES256).

    Returns:
        Its ``kid``.
    """
    kid = secrets.token_hex(8)
    key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
    with database.write() as connection:
        private = vault.seal(key.as_dict(private=True))
        signing_keys.add(connection, kid, key.as_dict(private=False), private)
    return kid


class KeyRing:
    """The keys of access tokens; read again after a second, so that rotation is felt.

    Args:
        database: where they lie.
        vault: opens the private parts.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._keys: list[ECKey] = []
        self._read_at = -KEYS_SECONDS

    def signing_key(self) -> ECKey:
        """Return the newest key, with its private part."""
        return self._live()[0]

    def verification_keys(self) -> KeySet:
        """Return every key that still verifies."""
        return KeySet(list(self._live()))

    def _live(self) -> list[ECKey]:
        if monotonic() - self._read_at >= KEYS_SECONDS:
            with self._database.read() as connection:
                rows = signing_keys.live(connection)
            self._keys = [ECKey.import_key(self._vault.open(row.private_key)) for row in rows]
            self._read_at = monotonic()
        return self._keys


@dataclass(frozen=True)
class RegisteredClient:
    """A client at the token endpoint."""

    client_id: str
    reseller: str
    permissions: frozenset[Permission]
    enabled: bool
    hashes: tuple[str, ...] = field(repr=False)

    def check_secret(self, secret: str) -> bool:
        """Compare with each live secret; as many comparisons whether one fits or none."""
        fits = [_verify(digest, secret) for digest in self.hashes or (_NOBODY,)]
        return any(fits) and bool(self.hashes)


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
    """The clients as the token endpoint looks them up.

    Args:
        database: where they lie.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, client_id: str) -> RegisteredClient | None:
        """Return a client; for an unknown one, None after as long as a check would take."""
        with self._database.read() as connection:
            found = clients.authenticate(connection, client_id)
            hashes = clients.secrets(connection, client_id)
        if found is None:
            _verify(_NOBODY, client_id)
            return None
        return RegisteredClient(
            client_id=found.id,
            reseller=found.reseller,
            permissions=permissions_of(found, is_operator=is_operator(found)),
            enabled=is_usable(found),
            hashes=tuple(hashes),
        )

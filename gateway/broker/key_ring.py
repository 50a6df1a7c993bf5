"""The keys of access tokens (ES256), and their rotation without a gap.

A new key is published before it signs, for as long as the key set may be cached. The keys
before it sign until then, and their tokens are accepted until the last of them has expired.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import Connection

from gateway.model import now
from gateway.storage import signing_keys
from gateway.storage.database import Database
from gateway.storage.generations import Generation, Kept
from gateway.storage.vault import Vault

CACHE_SECONDS: Final = 60
"""How long anybody may keep the public keys: ``max-age`` of the key set."""

LEAD: Final = timedelta(seconds=2 * CACHE_SECONDS)
"""From the publication of a key to its first signature."""

TOKENS_END: Final = timedelta(seconds=900 + 60)
"""The longest life of a token, with a minute for clocks that differ."""


@dataclass(frozen=True)
class SigningKey:
    """A key with its times; ``retire_time`` is None for the newest."""

    key: ECKey
    create_time: datetime
    activate_time: datetime
    retire_time: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether its tokens are accepted."""
        return self.retire_time is None or self.retire_time > now()


class KeyRing:
    """The keys of access tokens; kept until one is added or retired.

    Args:
        database: where they lie.
        vault: opens the private parts.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._kept: Kept[None, list[SigningKey]] = Kept(
            database.generations, [Generation.IDENTITY], most=1
        )

    def signing_key(self) -> ECKey:
        """Return the newest key whose time has come, with its private part."""
        found = self.keys()
        return next((each.key for each in found if each.activate_time <= now()), found[-1].key)

    def verification_keys(self) -> KeySet:
        """Return every key that verifies, also the one that will sign next."""
        return KeySet([each.key for each in self.keys()])

    def keys(self) -> list[SigningKey]:
        """Return the live keys, the newest first."""
        return [each for each in self._kept.get(None, self._stored) if each.is_live]

    def rotate(self) -> SigningKey:
        """Publish a new key, which signs after ``LEAD``, and let those before it end after it."""
        return self._rotated(now() + LEAD, TOKENS_END)

    def replace(self) -> SigningKey:
        """Let a new key sign, and refuse the tokens of all others, at once: one is known."""
        return self._rotated(now(), timedelta())

    def rotate_if_older(self, days: int) -> SigningKey | None:
        """Rotate if the newest key has been there for some days; never for zero days."""
        if not days:
            return None
        with self._database.write() as connection:
            signing_keys.hold(connection)
            newest = signing_keys.live(connection)[0]
            if newest.create_time > now() - timedelta(days=days):
                return None
            return self._add(connection, now() + LEAD, TOKENS_END)

    def tidy(self) -> None:
        """Forget the retired keys."""
        with self._database.write() as connection:
            signing_keys.tidy(connection)

    def _rotated(self, activate_time: datetime, lingering: timedelta) -> SigningKey:
        with self._database.write() as connection:
            signing_keys.hold(connection)
            return self._add(connection, activate_time, lingering)

    def _add(
        self, connection: Connection, activate_time: datetime, lingering: timedelta
    ) -> SigningKey:
        kid = secrets.token_hex(8)
        key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"})
        private = self._vault.seal(key.as_dict(private=True))
        signing_keys.retire(connection, activate_time + lingering)
        signing_keys.add(connection, kid, key.as_dict(private=False), private, activate_time)
        return SigningKey(key, now(), activate_time, None)

    def _stored(self) -> list[SigningKey]:
        with self._database.read() as connection:
            rows = signing_keys.live(connection)
        return [
            SigningKey(
                ECKey.import_key(self._vault.open(row.private_key)),
                row.create_time,
                row.activate_time,
                row.retire_time,
            )
            for row in rows
        ]

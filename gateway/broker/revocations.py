"""Tokens that are void before their time: revoked ones, and all up to the epoch.

It is written down, so that a revocation counts after a restart too. In this process it counts at
once, in every other within half a second: what ``sessions`` keeps ends with its generation.
"""

from datetime import UTC, datetime
from typing import Protocol

from gateway.errors import Unauthenticated
from gateway.storage import facts, revoked_tokens
from gateway.storage.database import Database
from gateway.tenancy import audit
from gateway.tenancy.caller import Caller


class Identified(Protocol):
    """What has to be known of a token."""

    @property
    def token_id(self) -> str:
        """Return its ``jti``."""

    @property
    def origin(self) -> str | None:
        """Return the ``jti`` of the token that it was exchanged for, if any."""

    @property
    def issued(self) -> int:
        """Return when it was issued, in seconds since 1970."""

    @property
    def expires(self) -> int:
        """Return when it expires, in seconds since 1970."""


class Revocations:
    """Says which tokens are void.

    Args:
        database: where that is written down.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_live(self, token: Identified) -> None:
        """Refuse a token that is void, or whose origin is.

        Raises:
            Unauthenticated: it is.
        """
        named = [each for each in (token.token_id, token.origin) if each]
        with self._database.read() as connection:
            epoch, revoked = revoked_tokens.verdict(connection, named)
        if revoked or token.issued <= epoch:
            raise Unauthenticated("The access token is not valid.")

    def revoke(self, caller: Caller, token: Identified) -> None:
        """Make a token void, and with it every one that it was exchanged for."""
        ends = datetime.fromtimestamp(token.expires, UTC)
        with self._database.write() as connection:
            if not revoked_tokens.add(connection, token.token_id, ends):
                return
            state = {"expireTime": ends.isoformat()}
            facts.note(connection, facts.Fact.TOKEN, token.token_id, state)
            audit.changed(connection, caller, token.token_id, ["revoked"])

    def first_use(self, client: str, assertion: str, expires: int) -> bool:
        """Whether an assertion of a client is used for the first time; from now on it is not.

        Args:
            client: whose.
            assertion: a digest of its ``jti``.
            expires: in seconds since 1970.
        """
        ends = datetime.fromtimestamp(expires, UTC)
        with self._database.write() as connection:
            return revoked_tokens.use_assertion(connection, client, assertion, ends)

    def tidy(self) -> None:
        """Forget what has expired."""
        with self._database.write() as connection:
            revoked_tokens.tidy(connection)

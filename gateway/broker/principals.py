"""Whose a verified token is, and what it may do now: the record decides, not the claim."""

from gateway.access.bounds import Lineage
from gateway.access.principal import Principal, narrowed, permissions_of
from gateway.broker.identity import is_operator, is_usable
from gateway.errors import Unauthenticated
from gateway.storage import clients
from gateway.storage.database import Database


class Principals:
    """Makes the principal of a verified token from the client's record.

    Args:
        database: where the record lies; it is read for each request, so that a disabled or
            deleted client is refused at once, and a narrower bound is felt at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, client: str, reseller: str, scope: str, token_id: str) -> Principal:
        """Return whose token it is.

        Raises:
            Unauthenticated: the client is gone, disabled, expired, or of another reseller.
        """
        with self._database.read() as connection:
            known = clients.authenticate(connection, client)
        if known is None:
            raise Unauthenticated
        found, lineage = known[0], Lineage(known[1])
        if found.reseller != reseller or not is_usable(found):
            raise Unauthenticated
        most = permissions_of(found, lineage)
        allowed = narrowed(most, scope)
        return Principal(
            client=found.id,
            reseller=found.reseller,
            reach=found.reach,
            permissions=allowed,
            is_operator=is_operator(found),
            token_id=token_id,
            reseller_name=lineage.own.name,
            roles=found.roles,
            is_suspended=lineage.is_suspended,
            allowed_ips=found.allowed_ips,
            expire_time=found.expire_time,
            last_use_time=found.last_use_time,
            is_narrowed=allowed != most,
        )

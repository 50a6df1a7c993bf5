"""Whose a verified token is, and what it may do now: the record decides, not the claim."""

from gateway.access.principal import Principal, narrowed, permissions_of
from gateway.broker.identity import is_operator, is_usable
from gateway.errors import Unauthenticated
from gateway.storage import clients
from gateway.storage.database import Database


class Principals:
    """Makes the principal of a verified token from the client's record.

    Args:
        database: where the record lies; it is read for each request, so that a disabled or
            deleted client is refused at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, client: str, reseller: str, scope: str, token_id: str) -> Principal:
        """Return whose token it is.

        Raises:
            Unauthenticated: the client is gone, disabled, expired, or of another reseller.
        """
        with self._database.read() as connection:
            found = clients.authenticate(connection, client)
        if found is None or found.reseller != reseller or not is_usable(found):
            raise Unauthenticated
        operator = is_operator(found)
        granted = permissions_of(found, is_operator=operator)
        return Principal(
            client=found.id,
            reseller=found.reseller,
            reach=found.reach,
            permissions=narrowed(granted, scope),
            is_operator=operator,
            token_id=token_id,
        )

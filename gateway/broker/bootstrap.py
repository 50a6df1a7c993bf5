"""The first set-up: schema, signing key, root reseller and the first operator."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from gateway.broker.clients import add_secret
from gateway.broker.key_ring import KeyRing
from gateway.errors import ConfigurationError
from gateway.model import Client, Prefix, Reseller, new_id, now
from gateway.storage import clients, resellers, upgrading
from gateway.storage.database import Database
from gateway.storage.vault import Vault


@dataclass(frozen=True)
class FirstOperator:
    """The credentials of the first operator, shown this once."""

    client_id: str
    client_secret: str = field(repr=False)


def set_up(database: Database, vault: Vault) -> FirstOperator:
    """Make everything that a new gateway needs.

    Raises:
        ConfigurationError: the database is set up already.
    """
    upgrading.upgrade(database)
    with database.read() as connection:
        _require_new(connection)
    KeyRing(database, vault).replace()
    root = _root()
    with database.write() as connection:
        _require_new(connection)
        resellers.add(connection, root)
        return add_operator(connection, root)


def add_operator(connection: Connection, root: Reseller) -> FirstOperator:
    """Make a client that may do everything."""
    operator = new_id(Prefix.CLIENT)
    clients.add(connection, _operator(operator, root))
    return FirstOperator(operator, add_secret(connection, operator, now()))


def _require_new(connection: Connection) -> None:
    """Refuse what is set up already, or is being set up by another process."""
    upgrading.alone(connection)
    if resellers.root(connection) is not None:
        raise ConfigurationError("The database is set up already: it has its operators.")


def _root() -> Reseller:
    opaque, time = new_id(Prefix.RESELLER), now()
    return Reseller(
        id=opaque,
        name="Operators",
        path=f"/{opaque}/",
        parent=None,
        external_id=None,
        deployments=None,
        create_time=time,
        update_time=time,
    )


def _operator(opaque: str, root: Reseller) -> Client:
    time = now()
    return Client(
        id=opaque,
        name="First operator",
        reseller=root.id,
        reseller_path=root.path,
        roles=("operator",),
        permissions=(),
        instances=None,
        disabled=False,
        expire_time=None,
        create_time=time,
        update_time=time,
    )

"""The first set-up: schema, signing key, root reseller and the first operator."""

from dataclasses import dataclass, field

from gateway.broker.clients import add_secret
from gateway.broker.identity import create_signing_key
from gateway.errors import ConfigurationError
from gateway.model import Client, Prefix, Reseller, new_id, now
from gateway.storage import clients, resellers, schema
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
    schema.upgrade(database)
    with database.read() as connection:
        if resellers.root(connection) is not None:
            raise ConfigurationError("The database is set up already: it has its operators.")
    create_signing_key(database, vault)
    root, operator = _root(), new_id(Prefix.CLIENT)
    with database.write() as connection:
        resellers.add(connection, root)
        clients.add(connection, _operator(operator, root))
        secret = add_secret(connection, operator, root.create_time)
    return FirstOperator(operator, secret)


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
        create_time=root.create_time,
        update_time=root.create_time,
    )

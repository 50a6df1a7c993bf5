"""The composition root: builds everything once, from the settings."""

from dataclasses import dataclass

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask

from gateway.access.principal import Principal
from gateway.broker import rotation
from gateway.broker.archive_admin import ArchiveAdmin
from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.checks import CHECKS
from gateway.broker.clients import Clients
from gateway.broker.commands import Commands
from gateway.broker.connections import Connections, Networks
from gateway.broker.deployments import Deployments
from gateway.broker.endings import ENDINGS
from gateway.broker.identity import KeyRing, RegisteredClients
from gateway.broker.instances import Instances
from gateway.broker.inventory import Inventory
from gateway.broker.ledger import Ledger
from gateway.broker.operations import Operations
from gateway.broker.placement import Placement
from gateway.broker.preparations import PREPARATIONS
from gateway.broker.principals import Principals
from gateway.broker.reader import Reader
from gateway.broker.resellers import Resellers
from gateway.broker.runner import Runner
from gateway.broker.services import Services
from gateway.broker.stores import Stores
from gateway.model import Instance, Operation
from gateway.resources import BLUEPRINTS
from gateway.settings import Settings
from gateway.storage import instances, schema
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys
from gateway.web.install import install
from gateway.web.operation import check_every_view
from gateway.web.paging import Cursors
from gateway.web.tokens import TokenIssuer, TokenVerifier


@dataclass(frozen=True)
class Gateway:
    """What the web layer finds in ``app.extensions``; see ``web.install``."""

    services: Services
    connections: Connections
    issuer: TokenIssuer
    verifier: TokenVerifier
    key_ring: KeyRing
    clients: RegisteredClients
    principals: Principals
    cursors: Cursors

    def authenticate(self, token: str) -> Principal:
        """Return whose access token it is.

        Raises:
            Unauthenticated: it is not accepted.
        """
        claims = self.verifier.verify(token)
        return self.principals.of(claims.client, claims.reseller, claims.scope, claims.token_id)

    def close(self) -> None:
        """Let what is under way end, then close every connection."""
        self.services.broker.close()
        self.services.inventory.close()
        self.connections.close()
        self.services.database.close()


def create_gateway(settings: Settings) -> Gateway:
    """Build everything but the application.

    Raises:
        ConfigurationError: a setting, a key or the database is not usable.
    """
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    database = Database(settings.database)
    schema.require_current(database)
    networks = Networks(settings.deployment_networks)
    connections = Connections(database, vault, networks)
    reader = Reader(connections)
    broker = _broker(settings, database, vault, connections)
    key_ring = KeyRing(database, vault)
    return Gateway(
        services=Services(
            database=database,
            archive_admin=ArchiveAdmin(broker),
            broker=broker,
            capabilities=Capabilities(broker, connections),
            clients=Clients(database),
            commands=Commands(broker),
            deployments=Deployments(broker, connections, networks),
            instances=Instances(broker, Placement(database, reader), settings.grace_days),
            inventory=Inventory(database, reader, settings.executor_threads),
            operations=Operations(broker),
            resellers=Resellers(database),
            rotation=rotation.Rotation(broker),
            stores=Stores(broker),
        ),
        connections=connections,
        issuer=TokenIssuer(settings.issuer, key_ring, settings.token_seconds),
        verifier=TokenVerifier(settings.issuer, key_ring, settings.token_seconds),
        key_ring=key_ring,
        clients=RegisteredClients(database),
        principals=Principals(database),
        cursors=Cursors(MultiFernet([Fernet(key) for key in vault.keys])),
    )


def _broker(
    settings: Settings, database: Database, vault: Vault, connections: Connections
) -> Broker:
    def instance_of(operation: Operation) -> Instance | None:
        if operation.instance is None:
            return None
        with database.read() as connection:
            return instances.tracked(connection, operation.instance)

    checks, endings = rotation.rules(database, vault, connections)
    ledger = Ledger(database, vault, ENDINGS | endings)
    runner = Runner(connections, instance_of, PREPARATIONS, CHECKS | checks)
    return Broker(database, ledger, runner, settings.executor_threads)


def create_app(settings: Settings) -> Flask:
    """Build the application.

    Raises:
        ConfigurationError: a setting, a key or the database is not usable.
    """
    app = Flask("gateway", static_folder=None)
    api = install(app, create_gateway(settings))
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    check_every_view(app)
    return app

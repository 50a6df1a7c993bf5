"""The composition root: builds everything once, from the settings."""

from dataclasses import dataclass, replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway import lean_requests  # noqa: F401 # before anybody imports requests
from gateway.access.principal import Principal
from gateway.billing.asking import Asking
from gateway.billing.closing import Closing
from gateway.billing.day_close import DayClose
from gateway.billing.licences import Licences
from gateway.billing.reconciliation import Reconciliation
from gateway.billing.retention import Retention
from gateway.billing.statements import Statements
from gateway.billing.usage import Usage
from gateway.billing.usage_log import UsageLog
from gateway.billing.watch.watches import Watches
from gateway.broker import admission, rotation
from gateway.broker.archive_admin import ArchiveAdmin
from gateway.broker.attendance import Attendance
from gateway.broker.audit_log import AuditLog
from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.chores import chores_of_the_audit
from gateway.broker.clients import Clients
from gateway.broker.commands import Commands
from gateway.broker.deployment_breakers import DeploymentBreakers
from gateway.broker.deployment_health import DeploymentHealth
from gateway.broker.deployments import Deployments
from gateway.broker.endings import ENDINGS
from gateway.broker.engine.breakers import Breakers
from gateway.broker.engine.checks import CHECKS
from gateway.broker.engine.connections import Connections, Networks
from gateway.broker.engine.preparations import PREPARATIONS
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.runner import Runner
from gateway.broker.engine.suspension import SUSPENDING
from gateway.broker.idempotency import IdempotencyKeys
from gateway.broker.identity import RegisteredClients
from gateway.broker.instance_actions import InstanceActions
from gateway.broker.instance_hosts import InstanceHosts
from gateway.broker.instance_reads import InstanceReads
from gateway.broker.instances import Instances
from gateway.broker.inventory.adoption import Adoption
from gateway.broker.inventory.fan_out import FanOut
from gateway.broker.inventory.inspection import Inspection
from gateway.broker.inventory.listing import Inventory
from gateway.broker.inventory.oversight import Oversight
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.broker.inventory.visits import Visits, prompting
from gateway.broker.key_ring import KeyRing
from gateway.broker.ledger import Ledger
from gateway.broker.logins import Logins, chore_of_the_logins
from gateway.broker.operations import Operations
from gateway.broker.outages import Outages
from gateway.broker.placement.placement import Placement
from gateway.broker.placement.survey import Survey
from gateway.broker.principals import Principals
from gateway.broker.quarantine import Quarantine
from gateway.broker.quotas import Quotas
from gateway.broker.reports import Reports
from gateway.broker.resellers import Resellers
from gateway.broker.revocations import Revocations
from gateway.broker.rounds import Rounds
from gateway.broker.sessions import Session, Sessions, session_of
from gateway.broker.stores import Stores
from gateway.broker.token_chores import chores_of_the_tokens
from gateway.broker.transfers import Transfers
from gateway.errors import ConfigurationError, GatewayError, RequestError
from gateway.events.chores import chores_of_the_events
from gateway.events.deliverer import Deliverer
from gateway.events.deliveries import Deliveries
from gateway.events.dispatch import Dispatch
from gateway.events.log import EventLog
from gateway.events.own import Own
from gateway.events.sender import Sender
from gateway.events.webhooks import Webhooks
from gateway.model import Chore, Instance, Operation
from gateway.resources import BLUEPRINTS
from gateway.settings import Settings
from gateway.storage import instances, schema
from gateway.storage.breakers import Lines
from gateway.storage.database import Database
from gateway.storage.rates import Rates
from gateway.storage.vault import Vault, load_keys
from gateway.storage.witness import Witness
from gateway.tenancy import audit, authorise
from gateway.tenancy.caller import Caller
from gateway.web.application import Application
from gateway.web.event_streams import Streams
from gateway.web.install import install
from gateway.web.oauth.outside_tokens import OutsideIssuer, OutsideVerifier
from gateway.web.oauth.tokens import Claims, TokenIssuer, TokenVerifier
from gateway.web.operation import check_every_view
from gateway.web.paging import Cursors
from gateway.web.services import Services
from gateway.web.waits import Waits


@dataclass(frozen=True)
class Gateway:
    """What the web layer finds in ``app.extensions``; see ``web.install``."""

    services: Services
    connections: Connections
    deliverer: Deliverer
    issuer: TokenIssuer
    verifier: TokenVerifier
    key_ring: KeyRing
    clients: RegisteredClients
    outside: OutsideVerifier
    revocations: Revocations
    attendance: Attendance
    principals: Principals
    sessions: Sessions
    cursors: Cursors
    logins: Logins
    rates: Rates
    streams: Streams
    waits: Waits
    chores: tuple[Chore, ...]

    def authenticate(self, token: str, address: str | None = None) -> Principal:
        """Return whose access token it is.

        Args:
            token: ours, or that of a trusted outside issuer.
            address: whom it comes from; None admits only clients that may come from everywhere.

        Raises:
            Unauthenticated: it is not accepted, or not from there.
        """
        if self.outside.is_for(token):  # no generation tells of an outside issuer's keys
            principal = self.principal_of(self.claims_of(token))
        else:
            principal = self.sessions.of(token, partial(self._judge, token))
        self.attendance.admit(principal, address)
        return principal

    def _judge(self, token: str) -> Session:
        claims = self.claims_of(token)
        return session_of(self.principal_of(claims), claims.expires)

    def claims_of(self, token: str) -> Claims:
        """Return what a live token says.

        Raises:
            Unauthenticated: it is not accepted, or void.
        """
        verifier = self.outside if self.outside.is_for(token) else self.verifier
        claims = verifier.verify(token)
        self.revocations.require_live(claims)
        return claims

    def principal_of(self, claims: Claims) -> Principal:
        """Return whose a live token is; the record decides, and the token only narrows it.

        Raises:
            Unauthenticated: its client is gone, disabled or expired.
        """
        found = self.principals.of(claims.client, claims.reseller, claims.scope, claims.token_id)
        reach = found.reach.within(claims.instances)
        return replace(found, reach=reach, is_narrowed=found.is_narrowed or reach != found.reach)

    def suspended(self, caller: Caller) -> authorise.ResellerSuspended:
        """Note that a call of a suspended reseller's client is refused; return the answer."""
        return authorise.suspended(self.services.database, caller)

    def refused(self, caller: Caller, target: str, error: RequestError) -> None:
        """Note that a change was refused."""
        with self.services.database.write() as connection:
            audit.refused(connection, caller, target, error)

    def close(self) -> None:
        """Let what is under way end, then close every connection."""
        self.deliverer.close()
        self.services.broker.close()
        self.services.instances.close()
        self.services.inventory.close()
        self.connections.close()
        self.rates.close()
        self.services.database.close()


def create_gateway(settings: Settings) -> Gateway:
    """Build everything but the application.

    Raises:
        ConfigurationError: a setting, a key or the database is not usable.
    """
    vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    sender = _sender(settings)
    database = Database(settings.database)
    witness = Witness(settings.witness_file, database)
    try:
        schema.require_usable(database)
        witness.follow()
    except GatewayError:
        database.close()
        raise
    networks = Networks(settings.deployment_networks)
    lines = Lines(settings.redis_url)
    outages = Outages(database)
    breakers = Breakers(lines, settings.breaker_failures, settings.breaker_seconds, outages.note)
    rejected = Quarantine(database).begin
    connections = Connections(database, vault, networks, rejected, breakers)
    reader = Reader(connections)
    reads = InstanceReads(reader, database)
    broker = _broker(settings, database, vault, connections)
    capabilities = Capabilities(broker, connections)
    synchronisation = Synchronisation(database, reader)
    key_ring = KeyRing(database, vault)
    registered, revocations = RegisteredClients(database), Revocations(database)
    issuers = [OutsideIssuer(**vars(each)) for each in settings.trusted_issuers]
    dispatch = Dispatch(database, settings.issuer)
    deliverer = Deliverer(database, vault, sender, settings.webhook_threads)
    laboratories = [ip_network(each) for each in settings.webhook_networks]
    webhooks = Webhooks(database, vault, laboratories)
    deliveries = Deliveries(database, webhooks, dispatch, deliverer)
    usage_log = UsageLog(database, settings.usage_event_days)
    return Gateway(
        services=Services(
            database=database,
            adoption=Adoption(broker, Inspection(reader)),
            archive_admin=ArchiveAdmin(broker),
            audit_log=AuditLog(database),
            broker=broker,
            capabilities=capabilities,
            clients=Clients(database, [each.issuer for each in issuers]),
            commands=Commands(broker),
            deliveries=deliveries,
            deployment_health=DeploymentHealth(broker, connections),
            deployment_breakers=DeploymentBreakers(broker, breakers),
            deployments=Deployments(broker, connections, networks),
            event_log=EventLog(database, settings.issuer),
            idempotency_keys=IdempotencyKeys(broker),
            instance_actions=InstanceActions(broker),
            instance_hosts=InstanceHosts(broker, reader),
            instances=Instances(broker, Placement(database, Survey(reader)), settings.grace_days),
            inventory=Inventory(
                database,
                FanOut(synchronisation.refresh, settings.executor_threads, settings.list_seconds),
                settings.list_seconds,
            ),
            operations=Operations(broker),
            oversight=Oversight(broker, synchronisation),
            quotas=Quotas(database, Resellers(database)),
            reconciliation=Reconciliation(
                database, Asking(broker.aside, reader.read), settings.list_seconds
            ),
            reports=Reports(broker, settings.report_domains, settings.reports_per_day),
            resellers=Resellers(database),
            rotation=rotation.Rotation(broker),
            statements=Statements(database, settings.licence_seconds),
            stores=Stores(broker),
            transfers=Transfers(broker, admission.admit_transfer),
            usage=Usage(database, settings.licence_seconds),
            usage_log=usage_log,
            webhooks=webhooks,
        ),
        connections=connections,
        deliverer=deliverer,
        issuer=TokenIssuer(settings.issuer, key_ring, settings.token_seconds),
        verifier=TokenVerifier(settings.issuer, key_ring, settings.token_seconds),
        key_ring=key_ring,
        clients=registered,
        outside=OutsideVerifier(issuers, registered.by_subject),
        revocations=revocations,
        attendance=Attendance(database),
        principals=Principals(database),
        sessions=Sessions(database.generations),
        chores=(
            *chores_of_the_audit(database, witness),
            *chores_of_the_tokens(key_ring, revocations, settings.key_days),
            chore_of_the_logins(database),
            *chores_of_the_events(database, settings.event_days),
            dispatch.chore,
            deliverer.chore,
            deliveries.chore,
            *Licences(database, broker.aside, reader.read, settings.licence_seconds).chores,
            DayClose(database, settings.licence_seconds, settings.watch_seconds).chore,
            Closing(database, settings.licence_seconds).chore,
            Retention(database).chore,
            usage_log.chore,
            Rounds(broker, capabilities, connections).chore,
            *Visits(broker, synchronisation, settings.inventory_seconds).chores,
            *Watches(database, broker.aside, reads, settings.watch_seconds).chores,
        ),
        cursors=Cursors(MultiFernet([Fernet(key) for key in vault.keys])),
        logins=Logins(database),
        streams=Streams(settings.stream_limit, broker.ledger.departure),
        waits=Waits(settings.http_threads),
        rates=Rates(
            settings.redis_url,
            client=settings.client_rate,
            reseller=settings.reseller_rate,
            address=settings.address_rate,
        ),
    )


def _sender(settings: Settings) -> Sender:
    """Return what posts webhooks; the gateway itself is no receiver.

    Raises:
        ConfigurationError: the file of authorities is not usable.
    """
    authorities = settings.webhook_authorities
    try:
        return Sender(
            [ip_network(each) for each in settings.webhook_networks],
            Own([urlsplit(settings.issuer).hostname or ""]),
            ca_file=Path(authorities) if authorities else None,
        )
    except OSError as error:
        raise ConfigurationError(
            f"SPE_GATEWAY_WEBHOOK_AUTHORITIES: {authorities} holds no certificates: {error}"
        ) from None


def _broker(
    settings: Settings, database: Database, vault: Vault, connections: Connections
) -> Broker:
    def instance_of(operation: Operation) -> Instance | None:
        if operation.instance is None:
            return None
        if not operation.changes:
            return connections.known.tracked(operation.instance)
        with database.read() as connection:
            return instances.tracked(connection, operation.instance)

    checks, endings = rotation.rules(database, vault, connections)
    ledger = Ledger(database, vault, prompting(ENDINGS | endings))
    runner = Runner(connections, instance_of, PREPARATIONS | SUSPENDING, CHECKS | checks)
    return Broker(database, ledger, runner, settings.executor_threads)


def create_app(settings: Settings) -> Flask:
    """Build the application.

    Raises:
        ConfigurationError: a setting, a key or the database is not usable.
    """
    app = Application("gateway", static_folder=None)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # as Flask's documentation has it
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0
        )
    api = install(app, create_gateway(settings))
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    check_every_view(app)
    return app

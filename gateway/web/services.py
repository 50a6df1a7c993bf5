"""What the resources may ask for, built once by the factory."""

from dataclasses import dataclass

from gateway.billing.reconciliation import Reconciliation
from gateway.billing.statements import Statements
from gateway.billing.usage import Usage
from gateway.billing.usage_log import UsageLog
from gateway.broker.archive_admin import ArchiveAdmin
from gateway.broker.audit_log import AuditLog
from gateway.broker.broker import Broker
from gateway.broker.capabilities import Capabilities
from gateway.broker.clients import Clients
from gateway.broker.commands import Commands
from gateway.broker.deployment_breakers import DeploymentBreakers
from gateway.broker.deployment_health import DeploymentHealth
from gateway.broker.deployments import Deployments
from gateway.broker.idempotency import IdempotencyKeys
from gateway.broker.instance_actions import InstanceActions
from gateway.broker.instance_hosts import InstanceHosts
from gateway.broker.instances import Instances
from gateway.broker.inventory.adoption import Adoption
from gateway.broker.inventory.listing import Inventory
from gateway.broker.inventory.oversight import Oversight
from gateway.broker.operations import Operations
from gateway.broker.quotas import Quotas
from gateway.broker.reports import Reports
from gateway.broker.resellers import Resellers
from gateway.broker.rotation import Rotation
from gateway.broker.stores import Stores
from gateway.broker.transfers import Transfers
from gateway.events.deliveries import Deliveries
from gateway.events.log import EventLog
from gateway.events.webhooks import Webhooks
from gateway.storage.database import Database


@dataclass(frozen=True)
class Services:
    """The nouns of the broker, each with its verbs."""

    database: Database
    adoption: Adoption
    archive_admin: ArchiveAdmin
    audit_log: AuditLog
    broker: Broker
    capabilities: Capabilities
    clients: Clients
    commands: Commands
    deliveries: Deliveries
    deployment_breakers: DeploymentBreakers
    deployment_health: DeploymentHealth
    deployments: Deployments
    event_log: EventLog
    idempotency_keys: IdempotencyKeys
    instance_actions: InstanceActions
    instance_hosts: InstanceHosts
    instances: Instances
    inventory: Inventory
    operations: Operations
    oversight: Oversight
    quotas: Quotas
    reconciliation: Reconciliation
    reports: Reports
    resellers: Resellers
    rotation: Rotation
    statements: Statements
    stores: Stores
    transfers: Transfers
    usage: Usage
    usage_log: UsageLog
    webhooks: Webhooks

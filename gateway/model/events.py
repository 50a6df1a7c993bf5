"""What happens, as it is told: one noun, one verb."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """What an event tells; the value is what readers and webhooks see, and never changes."""

    INSTANCE_CREATED = "instance.created"
    INSTANCE_UPDATED = "instance.updated"
    INSTANCE_SUSPENDED = "instance.suspended"
    INSTANCE_RESUMED = "instance.resumed"
    INSTANCE_DELETED = "instance.deleted"
    INSTANCE_UNDELETED = "instance.undeleted"
    INSTANCE_PURGED = "instance.purged"
    INSTANCE_ADOPTED = "instance.adopted"
    INSTANCE_RELEASED = "instance.released"
    INSTANCE_TRANSFERRED_IN = "instance.transferred_in"
    INSTANCE_TRANSFERRED_OUT = "instance.transferred_out"
    INSTANCE_DRIFTED = "instance.drifted"
    INSTANCE_DRIFT_ENDED = "instance.drift_ended"
    OPERATION_STARTED = "operation.started"
    OPERATION_SUCCEEDED = "operation.succeeded"
    OPERATION_FAILED = "operation.failed"
    OPERATION_CANCELLED = "operation.cancelled"
    OPERATION_UNKNOWN = "operation.unknown"
    OPERATION_RESOLVED = "operation.resolved"
    QUOTA_THRESHOLD_REACHED = "quota.threshold_reached"
    RESELLER_SUSPENDED = "reseller.suspended"
    RESELLER_RESUMED = "reseller.resumed"
    DEPLOYMENT_DOWN = "deployment.down"
    DEPLOYMENT_UP = "deployment.up"
    DEPLOYMENT_QUARANTINED = "deployment.quarantined"
    DEPLOYMENT_CERTIFICATE_CHANGED = "deployment.certificate_changed"
    DEPLOYMENT_CERTIFICATE_ENDING = "deployment.certificate_ending"
    GATEWAY_RESTORED = "gateway.restored"
    LICENCES_CHANGED = "licences.changed"
    ARCHIVING_STOPPED = "archiving.stopped"
    ARCHIVING_RESUMED = "archiving.resumed"
    PROFILE_FAILED = "profile.failed"
    INDEX_REBUILD_NEEDED = "index.rebuild_needed"
    STORE_FAILED = "store.failed"
    STORE_RECOVERED = "store.recovered"
    STATEMENT_CLOSED = "statement.closed"
    STATEMENT_CORRECTED = "statement.corrected"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"
    BASELINE = "usage.baseline"


USAGE_EVENTS = frozenset(
    {
        EventType.INSTANCE_CREATED,
        EventType.INSTANCE_SUSPENDED,
        EventType.INSTANCE_RESUMED,
        EventType.INSTANCE_DELETED,
        EventType.INSTANCE_UNDELETED,
        EventType.INSTANCE_PURGED,
        EventType.INSTANCE_ADOPTED,
        EventType.INSTANCE_RELEASED,
        EventType.INSTANCE_TRANSFERRED_IN,
        EventType.INSTANCE_TRANSFERRED_OUT,
        EventType.LICENCES_CHANGED,
    }
)
"""What a bill depends on: kept in a log of its own, for longer."""


@dataclass(frozen=True)
class Happening:
    """Something that happens, before it is an event with a number.

    Attributes:
        type: what.
        subject: what it is about: an opaque id.
        instance: which it concerns; clients that are restricted to instances hear of no others.
        deployment: which it concerns.
        data: thin: ids, states and counts. Nothing secret, nothing that names another reseller.
    """

    type: EventType
    subject: str
    instance: str | None = None
    deployment: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """A row of a reseller's log.

    Attributes:
        reseller: whose log; those above it have the same event under numbers of their own.
        number: its place there, from one, without gaps.
        id: opaque; the same in every log that has it.
        origin: to which reseller it happened: that one, or one below it.
        type: what it tells.
        subject: what it is about: an opaque id.
        instance: which it concerns, if one.
        deployment: which it concerns, if one.
        data: thin: ids, states and counts; nothing secret.
        create_time: when it happened.
    """

    reseller: str
    number: int
    id: str
    origin: str
    type: str
    subject: str
    instance: str | None
    deployment: str | None
    data: Mapping[str, Any]
    create_time: datetime

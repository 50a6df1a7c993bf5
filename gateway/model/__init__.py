"""The nouns that the gateway owns; frozen, without behaviour that needs a database.

Times are aware datetimes in UTC, sizes are bytes, durations are seconds.
"""

from gateway.model.chores import Chore
from gateway.model.events import USAGE_EVENTS, Event, EventType, Happening
from gateway.model.fleet import (
    Deployment,
    Instance,
    InstanceStatus,
    derived_directory,
    is_derived,
)
from gateway.model.ids import (
    Prefix,
    new_id,
    now,
    version_of,
)
from gateway.model.operations import (
    BY_PERSON,
    FINAL,
    Operation,
    OperationStatus,
    Share,
    Step,
    StepStatus,
    Urgency,
)
from gateway.model.statements import (
    EntryKind,
    LineKind,
    Month,
    Statement,
    StatementEntry,
    StatementLine,
    StatementStatus,
    month_of,
    statement_id,
)
from gateway.model.tree import (
    Client,
    Reach,
    Reseller,
    Resource,
    Transfer,
)
from gateway.model.usage import OF_INSTANCES, SHOWN_BY, Figure, Gap, Measure, Reading, Tally
from gateway.model.webhooks import (
    Attempt,
    Cause,
    Delivery,
    DeliveryStatus,
    DisableReason,
    SigningSecret,
    Webhook,
    WebhookStatus,
)

__all__ = [
    "BY_PERSON",
    "FINAL",
    "OF_INSTANCES",
    "SHOWN_BY",
    "USAGE_EVENTS",
    "Attempt",
    "Cause",
    "Chore",
    "Client",
    "Delivery",
    "DeliveryStatus",
    "Deployment",
    "DisableReason",
    "EntryKind",
    "Event",
    "EventType",
    "Figure",
    "Gap",
    "Happening",
    "Instance",
    "InstanceStatus",
    "LineKind",
    "Measure",
    "Month",
    "Operation",
    "OperationStatus",
    "Prefix",
    "Reach",
    "Reading",
    "Reseller",
    "Resource",
    "Share",
    "SigningSecret",
    "Statement",
    "StatementEntry",
    "StatementLine",
    "StatementStatus",
    "Step",
    "StepStatus",
    "Tally",
    "Transfer",
    "Urgency",
    "Webhook",
    "WebhookStatus",
    "derived_directory",
    "is_derived",
    "month_of",
    "new_id",
    "now",
    "statement_id",
    "version_of",
]

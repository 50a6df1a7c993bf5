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
from gateway.model.tree import (
    Client,
    Reach,
    Reseller,
    Resource,
    Transfer,
)
from gateway.model.usage import Figure, Measure, Reading

__all__ = [
    "BY_PERSON",
    "FINAL",
    "USAGE_EVENTS",
    "Chore",
    "Client",
    "Deployment",
    "Event",
    "EventType",
    "Figure",
    "Happening",
    "Instance",
    "InstanceStatus",
    "Measure",
    "Operation",
    "OperationStatus",
    "Prefix",
    "Reach",
    "Reading",
    "Reseller",
    "Resource",
    "Share",
    "Step",
    "StepStatus",
    "Transfer",
    "Urgency",
    "derived_directory",
    "is_derived",
    "new_id",
    "now",
    "version_of",
]

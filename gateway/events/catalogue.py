"""What each type of event says: when it is told, and which members its data may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.model import EventType


@dataclass(frozen=True)
class Meaning:
    """What a type of event says.

    Attributes:
        when: it is told.
        data: the members of its data; one that does not apply is left out.
    """

    when: str
    data: tuple[str, ...] = ()


_WORK: Final = ("kind", "status", "problem", "parent")

MEANINGS: Final[Mapping[EventType, Meaning]] = {
    EventType.INSTANCE_CREATED: Meaning(
        "An instance became active, whatever becomes of the rest of its creation.", ("status",)
    ),
    EventType.INSTANCE_UPDATED: Meaning(
        "Something of an instance was changed through the gateway; `fields` names it.", ("fields",)
    ),
    EventType.INSTANCE_SUSPENDED: Meaning("An instance was suspended.", ("status",)),
    EventType.INSTANCE_RESUMED: Meaning("The suspension of an instance has ended.", ("status",)),
    EventType.INSTANCE_DELETED: Meaning(
        "An instance was deleted; its days of grace begin.", ("status",)
    ),
    EventType.INSTANCE_UNDELETED: Meaning(
        "A deleted instance was brought back; `status` says whether it is suspended.", ("status",)
    ),
    EventType.INSTANCE_PURGED: Meaning(
        "An instance was removed for good, or a creation was taken back.", ("status",)
    ),
    EventType.INSTANCE_ADOPTED: Meaning("An instance that nobody owned got an owner."),
    EventType.INSTANCE_RELEASED: Meaning("An instance left its owner and the gateway's care."),
    EventType.INSTANCE_TRANSFERRED_IN: Meaning(
        "An instance came to the reseller from another one; told to its new owner.",
        ("transfer", "status", "licences"),
    ),
    EventType.INSTANCE_TRANSFERRED_OUT: Meaning(
        "An instance went to another reseller; told to its former owner.", ("transfer",)
    ),
    EventType.INSTANCE_DRIFTED: Meaning(
        "An instance is otherwise at its deployment than we know it, or `missing` there.",
        ("fields",),
    ),
    EventType.INSTANCE_DRIFT_ENDED: Meaning("It is as we know it again."),
    EventType.OPERATION_STARTED: Meaning(
        "Something that changes was accepted; of what is done in parts only the whole.", _WORK
    ),
    EventType.OPERATION_SUCCEEDED: Meaning("It succeeded; a part names its `parent`.", _WORK),
    EventType.OPERATION_FAILED: Meaning("It failed; `problem` is the code of why.", _WORK),
    EventType.OPERATION_CANCELLED: Meaning("It was cancelled.", _WORK),
    EventType.OPERATION_UNKNOWN: Meaning(
        "What became of it could not be found out: a person must look.", _WORK
    ),
    EventType.OPERATION_RESOLVED: Meaning(
        "A person has settled what was unknown; `status` is what it is now.", _WORK
    ),
    EventType.QUOTA_THRESHOLD_REACHED: Meaning(
        "What a reseller has of `resource` came to 80, 90 or 100 % of its limit; again only after "
        "it fell below. Not told of `concurrentOperations`, which are taken for moments.",
        ("resource", "threshold", "used", "limit"),
    ),
    EventType.RESELLER_SUSPENDED: Meaning("A reseller was suspended."),
    EventType.RESELLER_RESUMED: Meaning("The suspension of a reseller has ended."),
    EventType.DEPLOYMENT_DOWN: Meaning(
        "A deployment cannot be reached, as a visit or its breaker found first. Operators only, as "
        "are all that begin with `deployment`.",
        ("problem",),
    ),
    EventType.DEPLOYMENT_UP: Meaning("It has answered again."),
    EventType.DEPLOYMENT_QUARANTINED: Meaning(
        "It has shown another certificate: nothing is sent to it.", ("problem",)
    ),
    EventType.DEPLOYMENT_CERTIFICATE_CHANGED: Meaning(
        "Another certificate was pinned for it, or announced as its next one.", ("pin", "nextPin")
    ),
    EventType.DEPLOYMENT_CERTIFICATE_ENDING: Meaning(
        "Its certificate ends within 30 days; once for each certificate.", ("notAfter",)
    ),
    EventType.GATEWAY_RESTORED: Meaning(
        "The gateway's database came from a backup: a million numbers are left out of each log, "
        "and what was told since that backup may not be so. Operators only."
    ),
    EventType.LICENCES_CHANGED: Meaning(
        "An instance was read to need another number of licences.", ("licences", "before")
    ),
    EventType.ARCHIVING_STOPPED: Meaning(
        "An instance that used to archive has not grown for too long.",
        ("lastGrowthTime", "messages"),
    ),
    EventType.ARCHIVING_RESUMED: Meaning("It archives again.", ("lastGrowthTime", "messages")),
    EventType.PROFILE_FAILED: Meaning(
        "A run of a profile has failed, or ended with errors.",
        ("profileId", "profileName", "result", "count", "lastTime"),
    ),
    EventType.INDEX_REBUILD_NEEDED: Meaning(
        "The indexes of stores must be rebuilt.", ("stores", "count")
    ),
    EventType.STORE_FAILED: Meaning("Stores have come into an error.", ("stores", "count")),
    EventType.STORE_RECOVERED: Meaning("Their error has ended.", ("stores", "count")),
    EventType.STATEMENT_CLOSED: Meaning("A reseller's month was closed.", ("month", "lines")),
    EventType.STATEMENT_CORRECTED: Meaning(
        "A line was added to a closed month.", ("month", "measure", "amount")
    ),
    EventType.WEBHOOK_DISABLED: Meaning(
        "A webhook is disabled; `reason` says by what.", ("reason",)
    ),
    EventType.WEBHOOK_TEST: Meaning("Somebody tries a webhook; it is in no log."),
    EventType.BASELINE: Meaning(
        "In the log of usage only: stands for what was forgotten of an instance.",
        ("status", "licences"),
    ),
}

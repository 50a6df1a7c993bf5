"""Who wants to be told what happens, and what became of telling them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WebhookStatus(StrEnum):
    """Whether events are sent to a webhook."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DisableReason(StrEnum):
    """Why a webhook is disabled."""

    REQUESTED = "requested"
    """Somebody disabled it."""
    GONE = "gone"
    """Its receiver answered 410: it wants to hear nothing any more."""
    FAILING = "failing"
    """An event ran out of tries, and since its first one none had come through."""
    RESTORED = "restored"
    """It changed after the backup that was restored; somebody must look at it."""


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    """For its first try, or for the next one."""
    SENDING = "sending"
    """A process has it."""
    DELIVERED = "delivered"
    """The receiver took it."""
    FAILED = "failed"
    """It is not tried any more."""


class Cause(StrEnum):
    """Why there is a delivery."""

    EVENT = "event"
    TEST = "test"
    REDELIVERY = "redelivery"
    REPLAY = "replay"


@dataclass(frozen=True)
class SigningSecret:
    """What signs for a webhook.

    Attributes:
        text: with its prefix ``whsec_``.
        create_time: when it was made.
        expire_time: when it signs no more; None for the newest.
    """

    text: str = field(repr=False)
    create_time: datetime
    expire_time: datetime | None = None


@dataclass(frozen=True)
class Webhook:
    """An address that a reseller's events are sent to.

    Attributes:
        id: opaque.
        reseller: whose log it carries out.
        reseller_path: of that reseller.
        name: as it was given.
        url: may hold a secret of the receiver's.
        types: event types and families of them, such as ``instance.*``; None for all.
        status: whether anything is sent to it.
        disable_reason: why not, if it is not.
        disable_time: since when not.
        fail_time: since when nothing came through; None after a success.
        position: number of the event up to which deliveries were made.
        create_time: when it was made.
        update_time: when somebody changed it, or it was disabled.
        secrets: the newest first.
    """

    id: str
    reseller: str
    reseller_path: str
    name: str
    url: str = field(repr=False)
    types: tuple[str, ...] | None
    status: WebhookStatus
    disable_reason: DisableReason | None
    disable_time: datetime | None
    fail_time: datetime | None
    position: int
    create_time: datetime
    update_time: datetime
    secrets: tuple[SigningSecret, ...] = field(default=(), repr=False)

    def signing(self, time: datetime) -> Sequence[str]:
        """Return the secrets that sign at a time, the newest first."""
        return [each.text for each in self.live_secrets(time)]

    def live_secrets(self, time: datetime) -> Sequence[SigningSecret]:
        """Return what of the secrets has not expired by a time."""
        return [each for each in self.secrets if not each.expire_time or each.expire_time > time]


@dataclass(frozen=True)
class Attempt:
    """A try of a delivery.

    Attributes:
        number: from one.
        time: when it was over.
        milliseconds: how long it took.
        status: of HTTP, if the receiver answered.
        problem: what went wrong, if anything did.
        excerpt: the beginning of the receiver's answer.
    """

    number: int
    time: datetime
    milliseconds: int
    status: int | None
    problem: str | None
    excerpt: str | None


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a webhook.

    Attributes:
        id: opaque.
        webhook: where to.
        event: id of the event.
        number: of the event in the log; None for a test, which is in none.
        type: of the event.
        cause: why it is sent.
        status: how far it is.
        attempts: how many tries there were.
        next_time: when the next one is due; None where there is none.
        end_time: when it was over.
        create_time: when it was made.
        update_time: when it last changed.
    """

    id: str
    webhook: str
    event: str
    number: int | None
    type: str
    cause: Cause
    status: DeliveryStatus
    attempts: int
    next_time: datetime | None
    end_time: datetime | None
    create_time: datetime
    update_time: datetime

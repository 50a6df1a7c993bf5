"""What a caller asks of the place of a new instance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.broker.engine.plan import Invocation


class Scope(StrEnum):
    """What two instances are not to share."""

    DEPLOYMENT = "deployment"
    HOST = "host"


@dataclass(frozen=True)
class AntiAffinity:
    """Not beside an instance of the same reseller with the same value of a label.

    Args:
        label: its key.
        value: what the new instance has under it; None if it has no such label.
        scope: what they are not to share.
        is_required: whether to refuse rather than to share; else it is avoided if it can be.
    """

    label: str
    value: str | None
    scope: Scope = Scope.DEPLOYMENT
    is_required: bool = True


@dataclass(frozen=True)
class Wish:
    """What the place must be like.

    Args:
        deployment: this one and no other.
        labels: that the deployment must carry.
        anti_affinity: beside what it must not be.
        needed: what will be sent, as far as its versions differ.
    """

    deployment: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    anti_affinity: AntiAffinity | None = None
    needed: tuple[Invocation, ...] = ()

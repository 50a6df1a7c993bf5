"""What is told of a choice, to whom: operators everything, resellers what is their own business.

A reseller never learns of a deployment that its instances may not lie on, nor how full one is,
nor why one that it may use takes nothing at present unless its own wish is in the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.access.principal import Principal
from gateway.broker.placement.hosts import HostVerdict, Spot
from gateway.broker.placement.rules import Candidate, Code, Reason
from gateway.errors import Conflict, UpstreamError

OWN_BUSINESS = frozenset(
    {
        Code.NOT_REQUESTED,
        Code.FULL,
        Code.LABELS_MISSING,
        Code.COMMANDS_MISSING,
        Code.ANTI_AFFINITY,
    }
)
"""What a reseller is told as it is."""

UNAVAILABLE = Reason(Code.UNAVAILABLE, "It takes no new instances at present.")
LOWER = Reason(Code.RANKED_LOWER, "Another deployment suits better.")


@dataclass(frozen=True)
class Verdict:
    """A deployment that was not taken, and why: at least one reason."""

    candidate: Candidate
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Choice:
    """The place that was found, and every other deployment with why it was not taken."""

    spot: Spot
    candidate: Candidate
    not_taken: Sequence[Verdict]
    hosts_not_taken: Sequence[HostVerdict]


class NoPlacement(Conflict):
    """No deployment can take the instance."""

    code = "NO_PLACEMENT"
    title = "No deployment can take the instance"

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        super().__init__("No deployment can take the instance; notTaken says why not, for each.")
        self.verdicts = verdicts


class PlacementUnreachable(UpstreamError):
    """None of the deployments that fit answered which hosts it has; nothing was sent."""

    status = 503
    code = "PLACEMENT_UNREACHABLE"
    title = "No deployment that fits can be asked"
    retryable = True

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        super().__init__("None of the deployments that fit could be asked for its hosts in time.")
        self.verdicts = verdicts


def told(choice: Choice, principal: Principal) -> dict[str, Any]:
    """Return the members that explain a choice to somebody."""
    others = reasons_told(choice.not_taken, principal)
    if not principal.is_operator:
        return {"deployment": choice.spot.deployment.id, "notTaken": others}
    hosts = [
        {"instanceHost": host.name, "reasons": _members(host.reasons)}
        for host in choice.hosts_not_taken
    ]
    return {
        **_whole(choice.candidate),
        "instanceHost": choice.spot.host,
        "notTaken": others,
        "hostsNotTaken": hosts,
    }


def reasons_told(verdicts: Sequence[Verdict], principal: Principal) -> list[dict[str, Any]]:
    """Return each deployment that was not taken, as somebody is told of it; in the order of ids."""
    ordered = sorted(verdicts, key=lambda verdict: verdict.candidate.deployment.id)
    if principal.is_operator:
        return [
            {**_whole(verdict.candidate), "reasons": _members(verdict.reasons)}
            for verdict in ordered
        ]
    return [
        {
            "deployment": verdict.candidate.deployment.id,
            "reasons": _members(_own_business(verdict.reasons)),
        }
        for verdict in ordered
        if verdict.candidate.is_open
    ]


def _own_business(reasons: Sequence[Reason]) -> list[Reason]:
    own = [reason for reason in reasons if reason.code in OWN_BUSINESS]
    if any(reason.code is Code.RANKED_LOWER for reason in reasons):
        return [LOWER]
    return own if len(own) == len(reasons) else [*own, UNAVAILABLE]


def _whole(candidate: Candidate) -> dict[str, Any]:
    return {
        "deployment": candidate.deployment.id,
        "deploymentName": candidate.deployment.name,
        "capacity": candidate.deployment.capacity,
        "instances": candidate.instances,
        "running": candidate.running,
    }


def _members(reasons: Sequence[Reason]) -> list[dict[str, str]]:
    return [{"code": reason.code.value, "detail": reason.detail} for reason in reasons]

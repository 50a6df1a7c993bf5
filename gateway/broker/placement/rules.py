"""The rules of placement: each says in a sentence why a deployment cannot take an instance.

They are pure and stand in the order in which they are told; all that apply are told. None of
them speaks of another tenant: what a sentence may name is the deployment itself and the wish.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.broker.engine.plan import is_listed
from gateway.broker.placement.wish import Scope, Wish
from gateway.model import Deployment


class Code(StrEnum):
    """Why a place was not taken; stable."""

    NOT_REQUESTED = "NOT_REQUESTED"
    NOT_OPEN = "NOT_OPEN"
    CORDONED = "CORDONED"
    DRAINED = "DRAINED"
    QUARANTINED = "QUARANTINED"
    FULL = "FULL"
    LABELS_MISSING = "LABELS_MISSING"
    COMMANDS_MISSING = "COMMANDS_MISSING"
    ANTI_AFFINITY = "ANTI_AFFINITY"
    NO_BASE_DIRECTORY = "NO_BASE_DIRECTORY"
    NO_HOST = "NO_HOST"
    UNREACHABLE = "UNREACHABLE"
    NO_ANSWER = "NO_ANSWER"
    RANKED_LOWER = "RANKED_LOWER"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True)
class Reason:
    """One reason, for programs and for people."""

    code: Code
    detail: str


@dataclass(frozen=True)
class Candidate:
    """A deployment with what the rules need to know of it.

    Args:
        deployment: as it is registered.
        instances: how many are on it, ours and those that nobody owns.
        running: how many of them were running when they were last seen.
        is_open: whether the reseller's instances may lie on it.
        alike: how many each host has that the new instance must not be beside, by the host's
            name in lower case.
    """

    deployment: Deployment
    instances: int = 0
    running: int = 0
    is_open: bool = True
    alike: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Which part of its capacity is taken; none of one that has no limit."""
        capacity = self.deployment.capacity
        return self.instances / capacity if capacity else 0.0

    @property
    def figures(self) -> str:
        """How full it is, in words."""
        capacity = self.deployment.capacity
        most = "" if capacity is None else f" of {capacity}"
        return f"{self.instances}{most} instances, {self.running} running"


Rule = Callable[[Candidate, Wish], str | None]


def is_beside(candidate: Candidate, wish: Wish) -> bool:
    """Whether the deployment has what the instance should not share a deployment with."""
    apart = wish.anti_affinity
    return apart is not None and apart.scope is Scope.DEPLOYMENT and bool(candidate.alike)


def _not_requested(candidate: Candidate, wish: Wish) -> str | None:
    if wish.deployment in {None, candidate.deployment.id}:
        return None
    return "Another deployment was asked for by its id."


def _not_open(candidate: Candidate, _: Wish) -> str | None:
    return None if candidate.is_open else "The instances of this reseller may not lie on it."


def _cordoned(candidate: Candidate, _: Wish) -> str | None:
    return "It is cordoned." if candidate.deployment.cordoned else None


def _drained(candidate: Candidate, _: Wish) -> str | None:
    return "It is drained and takes no changes." if candidate.deployment.drained else None


def _quarantined(candidate: Candidate, _: Wish) -> str | None:
    if candidate.deployment.quarantine is None:
        return None
    return "It showed another certificate than the pinned one, and nothing is sent to it."


def _full(candidate: Candidate, _: Wish) -> str | None:
    capacity = candidate.deployment.capacity
    if capacity is None or candidate.instances < capacity:
        return None
    return "Its capacity is taken."


def _labels_missing(candidate: Candidate, wish: Wish) -> str | None:
    carried = candidate.deployment.labels
    missing = [f"{k}={v}" for k, v in sorted(wish.labels.items()) if carried.get(k) != v]
    return f"It does not carry {', '.join(missing)}." if missing else None


def _commands_missing(candidate: Candidate, wish: Wish) -> str | None:
    listed = candidate.deployment.commands
    missing = {each.command.name for each in wish.needed if not is_listed(each, listed)}
    return f"Its version lacks {', '.join(sorted(missing))}." if missing else None


def _anti_affinity(candidate: Candidate, wish: Wish) -> str | None:
    apart = wish.anti_affinity
    if apart is None or not apart.is_required or not is_beside(candidate, wish):
        return None
    return f"It has an instance of this reseller with {apart.label}={apart.value} already."


RULES: Mapping[Code, Rule] = {
    Code.NOT_REQUESTED: _not_requested,
    Code.NOT_OPEN: _not_open,
    Code.CORDONED: _cordoned,
    Code.DRAINED: _drained,
    Code.QUARANTINED: _quarantined,
    Code.FULL: _full,
    Code.LABELS_MISSING: _labels_missing,
    Code.COMMANDS_MISSING: _commands_missing,
    Code.ANTI_AFFINITY: _anti_affinity,
}


def reasons_against(candidate: Candidate, wish: Wish) -> tuple[Reason, ...]:
    """Return why a deployment cannot take the instance; nothing if it can."""
    said = ((code, rule(candidate, wish)) for code, rule in RULES.items())
    return tuple(Reason(code, sentence) for code, sentence in said if sentence)


def rank(candidate: Candidate, wish: Wish) -> tuple[bool, float, int, int, str]:
    """Return what those that can are sorted by; the least is the best.

    Not beside what it should not be beside, then the part of the capacity that is taken, then
    what is running, then how many there are, then the id, so that nothing is left to chance.
    """
    return (
        is_beside(candidate, wish),
        candidate.share,
        candidate.running,
        candidate.instances,
        candidate.deployment.id,
    )

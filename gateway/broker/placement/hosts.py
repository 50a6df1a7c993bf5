"""The rules for the hosts of a deployment, and which of its hosts takes an instance."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from gateway.broker.placement.rules import Candidate, Code, Reason
from gateway.broker.placement.wish import Scope, Wish
from gateway.model import Deployment


@dataclass(frozen=True)
class Spot:
    """A place: a deployment, a host on it, and its base directory."""

    deployment: Deployment
    host: str
    base_directory: str


@dataclass(frozen=True)
class HostVerdict:
    """A host that was not taken, and why."""

    name: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Premises:
    """What is known of the hosts of a deployment besides SPE's own rows; names in lower case.

    Args:
        cordoned: those on which nothing is placed.
        instances: how many each has.
    """

    cordoned: AbstractSet[str] = frozenset()
    instances: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Lodging:
    """What came of looking at the hosts of a deployment: a spot if there is one."""

    spot: Spot | None
    not_taken: Sequence[HostVerdict]


def lodging(
    candidate: Candidate, rows: Sequence[Mapping[str, Any]], premises: Premises, wish: Wish
) -> Lodging:
    """Choose among the hosts of a deployment: the one with the fewest instances that can.

    Args:
        candidate: the deployment.
        rows: its hosts, as SPE lists them now.
        premises: what we know of them.
        wish: what the place must be like.
    """
    named = {name: row for row in rows if isinstance(name := row.get("serverName"), str) and name}
    against = {name: _against(candidate, row, premises, wish) for name, row in named.items()}
    able = [name for name in named if not against[name]]
    unable = [HostVerdict(name, reasons) for name, reasons in against.items() if reasons]
    if not able:
        return Lodging(None, _sorted(unable))
    best = min(able, key=lambda name: _rank(candidate, premises, wish, name))
    lower = Reason(Code.RANKED_LOWER, "Another host of the deployment suits better.")
    others = [HostVerdict(name, (lower,)) for name in able if name != best]
    base = str(_base(candidate.deployment, named[best]))
    return Lodging(Spot(candidate.deployment, best, base), _sorted([*unable, *others]))


def _sorted(verdicts: Sequence[HostVerdict]) -> list[HostVerdict]:
    return sorted(verdicts, key=lambda verdict: verdict.name)


def _rank(candidate: Candidate, premises: Premises, wish: Wish, name: str) -> tuple[bool, int, str]:
    folded = name.lower()
    return (_is_beside(candidate, wish, folded), premises.instances.get(folded, 0), name)


def _against(
    candidate: Candidate, row: Mapping[str, Any], premises: Premises, wish: Wish
) -> tuple[Reason, ...]:
    name = str(row["serverName"]).lower()
    found = []
    if name in premises.cordoned:
        found.append(Reason(Code.CORDONED, "It is cordoned."))
    if not _base(candidate.deployment, row):
        said = "It has no base directory, and instanceBaseDirectory of the deployment is not set."
        found.append(Reason(Code.NO_BASE_DIRECTORY, said))
    apart = wish.anti_affinity
    if apart and apart.is_required and _is_beside(candidate, wish, name):
        said = f"It has an instance of this reseller with {apart.label}={apart.value} already."
        found.append(Reason(Code.ANTI_AFFINITY, said))
    return tuple(found)


def _base(deployment: Deployment, row: Mapping[str, Any]) -> object:
    return row.get("baseDirectory") or deployment.instance_base_directory


def _is_beside(candidate: Candidate, wish: Wish, name: str) -> bool:
    apart = wish.anti_affinity
    return apart is not None and apart.scope is Scope.HOST and name in candidate.alike


def reason_of(found: Lodging) -> Reason:
    """Return why a deployment none of whose hosts can is not taken.

    Where a host could but for the anti-affinity, that is the reason: it is the caller's to change.
    """
    for verdict in found.not_taken:
        if [each.code for each in verdict.reasons] == [Code.ANTI_AFFINITY]:
            apart = "Each of its hosts that could has such an instance of this reseller already."
            return Reason(Code.ANTI_AFFINITY, apart)
    said = [f" {one.name}: {each.detail}" for one in found.not_taken for each in one.reasons]
    return Reason(Code.NO_HOST, f"None of its hosts can take it.{''.join(said)}")

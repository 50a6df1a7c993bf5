"""What a month should come to, reckoned without any code of the gateway.

It is fed with what the simulated servers held whenever one of them was asked for its licences, and
with what the test itself did. All of it is whole numbers and fractions of them.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

JSON = dict[str, Any]

HIDDEN = "$archiveadmin"
"""The provider's own access; the vendor lists it among the users while it is on."""


@dataclass(frozen=True)
class Observed:
    """A server's own users at the moment in which it was asked.

    Attributes:
        time: of the request, by the server's clock.
        users: how many of each instance, by its id at SPE.
    """

    time: datetime
    users: dict[str, int]


@dataclass(frozen=True)
class Expected:
    """What an instance should come to on a statement."""

    readings: int
    latest: int
    peak: int
    average: Decimal


@dataclass
class Oracle:
    """Looks on.

    Attributes:
        observed: by deployment.
        owners: by deployment and id at SPE: since when it is whose; None for nobody's any more.
    """

    observed: dict[str, list[Observed]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[tuple[str, str], list[tuple[datetime, str | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def look(self, deployment: str, time: datetime, state: JSON) -> None:
        """Note what a server held."""
        self.observed[deployment].append(Observed(time, counted(state)))

    def own(self, deployment: str, instance: str, time: datetime, owner: str | None) -> None:
        """Note whose an instance is from a time on."""
        self.owners[deployment, instance].append((time, owner))

    def owner(self, deployment: str, instance: str, time: datetime) -> str | None:
        """Return whose an instance was at a time."""
        held = [owner for since, owner in self.owners[deployment, instance] if since <= time]
        return held[-1] if held else None

    def expected(
        self, owner: str, since: datetime, until: datetime
    ) -> dict[tuple[str, str], Expected]:
        """Return what the statement of a reseller should say, by deployment and id at SPE."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for deployment, looks in self.observed.items():
            for look in (each for each in looks if since <= each.time < until):
                for instance, users in look.users.items():
                    if self.owner(deployment, instance, look.time) == owner:
                        found[deployment, instance].append(users)
        return {key: _expected(values) for key, values in found.items()}

    def gaps(self, since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
        """Return where no server answered for more than an hour and a half."""
        found = []
        for deployment, looks in self.observed.items():
            inside = [look.time for look in looks if since <= look.time < until]
            times = [since, *inside, until]
            found += [
                (deployment, first, second)
                for first, second in pairwise(times)
                if second - first > timedelta(minutes=90)
            ]
        return found


def counted(state: JSON) -> dict[str, int]:
    """Return how many users that cost a licence each instance of a server has."""
    archives, instances = state["archives"], state["instances"]
    return {
        name: len([user for user in archives[_place(instance)]["users"] if user != HIDDEN])
        for name, instance in instances.items()
    }


def _place(instance: JSON) -> str:
    """Return where a server keeps what an instance holds; Windows compares without case."""
    return f"{instance['instance_host']}|{instance['base_directory']}".casefold()


def _expected(values: list[int]) -> Expected:
    average = (Decimal(sum(values)) / len(values)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return Expected(len(values), values[-1], max(values), average)

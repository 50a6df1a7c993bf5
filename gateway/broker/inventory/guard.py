"""Against lists that lack what is there: after a fault or a restore of the deployment.

A list that suddenly lacks many instances is more likely wrong than true. It is doubted: nothing
is concluded from what it lacks, until a later list is whole again or an operator says that it is
true. A list of which rows had to be left out is doubted for a single instance, since the row that
is lacking may be the one that was left out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.model import version_of

SHARE: Final = 0.2
"""Of the instances that were there, more than which must not be lacking at once …"""

LEAST: Final = 3
"""… if they are this many at least: in a small deployment one or two are a large share."""

ALONE: Final = 2
"""From this many instances on, a list that has nothing at all is doubted."""

EXAMPLES: Final = 20
"""Of the instances that are lacking, so many are named."""


@dataclass(frozen=True)
class Doubt:
    """Why a list is not believed.

    Attributes:
        known: how many instances of ours were there before.
        missing: opaque ids of those that it lacks.
        listed: how many instances it has, whoever's they are.
        ignored: how many rows of it were none of an instance.
    """

    known: int
    missing: Collection[str]
    listed: int
    ignored: int

    @property
    def version(self) -> str:
        """What an operator accepts: that exactly these instances are gone."""
        return version_of({"missing": sorted(self.missing)})

    def told(self, since: datetime) -> dict[str, Any]:
        """Return what is kept of it, and shown.

        Args:
            since: when the first of the lists was asked for that are doubted in a row.
        """
        return {
            "known": self.known,
            "missing": len(self.missing),
            "listed": self.listed,
            "ignored": self.ignored,
            "instances": sorted(self.missing)[:EXAMPLES],
            "version": self.version,
            "since": since.isoformat(),
        }


def doubt_of(
    known: int, missing: Collection[str], listed: Mapping[str, Any], ignored: int
) -> Doubt | None:
    """Return why a list is not believed, or None.

    Args:
        known: how many instances of ours were there when the deployment was asked before.
        missing: opaque ids of those of them that are not listed now.
        listed: the rows of the list.
        ignored: how many rows were left out.
    """
    many = len(missing) >= LEAST and len(missing) > SHARE * known
    nothing = not listed and len(missing) >= ALONE
    garbled = ignored > 0 and len(missing) > 0
    if many or nothing or garbled:
        return Doubt(known, missing, len(listed), ignored)
    return None

"""Lists of instances over several deployments: from our rows, which may be made fresh first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.access.principal import Principal
from gateway.broker.inventory.fan_out import FanOut
from gateway.errors import UpstreamError
from gateway.model import Instance, now
from gateway.storage import instances, inventories
from gateway.storage.database import Database
from gateway.storage.instance_filters import OBSERVABLE
from gateway.tenancy.authorise import permit
from gateway.tenancy.caller import Caller


class ListIncomplete(UpstreamError):
    """A deployment could not be asked, and the caller wants all or nothing."""

    status = 503
    code = "LIST_INCOMPLETE"
    title = "A deployment could not be asked"
    retryable = True


@dataclass(frozen=True)
class Freshness:
    """How fresh a list must be, and what that may cost.

    Attributes:
        max_age: older rows are made anew; zero asks every deployment.
        seconds: how long the deployments may take.
        complete: whether one that does not answer fails the call.
    """

    max_age: timedelta
    seconds: float
    complete: bool


@dataclass(frozen=True)
class Wanted:
    """A page of a list.

    Attributes:
        filters: what is wanted, by the names of ``instance_filters.CONDITIONS``.
        after: the last id of the page before, or an empty text.
        limit: the most items.
        freshness: None for what is known.
    """

    filters: Mapping[str, Any]
    after: str
    limit: int
    freshness: Freshness | None = None


@dataclass(frozen=True)
class Listing:
    """A page of instances, what is missing in it, and how old it is.

    Attributes:
        items: the instances.
        next_after: the id after which the next page begins; None on the last one.
        as_of: when each deployment concerned was last asked, if it ever was.
        unreachable: those of them that should have been asked and did not answer.
    """

    items: Sequence[Instance]
    next_after: str | None
    as_of: Mapping[str, datetime | None]
    unreachable: Sequence[str] = ()


class Inventory:
    """Lists instances.

    Args:
        database: our rows.
        fan_out: makes them anew.
        patience: how many seconds a list may take the deployments.
    """

    def __init__(self, database: Database, fan_out: FanOut, patience: float) -> None:
        self._database = database
        self._fan_out = fan_out
        self.patience = patience

    def page(self, caller: Caller, wanted: Wanted) -> Listing:
        """Return a page of the caller's instances.

        A deployment that is down hides nothing: its rows stay as they were, and it is named. An
        instance that a deployment no longer lists is shown as ``missing``, never left out.

        Raises:
            ListIncomplete: the list must be complete, and a deployment could not be asked.
        """
        permit(self._database, caller, "instances")
        listing = self._known(caller.principal, wanted)
        if wanted.freshness is None:
            return listing
        stale = _older(listing.as_of, wanted.freshness.max_age)
        silent = self._fan_out.ask(stale, wanted.freshness.seconds)
        if silent and wanted.freshness.complete:
            raise ListIncomplete(
                f"{len(silent)} of {len(listing.as_of)} deployments could not be asked.",
                deployment=", ".join(silent),
            )
        return self._known(caller.principal, wanted, silent) if stale else listing

    def _known(
        self, principal: Principal, wanted: Wanted, unreachable: Sequence[str] = ()
    ) -> Listing:
        reach, filters = principal.reach, wanted.filters
        with self._database.read() as connection:
            rows, until = instances.page(connection, reach, filters, wanted.after, wanted.limit + 1)
            items = rows[: wanted.limit]
            concerned = sorted({item.deployment for item in items})
            if OBSERVABLE & filters.keys():  # elsewhere there may be others by now
                lasting = {name: filters[name] for name in filters.keys() - OBSERVABLE}
                concerned = list(instances.deployments_of(connection, reach, lasting))
            ages = inventories.ages(connection, concerned)
        as_of = {name: ages.get(name) for name in concerned}
        more = items[-1].id if len(rows) > wanted.limit else until
        return Listing(items, more, as_of, unreachable)

    def close(self) -> None:
        """Let the deployments under way answer."""
        self._fan_out.close()


def _older(as_of: Mapping[str, datetime | None], max_age: timedelta) -> list[str]:
    """Return the deployments that were last asked so long ago, or never."""
    latest = now() - max_age
    return [name for name, time in as_of.items() if time is None or time <= latest]

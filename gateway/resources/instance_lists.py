"""Lists of instances: what a query asks for, and how it is answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from gateway.broker.inventory.listing import Freshness, Listing, Wanted
from gateway.web import paging
from gateway.web.hooks import caller
from gateway.web.waits import longer_patience

FILTERS: Final = ("deployment", "status", "reseller", "external_id", "q")


def wanted(query: Mapping[str, Any], patience: float) -> Wanted:
    """Return what ``InstanceQuery`` loaded as the broker knows it.

    Args:
        query: the parameters.
        patience: how many seconds deployments may take to answer.
    """
    filters = {name: query[name] for name in FILTERS if name in query}
    if "label" in query:
        filters["labels"] = [tuple(each.split(":", 1)) for each in query["label"]]
    after = paging.position(query) or ""
    return Wanted(filters, after, query["limit"], _freshness(query, patience))


def _freshness(query: Mapping[str, Any], patience: float) -> Freshness | None:
    seconds = 0 if query["consistency"] == "live" else query.get("max_age")
    if seconds is None:
        return None
    complete = query["require"] == "complete"
    return Freshness(timedelta(seconds=seconds), longer_patience(caller(), patience), complete)


def body(listing: Listing, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what ``InstanceListSchema`` dumps.

    Args:
        listing: the page.
        items: its instances, as they are dumped.
    """
    as_of = {
        deployment: time.strftime("%Y-%m-%dT%H:%M:%SZ")
        for deployment, time in listing.as_of.items()
        if time is not None
    }
    page = paging.page(items, listing.next_after)
    return page | {"unreachable": listing.unreachable, "as_of": as_of}

"""Time zones, under the names that Windows gives them."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from .archive_admin import granted
from .commands import command
from .deployment import Deployment
from .failures import Failure, out_of_range
from .wire import Arguments

LOCAL = "$Local"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
FORMAT = "%Y-%m-%dT%H:%M:%S"
ZONES = {
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "E. Europe Standard Time": "Europe/Chisinau",
    "Eastern Standard Time": "America/New_York",
    "Central Standard Time": "America/Chicago",
    "Pacific Standard Time": "America/Los_Angeles",
    "India Standard Time": "Asia/Kolkata",
    "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Eastern Standard Time": "Australia/Sydney",
}


@command("GetTimeZones", "read")
def get_time_zones(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the time zones of the host, the one that it is in among them as `$Local`."""
    granted(deployment, arguments)
    local = {"id": LOCAL, "displayName": f"Local time ({deployment.scenario.local_time_zone})"}
    return [local, *({"id": name, "displayName": area} for name, area in ZONES.items())]


def zone(deployment: Deployment, name: str) -> tzinfo:
    """Return a time zone by its ID.

    Raises:
        Failure: the host has no such zone.
    """
    known = deployment.scenario.local_time_zone if name == LOCAL else name
    if known not in ZONES:
        raise Failure(
            f"The time zone ID '{name}' was not found on the local computer.",
            "System.TimeZoneNotFoundException",
        )
    return UTC if known == "UTC" else ZoneInfo(ZONES[known])


def seconds(text: str, where: tzinfo) -> float:
    """Return a local time as seconds since 1970.

    Raises:
        Failure: it is no `YYYY-MM-DDThh:mm:ss`.
    """
    try:
        if MOMENT.fullmatch(text):
            return datetime.strptime(text, FORMAT).replace(tzinfo=where).timestamp()
    except (ValueError, OverflowError):
        pass
    raise Failure("String was not recognized as a valid DateTime.", "System.FormatException")


def window(deployment: Deployment, arguments: Arguments, zone_id: str) -> tuple[float, float]:
    """Return the time range of a call for results.

    Raises:
        Failure: one end is no time, or the range ends before it begins.
    """
    where = zone(deployment, zone_id)
    start = seconds(arguments["fromIncluding"], where)
    end = seconds(arguments["toExcluding"], where)
    if end < start:
        raise out_of_range()
    return start, end


def text(moment: float, where: tzinfo) -> str:
    """Return seconds since 1970 as the local time of a zone."""
    return datetime.fromtimestamp(moment, where).strftime(FORMAT)


def utc_text(moment: float | None) -> str | None:
    """Return seconds since 1970 as a time in UTC, or None for never."""
    return None if moment is None else text(moment, UTC)

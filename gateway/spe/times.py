"""SPE's times: ``YYYY-MM-DDThh:mm:ss`` without a zone, which an argument names beside them.

The gateway always names UTC.
"""

import re
from datetime import UTC, datetime
from typing import Final

TIME_ZONE: Final = "UTC"
"""The ``timeZoneId`` under which times are sent and asked for; Windows knows it by this name."""

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(?:Z|\+00:00)?",
    re.ASCII,
)


def spe_time(moment: datetime) -> str:
    """Return an instant as SPE takes it, in UTC; fractions of a second are cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


def moment_of(text: object) -> datetime | None:
    """Return the instant that SPE wrote in UTC; None for never and for what is no time.

    .NET writes the smallest time that it knows, in the year 1, for what never was.
    """
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return None if moment.year == 1 else moment

"""An event as everybody gets it who asks for it: a CloudEvents 1.0 object in JSON.

What ours has more is named by the rules of extensions: in small letters.
"""

from datetime import UTC
from typing import Any, Final

from gateway.model import Event

SPECVERSION: Final = "1.0"


def cloud_event(event: Event, source: str) -> dict[str, Any]:
    """Return an event as CloudEvents has it (JSON event format, version 1.0.2).

    Args:
        event: a row of a log.
        source: the gateway, as its clients know it; ``source`` and ``id`` make an event unique.

    Returns:
        The envelope. ``number`` is the place in the log that it was read from, ``reseller`` to
        whom it happened: whose log it is, or one below.
    """
    envelope = {
        "specversion": SPECVERSION,
        "id": event.id,
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": event.create_time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "number": event.number,
        "reseller": event.origin,
    }
    concerned = {"instance": event.instance, "deployment": event.deployment}
    known = {name: value for name, value in concerned.items() if value is not None}
    return {**envelope, **known, "data": dict(event.data)}

"""Which trace a delivery belongs to: that of the operation it tells of, where it tells of one."""

import json

from gateway.errors import StorageUnavailable
from gateway.measures.tracing import CARRIED
from gateway.model import Prefix
from gateway.storage import operations
from gateway.storage.database import Database


def trace_of(database: Database, body: bytes) -> str | None:
    """Return the ``traceparent`` of what an event tells of; None where nothing is known.

    Args:
        database: has the operations.
        body: of the delivery, a CloudEvents object of ours.
    """
    subject = str(json.loads(body)["subject"])
    if not subject.startswith(f"{Prefix.OPERATION}_"):
        return None
    try:
        with database.read() as connection:
            kept = operations.context(connection, subject).get(CARRIED)
    except StorageUnavailable:
        return None  # a trace is not worth a delivery
    return kept if isinstance(kept, str) else None

"""One turn of an operation, as its log and its trace have it."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from gateway.measures import tracing
from gateway.model import Operation


@contextmanager
def turn(operation: Operation) -> Iterator[None]:
    """Tell the log and the trace whose the block is; in the context of a lane's task alone."""
    facts = {
        "operation": operation.id,
        "request_id": operation.request_id,
        "client": operation.client,
        "reseller": operation.reseller,
        "instance": operation.instance,
        "deployment": operation.deployment,
    }
    kept = operation.context.get(tracing.CARRIED)
    with tracing.turn(operation.kind, facts, kept, operation.create_time):
        structlog.contextvars.bind_contextvars(**facts, **tracing.ids())
        yield

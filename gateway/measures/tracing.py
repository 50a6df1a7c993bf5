"""Traces: nothing at all until ``switch_on``, and OpenTelemetry from then on.

What is called at each request is here, and costs a comparison while nobody traces; ``spans``
makes the spans, and is imported only then, with what it needs (``pip install spe-gateway[otel]``).
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gateway.measures.spans import Spans

CARRIED: Final = "trace"
"""Where the context of an operation keeps the trace that it belongs to (W3C ``traceparent``)."""


class _Switch:
    spans: "Spans | None" = None


def switch_on(spans: "Spans") -> None:
    """Trace from now on."""
    _Switch.spans = spans


def switch_off() -> None:
    """Trace no more; what is finished is sent, for a moment at most."""
    spans, _Switch.spans = _Switch.spans, None
    if spans is not None:
        spans.close()


def request_began(environ: Mapping[str, Any]) -> object:
    """Begin the span of a request, as the caller's ``traceparent`` says, for this thread."""
    return None if _Switch.spans is None else _Switch.spans.request_began(environ)


def request_ended(span: object, action: str, status: int) -> None:
    """End the span of a request."""
    if span is not None and _Switch.spans is not None:
        _Switch.spans.request_ended(span, action, status)


def call_began(deployment: str, command: str) -> object:
    """Begin the span of a call to a deployment."""
    return None if _Switch.spans is None else _Switch.spans.call_began(deployment, command)


def ended(span: object, problem: str) -> None:
    """End a span; with an error if there is the code of one."""
    if span is not None and _Switch.spans is not None:
        _Switch.spans.ended(span, problem)


def ids() -> Mapping[str, str | None]:
    """Return the id of the present trace for the log; nothing while nobody traces."""
    return {} if _Switch.spans is None else _Switch.spans.ids()


def carried() -> Mapping[str, str]:
    """Return what the row of an operation keeps of the present trace; nothing in most."""
    return {} if _Switch.spans is None else _Switch.spans.carried(CARRIED)


def is_on() -> bool:
    """Whether anybody traces."""
    return _Switch.spans is not None


def turn(
    name: str, facts: Mapping[str, str | None], parent: object, begin: datetime
) -> AbstractContextManager[None]:
    """Trace a turn of work that goes on after its request, in whatever process.

    Args:
        name: of the span: the kind of the operation.
        facts: opaque ids, by the names of attributes.
        parent: what ``carried`` returned once, which may have been kept in a row.
        begin: when the work began; what lasts long goes on in traces of its own, with a link.
    """
    if _Switch.spans is None:
        return nullcontext()
    return _Switch.spans.turn(name, facts, parent, begin)

"""Makes spans with OpenTelemetry and sends them by OTLP over HTTP; imported only where one traces.

A collector that is slow, full or away costs spans, never a request: they wait in a queue of
bounded length and are sent by a thread of their own. No attribute holds a secret, a body, a query
or a name of a customer.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, Final, cast

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LONG: Final = timedelta(minutes=15)
"""After which the turns of an operation are traces of their own, which link to the first."""

EXPORT_SECONDS: Final = 5
QUEUED: Final = 2048
BATCH: Final = 512
DELAY_MILLISECONDS: Final = 1000
CLOSE_SECONDS: Final = 2.0
ERRORS: Final = 500

_W3C: Final = TraceContextTextMapPropagator()


class Spans:
    """Makes the spans of one process; made after the fork, since it starts a thread.

    Args:
        exporter: where spans go.
        share: of the requests that are traced, if their callers do not say; 0 to 1.
        version: of the gateway.
    """

    def __init__(self, exporter: SpanExporter, share: float, version: str) -> None:
        self._exporter = exporter
        known = {"service.name": "spe-gateway", "service.version": version}
        resource = Resource({**known, "process.pid": os.getpid()})
        self._provider = TracerProvider(
            resource=resource,
            sampler=ParentBased(TraceIdRatioBased(share)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=QUEUED,
                schedule_delay_millis=DELAY_MILLISECONDS,
                max_export_batch_size=BATCH,
            )
        )
        self._tracer = self._provider.get_tracer("spe-gateway", version)

    def request_began(self, environ: Mapping[str, Any]) -> object:
        """Begin the span of a request."""
        names = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE"}
        given = {name: environ[key] for name, key in names.items() if key in environ}
        parent = _W3C.extract(given, Context())
        method = str(environ.get("REQUEST_METHOD", ""))
        span = self._tracer.start_span(
            method, parent, SpanKind.SERVER, {"http.request.method": method}
        )
        return span, contexts.attach(trace.set_span_in_context(span, parent))

    def request_ended(self, began: object, action: str, status: int) -> None:
        """End the span of a request, now that its operation and its status are known."""
        span, token = cast("tuple[Span, Any]", began)
        if action:
            span.update_name(action)
            span.set_attribute("spe_gateway.action", action)
        span.set_attribute("http.response.status_code", status)
        if status >= ERRORS:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        contexts.detach(token)

    def call_began(self, deployment: str, command: str) -> object:
        """Begin the span of a call to a deployment."""
        facts = {"spe_gateway.deployment": deployment, "spe_gateway.command": command}
        return self._tracer.start_span(command, kind=SpanKind.CLIENT, attributes=facts)

    def ended(self, began: object, problem: str) -> None:
        """End a span; with an error if there is the code of one."""
        span = cast("Span", began)
        if problem:
            span.set_attribute("error.type", problem)
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def ids(self) -> Mapping[str, str | None]:
        """Return the id of the present trace."""
        present = trace.get_current_span().get_span_context()
        return {"trace_id": trace.format_trace_id(present.trace_id)} if present.is_valid else {}

    def carried(self, name: str) -> Mapping[str, str]:
        """Return the present ``traceparent`` under a name."""
        made: dict[str, str] = {}
        _W3C.inject(made)
        return {name: made["traceparent"]} if "traceparent" in made else {}

    @contextmanager
    def turn(
        self, name: str, facts: Mapping[str, str | None], parent: object, begin: datetime
    ) -> Iterator[None]:
        """Trace a turn of work that goes on after its request."""
        is_long = datetime.now(UTC) - begin > LONG
        attributes = {f"spe_gateway.{key}": value for key, value in facts.items() if value}
        with self._tracer.start_as_current_span(
            name,
            Context() if is_long else _resumed(parent),
            SpanKind.CONSUMER,
            attributes,
            _links(parent) if is_long else None,
            record_exception=False,
        ):
            yield

    def close(self) -> None:
        """Send what is finished, for a moment at most."""
        ending = Thread(target=self._provider.shutdown, name="spans-close", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if ending.is_alive():
            self._exporter.shutdown()  # which ends its waits, and drops the rest
            ending.join(CLOSE_SECONDS)


def exporter(endpoint: str) -> SpanExporter:
    """Return what sends to a collector.

    Args:
        endpoint: URL of a collector, such as ``http://127.0.0.1:4318``.
    """
    return OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=EXPORT_SECONDS)


def _resumed(parent: object) -> Context:
    """Return the context of a kept ``traceparent``; the present one where it is the same trace."""
    kept = _kept(parent)
    present = trace.get_current_span().get_span_context()
    if kept is None or kept.trace_id == present.trace_id:
        return contexts.get_current()
    return trace.set_span_in_context(trace.NonRecordingSpan(kept), Context())


def _links(parent: object) -> list[Link]:
    kept = _kept(parent)
    return [] if kept is None else [Link(kept)]


def _kept(parent: object) -> SpanContext | None:
    """Return what a row has kept, which may be anything."""
    found = _W3C.extract({"traceparent": parent} if isinstance(parent, str) else {}, Context())
    known = trace.get_current_span(found).get_span_context()
    return known if known.is_valid else None

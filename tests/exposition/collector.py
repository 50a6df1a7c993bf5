"""An OpenTelemetry collector for tests, which also takes webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector(ThreadingHTTPServer):
    """Keeps what comes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spans: list[Span] = []
        self.hooks: list[bytes] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def of_trace(self, trace: str) -> list[Span]:
        """Return the spans of a trace, by its id in hexadecimal digits."""
        return [span for span in list(self.spans) if span.trace_id.hex() == trace]


class Handler(BaseHTTPRequestHandler):
    """Takes one request."""

    server: Collector

    def do_POST(self) -> None:
        """Keep spans and webhooks apart."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            told = ExportTraceServiceRequest.FromString(body)
            for each in told.resource_spans:
                spans = [span for scope in each.scope_spans for span in scope.spans]
                for span in spans:
                    span.attributes.extend(each.resource.attributes)
                self.server.spans += spans
        else:
            self.server.hooks.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the library's name
        """Say nothing."""


@contextmanager
def collector() -> Iterator[Collector]:
    """Run one."""
    with Collector() as made:
        thread = Thread(target=made.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


def facts(span: Span) -> dict[str, str]:
    """Return the attributes of a span."""
    return {
        each.key: each.value.string_value or str(each.value.int_value) for each in span.attributes
    }

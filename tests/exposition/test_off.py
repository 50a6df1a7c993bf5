"""Whoever does not watch does not pay for it, and a watcher that is away costs nobody a call."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.exposition import showing
from gateway.measures import spans, tracing
from gateway.settings import Settings

IMPORTED = """
import sys
OURS, EXPORTER = "gateway.measures.spans", "opentelemetry.exporter"  # redis imports the rest itself
from gateway import serving
from gateway.cli import main
from gateway.exposition import showing
print([name for name in sys.modules if name.startswith(("prometheus_client", OURS, EXPORTER))])
"""


def test_nothing_is_imported_that_nobody_asked_for() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", IMPORTED], capture_output=True, check=True, text=True
    )

    assert done.stdout.strip() == "[]"


def test_no_metrics_and_no_traces_are_the_default(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert (settings.metrics_bind, settings.otlp_endpoint) == ("", "")


def test_traces_without_their_library_are_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "find_spec", lambda _name: None)
    settings = Settings(home=tmp_path, otlp_endpoint="http://127.0.0.1:4318")

    with (
        pytest.raises(ConfigurationError, match=r"install spe-gateway\[otel\]"),
        showing.prepared(settings),
    ):
        pass


def test_a_collector_that_is_away_costs_spans_and_no_call() -> None:
    made = spans.Spans(spans.exporter("http://127.0.0.1:1"), 1.0, "0")
    tracing.switch_on(made)
    try:
        for _ in range(3 * spans.QUEUED):  # more than wait for it
            call = tracing.call_began("dep_1", "Ping")
            tracing.ended(call, "")
    finally:
        tracing.switch_off()

    assert tracing.call_began("dep_1", "Ping") is None
    assert tracing.carried() == {}


def test_a_call_of_a_caller_who_does_not_trace_is_not_traced() -> None:
    made = spans.Spans(spans.exporter("http://127.0.0.1:1"), 1.0, "0")
    tracing.switch_on(made)
    trace = "0af7651916cd43dd8448eb211c80319c"
    try:
        environ = {"REQUEST_METHOD": "GET", "HTTP_TRACEPARENT": f"00-{trace}-b7ad6b7169203331-00"}
        began = tracing.request_began(environ)
        kept = tracing.carried()[tracing.CARRIED]
        known = tracing.ids()
        tracing.request_ended(began, "getMe", 200)
    finally:
        tracing.switch_off()

    assert kept.startswith(f"00-{trace}-")
    assert kept.endswith("-00")
    assert known == {"trace_id": trace}

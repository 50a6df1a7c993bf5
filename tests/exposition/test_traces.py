"""One trace from the call over the queue to SPE, and on to the webhook."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.core import until
from tests.exposition.busy import CANARY, Busy
from tests.exposition.collector import facts

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_one_trace_leads_from_the_caller_over_the_queue_to_spe_and_the_webhook(
    cluster: Busy,
) -> None:
    operation = cluster.verify(traceparent=f"00-{TRACE}-{CALLER}-01")

    spans = until(lambda: _whole(cluster, operation))
    (request,) = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    assert request.parent_span_id.hex() == CALLER
    assert request.name == "invokeCommand"
    known = {span.span_id: span for span in spans}
    orphans = [each.name for each in spans if each is not request]
    assert [each for each in spans if each.parent_span_id not in known] == [request], orphans
    calls = [span for span in spans if span.kind == Span.SPAN_KIND_CLIENT]
    assert {"VerifyStore", "get-status"} <= {span.name for span in calls}
    assert {facts(span)["spe_gateway.deployment"] for span in calls} == {cluster.deployment}
    turns = [known[span.parent_span_id] for span in calls]
    assert {facts(span).get("spe_gateway.operation") for span in turns} == {operation}
    assert len({span.span_id for span in turns}) > 1
    assert len({facts(span)["process.pid"] for span in spans}) > 1


def _whole(cluster: Busy, operation: str) -> list[Span]:
    """Return the spans of the trace, once the request, a poll and the delivery are among them."""
    spans = cluster.collector.of_trace(TRACE)
    mine = [span for span in spans if facts(span).get("spe_gateway.operation") == operation]
    names = {span.name for span in spans}
    has_ended = any(span.kind == Span.SPAN_KIND_SERVER for span in spans)
    return spans if has_ended and len(mine) > 1 and {"get-status", "webhook"} <= names else []


def test_no_span_holds_a_secret_or_a_name(cluster: Busy) -> None:
    said = cluster.simulator.announcement()
    secrets = [said["password"], cluster.known["SPE_GATEWAY_CLIENT_SECRET"], CANARY, "acme"]

    told = str([*cluster.collector.spans])

    assert told
    assert [each for each in secrets if str(each) in told] == []

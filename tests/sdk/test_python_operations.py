"""What takes long, in the Python SDK: handles, progress, ends, streams; and what is newer."""

import json
from datetime import UTC, datetime
from itertools import pairwise

import httpx
import pytest

from gateway.events.signing import headers, new_secret
from tests.sdk.scripted import Client, Play, answer, operation

RUN = {"finished": True, "log": "", "result": None}
STARTED = answer(operation("queued"), 202)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
EVENT = {
    "id": "evt_1",
    "type": "moon.landed",
    "subject": "ins_1",
    "specversion": "1.0",
    "source": "gateway",
    "time": "2026-11-22T00:00:00Z",
    "number": 1,
    "data": {},
    "datacontenttype": "application/json",
    "reseller": "res_1",
    "fieldOfNextYear": [1],
}


def test_a_202_is_a_handle_that_is_followed_to_the_end(play: Play) -> None:
    gateway, script = play(
        STARTED,
        answer(operation("running", percentProgress=50)),
        answer(operation("running", percentProgress=50)),
        answer(operation("landing", percentProgress=99)),
        answer(operation("succeeded", result=RUN | {"newer": 1})),
    )
    running = gateway.stores.verify("ins_1", 1)
    assert (running.id, running.done) == ("op_1", False)
    assert repr(running) == "<Operation op_1: queued>"

    seen = []
    result = running.wait(lambda now: seen.append((now.status, now.percent_progress)))

    assert (result.finished, result["newer"]) == (True, 1)
    assert seen == [
        ("queued", None),
        ("running", 50),
        ("landing", 99),
        ("succeeded", None),
    ]
    assert {each.url.path for each in script.seen[1:]} == {"/operations/op_1"}
    assert all(each.headers["Prefer"].startswith("wait=") for each in script.seen[1:])


def test_without_a_202_there_is_nothing_to_wait_for(play: Play) -> None:
    gateway, script = play(answer(RUN))
    running = gateway.stores.verify("ins_1", 1)

    assert (running.id, running.done, running.refresh()) == (None, True, True)
    assert repr(running) == "<Operation: answered at once>"
    assert running.wait().finished is True
    running.cancel()
    assert len(script.seen) == 1


def test_a_read_that_takes_long_is_waited_for(play: Play) -> None:
    page = {"items": [], "nextCursor": None}
    gateway, script = play(STARTED, answer(operation("succeeded", result=page)))

    assert list(gateway.stores.list("ins_1")) == []
    assert script.seen[0].headers["Prefer"] == "wait=20"


def test_each_end_but_success_is_an_exception(play: Play, client: Client) -> None:
    problem = {"code": "COMMAND_FAILED", "detail": "D.", "title": "T", "status": 502}
    told = operation("failed", problem=problem | {"retryable": False, "newer": 1})
    gateway, _ = play(answer(told, 202))
    with pytest.raises(client.OperationFailed) as failed:
        gateway.stores.verify("ins_1", 1).wait()
    assert (failed.value.code, failed.value.operation) == ("COMMAND_FAILED", "op_1")
    assert failed.value.problem["newer"] == 1

    for status, kind in (
        ("cancelled", client.OperationCancelled),
        ("unknown", client.OperationUnknown),
    ):
        gateway, _ = play(answer(operation(status), 202))
        with pytest.raises(kind) as ended:
            gateway.stores.verify("ins_1", 1).wait()
        assert ended.value.operation == "op_1"


def test_many_instances_are_one_operation_whether_it_has_ended_or_not(
    play: Play, client: Client
) -> None:
    item = {"instance": "ins_1", "status": "succeeded", "operation": None, "problem": None}
    told = {"items": [item]}
    body = client.models.InstanceActions(action="start", instances=["ins_1"])
    ended = answer(operation("succeeded", result=told))
    for first in (ended, answer(operation("running", result=told), 202)):
        gateway, _ = play(first, ended)
        found = gateway.instances.act(body).wait().items
        assert [each.instance for each in found] == ["ins_1"]


def test_an_operation_is_looked_at_without_waiting_and_its_handle_found_again(play: Play) -> None:
    gateway, script = play(
        answer(operation("running")),
        answer(operation("running")),
        answer(operation("succeeded", result={"moon": "full"})),
    )
    assert gateway.operations.get("op_1").status == "running"
    assert "Prefer" not in script.seen[0].headers
    assert gateway.operation("op_1").wait() == {"moon": "full"}

    gateway, script = play(answer(operation("cancelling"), 202))
    assert gateway.operations.cancel("op_1").status == "cancelling"
    assert script.keys()[0]


def test_who_waits_no_longer_can_go_on_later(play: Play, client: Client) -> None:
    gateway, script = play(STARTED)
    running = gateway.stores.verify("ins_1", 1)

    with pytest.raises(client.StillRunning):
        running.wait(timeout=0)
    with pytest.raises(client.StillRunning):
        running.result()
    running.cancel()
    assert script.seen[-1].url.path == "/operations/op_1/cancel"
    assert script.keys()[-1] is not None


def test_a_rehearsal_changes_nothing(play: Play) -> None:
    gateway, script = play(httpx.Response(204))

    assert gateway.stores.rehearse_verify("ins_1", 1) is None
    assert script.seen[0].url.params["validateOnly"] == "true"
    gateway.stores.verify("ins_1", 1)
    assert script.seen[1].url.params["validateOnly"] == "false"


def test_a_stream_is_read_as_it_comes(play: Play) -> None:
    text = (
        ": alive\n\nid: 1\nevent: log\ndata: {\ndata: }\n\nevent: newer\ndata:  1\n\nevent: end\n\n"
    )
    gateway, script = play(httpx.Response(200, text=text))

    found = list(gateway.operations.stream("op_1", last_event_id="0"))

    assert [(each.event, each.data, each.id) for each in found] == [
        ("log", "{\n}", "1"),
        ("newer", " 1", ""),
    ]
    assert script.seen[0].headers["Last-Event-ID"] == "0"


def test_a_stream_that_is_refused_says_why(play: Play, client: Client) -> None:
    gateway, script = play(answer({"code": "NOT_FOUND"}, 401), answer({"code": "NOT_FOUND"}, 404))

    with pytest.raises(client.NotFound) as refused:
        list(gateway.operations.stream("op_1"))
    assert refused.value.code == "NOT_FOUND"
    assert script.tokens == 2


def test_a_delivery_of_the_gateway_is_taken_also_with_the_older_secret(client: Client) -> None:
    secrets, body = [new_secret(), new_secret()], json.dumps(EVENT).encode()
    sent = headers(secrets, "evt_1", NOW, body)
    for known in (secrets, secrets[:1], secrets[1:]):
        found = client.verify_webhook(known, sent, body, now=NOW.timestamp() + 299)
        assert (found.id, found.event.type_) == ("evt_1", "moon.landed")
        assert found.event["fieldOfNextYear"] == [1]


def test_another_delivery_is_not(client: Client) -> None:
    secrets, body = [new_secret()], json.dumps(EVENT).encode()
    sent = headers(secrets, "evt_1", NOW, body)
    moment = NOW.timestamp()

    def refused(known: list[str], told: dict[str, str], what: bytes, now: float) -> bool:
        try:
            client.verify_webhook(known, told, what, now=now)
        except client.WebhookRefused:
            return True
        return False

    assert not refused(secrets, {each.title(): sent[each] for each in sent}, body, moment)
    assert refused([new_secret()], sent, body, moment)
    assert refused(secrets, sent, body + b" ", moment)
    assert refused(secrets, sent, body, moment + 301)
    assert refused(secrets, sent, body, moment - 301)
    for name in sent:
        assert refused(secrets, {each: sent[each] for each in sent if each != name}, body, moment)
        assert refused(secrets, sent | {name: sent[name] + "0"}, body, moment)
    assert refused(secrets, headers(secrets, "evt_1", NOW, b"[]"), b"[]", moment)
    with pytest.raises(ValueError, match="whsec_"):
        client.verify_webhook(["secret"], sent, body)


def test_a_client_never_waits_longer_the_second_time_for_nothing(client: Client) -> None:
    """Bounds double until the most; the first is what was asked for."""
    retries = client.Retries(tries=100, first_seconds=1, most_seconds=8)
    longest = [max(retries.pause(tried, None, 60) for _ in range(200)) for tried in range(1, 6)]

    assert all(a < b for a, b in pairwise(longest[:4]))
    assert longest[4] <= 8
    assert retries.pause(100, None, 60) is None
    assert client.Retries(most_seconds=8).pause(5000, None, 60) <= 8

"""How the Python SDK calls: tokens, tries, one key for each call, problems as exceptions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Barrier
from types import SimpleNamespace

import httpx
import pytest

from tests.sdk.scripted import Client, Play, answer, operation, problem

LOST = httpx.ReadError("the line broke")
NOBODY = httpx.ConnectError("nobody listens")
BUSY = problem(503, "DEPLOYMENT_BUSY", retryable=True)
RUN = {"finished": True, "log": "", "result": None}
DONE = answer(RUN)
PAGE = answer({"items": [], "nextCursor": None})


@pytest.mark.parametrize(
    "refusal",
    [
        problem(429, "RATE_LIMITED", retryable=True, Retry_After="7"),
        problem(503, "DEPLOYMENT_PAUSED", retryable=True, Retry_After="7"),
        problem(409, "IDEMPOTENCY_IN_FLIGHT", retryable=True, Retry_After="7"),
        httpx.Response(502, text="a proxy", headers={"Retry-After": "7"}),
    ],
)
def test_what_may_succeed_later_is_tried_when_the_gateway_says_so(
    play: Play, refusal: httpx.Response
) -> None:
    gateway, script = play(refusal, DONE)

    assert gateway.stores.verify("ins_1", 1).wait().finished is True
    assert len(script.slept) == 1
    assert 7 <= script.slept[0] <= 7.5
    assert len(set(script.keys())) == 1
    assert script.keys()[0]


def test_a_date_says_when_too(play: Play) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    gateway, script = play(problem(429, "RATE_LIMITED", retryable=True, Retry_After=later), PAGE)

    assert list(gateway.resellers.list()) == []
    assert 25 < script.slept[0] <= 31


@pytest.mark.parametrize("failure", [LOST, NOBODY, BUSY])
def test_without_a_word_the_waits_grow_and_have_a_random_part(
    play: Play, client: Client, failure: httpx.Response | Exception
) -> None:
    retries = client.Retries(tries=5, first_seconds=1.0, most_seconds=3.0)
    gateway, script = play(failure, failure, failure, failure, DONE, retries=retries)

    gateway.stores.verify("ins_1", 1)
    assert len(script.slept) == 4
    assert all(0 <= s <= most for s, most in zip(script.slept, (1, 2, 3, 3), strict=True))
    assert len(set(script.slept)) == 4
    assert len(set(script.keys())) == 1


def test_each_call_has_a_key_of_its_own(play: Play) -> None:
    gateway, script = play(DONE)

    gateway.stores.verify("ins_1", 1)
    gateway.stores.verify("ins_1", 1)
    gateway.stores.verify("ins_1", 1, idempotency_key="mine")

    assert len(set(script.keys())) == 3
    assert script.keys()[2] == "mine"


def test_it_gives_up_in_the_end_and_says_so(play: Play, client: Client) -> None:
    gateway, script = play(LOST, retries=client.Retries(tries=3))

    with pytest.raises(client.ConnectionLost, match="after 3 tries") as lost:
        gateway.stores.verify("ins_1", 1, idempotency_key="mine")
    assert lost.value.idempotency_key == "mine"
    assert script.keys() == ["mine"] * 3

    gateway, _ = play(BUSY, retries=client.Retries(tries=3))
    with pytest.raises(client.Unavailable) as problem:
        gateway.resellers.get("res_1")
    assert problem.value.code == "DEPLOYMENT_BUSY"


def test_what_would_take_too_long_is_not_waited_for(play: Play, client: Client) -> None:
    gateway, script = play(problem(429, "RATE_LIMITED", retryable=True, Retry_After="3600"))

    with pytest.raises(client.RateLimited) as found:
        gateway.resellers.get("res_1")
    assert script.slept == []
    assert found.value.retry_after == 3600


@pytest.mark.parametrize("patience", [5, 60])
def test_a_call_without_a_word_when_goes_on_as_long_as_it_may(
    play: Play, client: Client, patience: int
) -> None:
    gateway, script = play(BUSY, retries=client.Retries(patience_seconds=patience))

    with pytest.raises(client.Unavailable) as found:
        gateway.resellers.get("res_1")
    assert found.value.retry_after is None
    assert patience / 3 < sum(script.slept) < patience
    limits = [each.extensions["timeout"]["read"] for each in script.seen]
    assert limits[0] == patience
    assert limits[-1] == pytest.approx(patience - sum(script.slept))


def test_what_the_gateway_says_is_waited_for_while_it_fits(play: Play, client: Client) -> None:
    """The second time half a minute does not fit into what is left of a minute."""
    paused = problem(503, "DEPLOYMENT_PAUSED", retryable=True, Retry_After="30")
    gateway, script = play(paused)

    with pytest.raises(client.Unavailable) as found:
        gateway.resellers.get("res_1")
    assert found.value.retry_after == 30
    assert len(script.seen) == 2
    assert 30 <= sum(script.slept) < 31


def test_who_is_in_a_hurry_asks_the_gateway_to_be_quick_too(play: Play, client: Client) -> None:
    going, ended = operation("running"), operation("succeeded", result=RUN)
    hurry = client.Retries(patience_seconds=6)
    gateway, script = play(answer(going, 202), answer(ended), retries=hurry)

    gateway.stores.verify("ins_1", 1).wait()
    assert script.seen[-1].headers["Prefer"] == "wait=3"


def test_a_problem_names_its_operation(play: Play, client: Client) -> None:
    told = {"code": "OPERATION_IN_PROGRESS", "detail": "Wait.", "operation": "op_7"}
    gateway, _ = play(answer(told, 409), answer({"code": "NOT_FOUND"}, 404))

    with pytest.raises(client.Conflict) as found:
        gateway.stores.verify("ins_1", 1)
    assert found.value.operation == "op_7"
    with pytest.raises(client.NotFound) as absent:
        gateway.resellers.get("res_1")
    assert (absent.value.operation, absent.value.retry_after) == (None, None)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "MALFORMED_REQUEST", "ProblemError"),
        (403, "PERMISSION_MISSING", "PermissionMissing"),
        (404, "NOT_FOUND", "NotFound"),
        (409, "CONFLICT", "Conflict"),
        (412, "PRECONDITION_FAILED", "PreconditionFailed"),
        (422, "INVALID_INPUT", "InvalidInput"),
        (502, "COMMAND_FAILED", "ProblemError"),
        (503, "DEPLOYMENT_QUARANTINED", "Unavailable"),
    ],
)
def test_what_another_try_would_not_change_is_not_tried_again(
    play: Play, client: Client, status: int, code: str, kind: str
) -> None:
    gateway, script = play(problem(status, code, retryable=False))

    with pytest.raises(client.GatewayError) as found:
        gateway.resellers.get("res_1")
    assert type(found.value).__name__ == kind
    assert (found.value.status, found.value.code) == (status, code)
    assert (found.value.request_id, found.value.retryable) == ("req", False)
    assert len(script.seen) == 1


def test_a_problem_tells_each_fault(play: Play, client: Client) -> None:
    faults = [{"pointer": "/name", "code": "REQUIRED", "detail": "Missing.", "newer": 1}]
    told = {"code": "INVALID_INPUT", "detail": "Two faults.", "errors": faults, "newer": {}}
    gateway, _ = play(answer(told, 422, Content_Type="application/problem+json"))

    with pytest.raises(client.InvalidInput, match="/name: Missing") as found:
        gateway.resellers.get("res_1")
    assert found.value.errors == (client.Fault("/name", "REQUIRED", "Missing."),)
    assert found.value.problem["newer"] == {}


def test_a_lost_answer_to_a_conditional_change_is_not_repeated(play: Play, client: Client) -> None:
    """The second try would be refused because of the first."""
    gateway, script = play(LOST)
    with pytest.raises(client.ConnectionLost):
        gateway.resellers.update("res_1", client.models.ResellerPatch(), if_match='"1"')
    assert len(script.seen) == 1

    gateway, script = play(NOBODY, answer({}, 404))
    with pytest.raises(client.NotFound):
        gateway.resellers.update("res_1", client.models.ResellerPatch(), if_match='"1"')
    assert len(script.seen) == 2


def test_a_token_is_fetched_once_and_renewed_before_it_ends(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("spe_gateway_client.tokens.time", clock)
    gateway, script = play(PAGE, token_seconds=900)
    script.together = Barrier(2)
    with ThreadPoolExecutor(8) as threads:
        for each in [threads.submit(list, gateway.resellers.list()) for _ in range(16)]:
            each.result()
    assert script.tokens == 1
    script.together = None

    now += 839
    list(gateway.resellers.list())
    assert script.tokens == 1
    now += 2
    list(gateway.resellers.list())
    assert script.tokens == 2
    assert script.seen[-1].headers["Authorization"] == "Bearer t2"


def test_a_token_that_is_refused_is_renewed_once(play: Play, client: Client) -> None:
    refused = problem(401, "UNAUTHENTICATED", retryable=False)
    gateway, script = play(refused, DONE)
    gateway.stores.verify("ins_1", 1)
    assert script.tokens == 2
    assert len(set(script.keys())) == 1
    assert [each.headers["Authorization"] for each in script.seen] == ["Bearer t1", "Bearer t2"]

    gateway, script = play(refused)
    with pytest.raises(client.Unauthenticated):
        gateway.stores.verify("ins_1", 1)
    assert (script.tokens, len(script.seen)) == (2, 2)


def test_who_is_not_let_in_is_told_so(client: Client) -> None:
    refusal = httpx.Response(401, json={"error": "invalid_client", "error_description": "No."})
    http = httpx.MockTransport(lambda _request: refusal)

    with (
        client.Gateway("http://gateway", "cli", "wrong", http=http) as gateway,
        pytest.raises(client.SignInRefused, match="no token: No"),
    ):
        gateway.me.get()


def test_a_list_is_read_page_by_page_while_it_is_used(play: Play) -> None:
    gateway, script = play(
        answer({"items": [operation("running")], "nextCursor": "c/1"}),
        answer({"items": [], "nextCursor": "c/2"}),
        answer({"items": [operation("unheardOf", id="op_2")], "nextCursor": None}),
    )
    operations = gateway.operations.list(status="running", limit=1)
    assert script.seen == []
    assert next(iter(operations)).id == "op_1"
    assert len(script.seen) == 1

    gateway, script = play(
        answer({"items": [operation("running")], "nextCursor": "c/1"}),
        answer({"items": [], "nextCursor": "c/2"}),
        answer({"items": [operation("unheardOf", id="op_2")], "nextCursor": None}),
    )
    operations = gateway.operations.list(status="running", limit=1)
    assert [each.id for each in operations] == ["op_1", "op_2"]
    asked = [each.url.params for each in script.seen]
    assert [each.get("cursor") for each in asked] == [None, "c/1", "c/2"]
    assert {each["status"] for each in asked} == {"running"}
    assert {each["limit"] for each in asked} == {"1"}


def test_what_is_recorded_tells_the_version_of_what_was_read(play: Play, client: Client) -> None:
    versioned = answer({"items": [], "nextCursor": None}, ETag='"7"', X_Request_Id="req_1")
    gateway, script = play(versioned, problem(412, "PRECONDITION_FAILED", retryable=False))
    with gateway.recording() as answers:
        list(gateway.resellers.list())
        assert (answers.etag, answers.request_id) == ('"7"', "req_1")
        with pytest.raises(client.PreconditionFailed):
            gateway.resellers.get("res_1")
    with pytest.raises(client.GatewayError, match="no ETag"):
        _ = answers.etag
    assert [each.status_code for each in answers.answers] == [200, 412]
    assert script.seen[0].headers["SPE-Gateway-Version"] == "2026-11-21"

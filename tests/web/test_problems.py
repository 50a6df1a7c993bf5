"""Every error is a problem, and none shows what is not the caller's business."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.broker.engine.breakers import DeploymentPaused
from gateway.broker.engine.problems import OperationFailed, problem_of
from gateway.errors import AnswerLost, DeploymentUnreachable, GatewayError, PinMismatch
from gateway.web.docs import problem_kinds
from gateway.web.problems import answer_gateway_error, problem_type
from tests.web.toy import SHELVES

MEMBERS = ["type", "title", "status", "detail", "instance", "code", "requestId", "retryable"]


def problem(answer: object) -> dict[str, object]:
    """Check the envelope and return it."""
    assert answer.content_type == "application/problem+json"
    assert list(answer.json)[: len(MEMBERS)] == MEMBERS
    assert answer.json["status"] == answer.status_code
    assert answer.json["requestId"] == answer.headers["X-Request-Id"]
    assert answer.json["type"] == f"/docs/problems#{answer.json['code']}"
    assert re.fullmatch(r"[\x21-\x7e]+", answer.json["instance"])
    assert "SECRET" not in answer.text
    return answer.json


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("not-found", 404, "NOT_FOUND"),
        ("permission", 403, "PERMISSION_MISSING"),
        ("progress", 409, "OPERATION_IN_PROGRESS"),
        ("unreachable", 503, "DEPLOYMENT_UNREACHABLE"),
        ("pin", 503, "CERTIFICATE_PIN_MISMATCH"),
        ("failed", 502, "COMMAND_FAILED"),
        ("storage", 503, "STORAGE_UNAVAILABLE"),
        ("set-up", 500, "INTERNAL"),
        ("bug", 500, "INTERNAL"),
        ("key", 500, "INTERNAL"),
    ],
)
def test_each_error_is_answered_with_its_status_and_code(
    reseller_client: FlaskClient, fault: str, status: int, code: str
) -> None:
    answer = reseller_client.get(f"/faults/{fault}")
    assert answer.status_code == status
    assert problem(answer)["code"] == code
    assert "upstream" not in answer.json


def test_a_problem_reads_as_it_always_did(reseller_client: FlaskClient) -> None:
    answer = reseller_client.get("/faults/not-found", headers={"X-Request-Id": "r-1"})
    assert answer.text == (
        '{"type":"/docs/problems#NOT_FOUND","title":"There is no such resource","status":404,'
        '"detail":"Nothing is here that your client sees: check path and ids, and GET /me.",'
        '"instance":"/faults/not-found",'
        '"code":"NOT_FOUND","requestId":"r-1","retryable":false}\n'
    )


def test_what_is_not_found_says_what_to_do_next(reseller_client: FlaskClient) -> None:
    """The same for what is absent, foreign, or no path at all; and more than its title."""
    for path in ("/faults/not-found", "/no/such/path"):
        problem = reseller_client.get(path).get_json(force=True)
        assert problem["detail"] != problem["title"]
        assert "GET /me" in problem["detail"]


def test_only_operators_see_the_words_of_a_deployment(
    client: FlaskClient, reseller_client: FlaskClient
) -> None:
    shown = client.get("/faults/failed").json["upstream"]
    assert shown == {"deployment": "dep_1", "command": "X", "message": "SECRET words"}
    assert "upstream" not in problem(reseller_client.get("/faults/failed"))


def test_a_missing_permission_is_named(client: FlaskClient) -> None:
    assert problem(client.get("/faults/permission"))["permission"] == "stores:run"


def test_the_operation_in_progress_is_named(client: FlaskClient) -> None:
    answer = problem(client.get("/faults/progress"))
    assert (answer["operation"], answer["retryable"]) == ("op_1", True)


@pytest.mark.parametrize("fault", ["unreachable", "storage"])
def test_what_may_be_sent_again_says_when(client: FlaskClient, fault: str) -> None:
    answer = client.get(f"/faults/{fault}")
    assert answer.json["retryable"] is True
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("fault", ["pin", "failed", "not-found", "bug"])
def test_what_may_not_be_sent_again_says_so(client: FlaskClient, fault: str) -> None:
    answer = client.get(f"/faults/{fault}")
    assert answer.json["retryable"] is False
    assert "Retry-After" not in answer.headers


def test_a_bug_is_logged_with_its_trace(client: FlaskClient) -> None:
    with capture_logs() as logs:
        problem(client.get("/faults/bug"))
    logged = [entry for entry in logs if entry["event"] == "internal_error"]
    assert isinstance(logged[0]["exc_info"], ZeroDivisionError)


def test_trouble_with_a_deployment_is_logged_once_for_operators(
    reseller_client: FlaskClient,
) -> None:
    with capture_logs() as logs:
        reseller_client.get("/faults/failed")
    (line,) = [entry for entry in logs if entry["event"] == "request_failed"]
    assert (line["log_level"], line["code"], line["status"]) == ("warning", "COMMAND_FAILED", 502)
    assert (line["deployment"], line["command"]) == ("dep_1", "X")
    assert line["message"] == "SECRET words"


def test_an_operation_that_failed_is_logged_with_its_deployment(app: Flask) -> None:
    lost = AnswerLost("x", deployment="dep_1", command="Y", message="m" * 1000)
    with app.test_request_context(), capture_logs() as logs:
        answer_gateway_error(OperationFailed(problem_of(lost), "op_1", ()))
    (line,) = logs
    assert (line["event"], line["operation"]) == ("request_failed", "op_1")
    assert (line["code"], line["deployment"], line["command"]) == ("ANSWER_LOST", "dep_1", "Y")
    assert len(line["message"]) == 300


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (DeploymentUnreachable(), "5"),
        (DeploymentPaused(seconds=27), "27"),
        (PinMismatch(), None),
        (AnswerLost(), None),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_failed_operation_says_when_to_try_again_as_its_error_did(
    app: Flask, error: GatewayError, seconds: str | None
) -> None:
    """Time alone mends no certificate, and no answer that was lost."""
    again = OperationFailed(problem_of(error), "op_1", ())
    with app.test_request_context():
        told = [answer_gateway_error(each).headers.get("Retry-After") for each in (error, again)]
    assert told == [seconds, seconds]


def test_what_the_caller_can_mend_is_not_logged_as_trouble(client: FlaskClient) -> None:
    with capture_logs() as logs:
        client.get("/faults/not-found")
    assert [entry for entry in logs if entry["event"] == "request_failed"] == []


def test_an_unknown_route_and_an_absent_object_read_the_same(client: FlaskClient) -> None:
    own = {"X-Request-Id": "r-1"}
    unknown = client.get("/nothing/here", headers=own).json
    absent = client.get("/faults/not-found", headers=own).json
    assert {**unknown, "instance": ""} == {**absent, "instance": ""}


def test_a_method_that_is_not_there_names_those_that_are(client: FlaskClient) -> None:
    answer = client.put(SHELVES)
    assert problem(answer)["code"] == "METHOD_NOT_ALLOWED"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PROPFIND", "PURGE"])
def test_other_methods_are_not_allowed(client: FlaskClient, method: str) -> None:
    answer = client.open(SHELVES, method=method)
    assert answer.status_code == 405
    assert "Allow" in answer.headers


def test_head_needs_what_get_needs(client: FlaskClient, anonymous: FlaskClient) -> None:
    assert client.head(SHELVES).status_code == 200
    assert client.head(SHELVES).data == b""
    assert anonymous.head(SHELVES).status_code == 401


def test_a_method_cannot_be_overridden_by_a_header(client: FlaskClient) -> None:
    answer = client.get(f"{SHELVES}/1", headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 200


def test_the_instance_is_a_uri_reference_whatever_was_called(client: FlaskClient) -> None:
    answer = client.get('/nothing/"<script>%C3%BC%0A%FF?x=1')
    assert problem(answer)["instance"] == "/nothing/%22%3Cscript%3E%C3%BC%0A%EF%BF%BD"


def test_every_type_is_described_on_the_page_of_problems(anonymous: FlaskClient) -> None:
    page = anonymous.get("/docs/problems").text
    kinds = list(problem_kinds())
    assert len(kinds) > 25
    for kind in kinds:
        assert f'id="{kind.code}"' in page
        assert problem_type(kind.code) == f"/docs/problems#{kind.code}"
    assert "CONFIGURATION" not in page


def test_a_method_that_a_path_does_not_take_is_a_problem_of_its_own(client: FlaskClient) -> None:
    answer = client.put("/faults/not-found")
    assert problem(answer)["code"] == "METHOD_NOT_ALLOWED"
    assert "Allow" in answer.json["detail"]
    assert "GET" in answer.headers["Allow"]

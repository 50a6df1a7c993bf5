"""The fault gateway does what it says, and sees who does not stand it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from openapi.sdk.contract import document
from openapi.sdk.faults.drift import NEW_FIELD, NEW_WORD, drifted, schema_of, template_of
from openapi.sdk.faults.proxy import FAULTS, FaultGateway
from openapi.sdk.language import SdkError

OPERATION = {"$ref": "#/components/schemas/Operation"}
BOTH = frozenset({"unknown-words", "unknown-fields"})


class Behind(BaseHTTPRequestHandler):
    """A gateway that has no resellers; it remembers what it was asked."""

    asked: list[tuple[str, str, str | None]]

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.asked.append((self.command, self.path, self.headers.get("Prefer")))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"items": [], "nextCursor": null}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def behind() -> Iterator[str]:
    Behind.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Behind) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def call(between: FaultGateway, method: str, path: str, key: str = "") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Idempotency-Key": key} if key else {}
        return session.request(method, between.url + path, headers=headers, timeout=30)


def test_words_of_open_lists_are_new_but_the_ends_of_operations() -> None:
    running: dict[str, Any] = {"status": "running", "steps": [{"status": "sending"}], "id": "op"}

    changed = drifted(running, OPERATION, BOTH)
    assert changed["status"] == changed["steps"][0]["status"] == NEW_WORD
    assert changed["id"] == "op"
    for end in ("succeeded", "failed", "cancelled", "unknown"):
        assert drifted({"status": end}, OPERATION, BOTH)["status"] == end
    assert drifted(running, OPERATION, frozenset()) == running


def test_objects_have_a_new_field_but_maps_have_no_new_entry() -> None:
    instance = {"$ref": "#/components/schemas/Instance"}
    told = {"labels": {"tier": "gold"}, "drift": None}

    changed = drifted(told, instance, BOTH)
    assert NEW_FIELD in changed
    assert changed["labels"] == {"tier": "gold"}
    assert changed["drift"] is None


def test_a_path_is_found_in_the_contract() -> None:
    assert template_of("POST", "/deployments/probe") == "/deployments/probe"
    assert template_of("GET", "/deployments/dep_1") == "/deployments/{deployment}"
    assert template_of("GET", "/moon") is None
    schema = schema_of("GET", "/operations/{operation}", 200)
    assert schema is not None
    assert schema["$ref"].endswith("/Operation")
    assert schema_of("GET", "/operations/{operation}", 299) is None
    assert document()["paths"].keys() >= {"/operations/{operation}"}


def test_each_sixth_call_is_too_early_and_each_sixth_meets_nobody(behind: str) -> None:
    with FaultGateway(behind, ("throttled", "unavailable")) as between:
        answers = [call(between, "GET", "/resellers") for _ in range(12)]

    statuses = [each.status_code for each in answers]
    assert statuses == [200, 429, 200, 200, 503, 200] * 2
    assert answers[1].headers["Retry-After"] == "1"
    assert "Retry-After" not in answers[4].headers
    assert answers[4].json()["retryable"] is True
    assert len(Behind.asked) == 8


def test_an_answer_is_lost_after_the_call_was_carried_out_once_for_each_key(behind: str) -> None:
    with FaultGateway(behind, ("lost-answer",)) as between:
        for key in ("a", "b"):
            with pytest.raises(requests.ConnectionError):
                call(between, "POST", "/resellers", key)
            assert call(between, "POST", "/resellers", key).status_code == 200
        assert call(between, "POST", "/clients", "c").status_code == 200
        assert call(between, "GET", "/resellers").status_code == 200
        between.require_met()

    assert len(Behind.asked) == 6
    assert between.injected() == 2


def test_nothing_is_waited_for_but_the_end_of_an_operation(behind: str) -> None:
    with FaultGateway(behind, ("accepted",)) as between, requests.Session() as session:
        session.trust_env = False
        for path in ("/resellers", "/operations/op_1"):
            session.get(between.url + path, headers={"Prefer": "wait=20"}, timeout=30)

    assert [prefer for _, _, prefer in Behind.asked] == ["wait=0", "wait=20"]


def test_who_never_meets_a_fault_proves_nothing(behind: str) -> None:
    with FaultGateway(behind, FAULTS) as between:
        call(between, "GET", "/resellers")
    with pytest.raises(SdkError, match="has not met accepted, lost-answer, throttled, una"):
        between.require_met()


def test_who_sends_no_key_is_named(behind: str) -> None:
    with FaultGateway(behind, ()) as between:
        call(between, "POST", "/resellers", "key")
        between.require_met()
        call(between, "POST", "/resellers?a=b")
    with pytest.raises(SdkError, match=r"to /resellers\?a=b"):
        between.require_met()


def test_a_fault_that_is_none_is_refused(behind: str) -> None:
    with pytest.raises(ValueError, match="meteor"):
        FaultGateway(behind, ("meteor",))

"""The provisioning module among the examples, against a gateway that is served by a process."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.docs.stage import Stage
from tests.docs.tables import ROOT
from tests.examples.conftest import account
from tests.examples.scripts import Example, loaded

SCRIPT = ROOT / "examples" / "provisioning.py"
NUMBERS = count(4711)


@pytest.fixture(scope="module")
def example() -> ModuleType:
    return loaded(SCRIPT)


@pytest.fixture
def known(stage: Stage, tmp_path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(account(stage, tmp_path, "reseller-admin").read_text())
    return found


@pytest.fixture
def module(example: ModuleType, known: dict[str, str]) -> Example:
    gateway = example.Gateway(known["gateway"], known["clientId"], known["clientSecret"])
    return example.Provisioning(gateway)


@pytest.fixture
def service() -> str:
    return str(next(NUMBERS))


@pytest.fixture(autouse=True)
def _no_faults(stage: Stage) -> Iterator[None]:
    yield
    stage.control.clear_faults()


def row(stage: Stage, service: str) -> tuple[str, str]:
    found = stage.control.state()["instances"][f"service-{service}"]
    return found["status"], found["start_mode"]


def sent(stage: Stage, command: str, service: str) -> int:
    name = f"service-{service}"
    entries = [each for each in stage.control.journal() if each["command"] == command]
    return sum(name in json.dumps(each["arguments"]) for each in entries)


def test_the_command_line_runs_the_whole_life_of_a_service(
    stage: Stage, tmp_path: Path, service: str
) -> None:
    path = account(stage, tmp_path, "reseller-admin")
    done = subprocess.run(  # noqa: S603 - our own example
        [sys.executable, str(SCRIPT), "--account", str(path), "whole-flow", service],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "CreateAccount",
        "ChangePackage",
        "SuspendAccount",
        "UnsuspendAccount",
        "UsageUpdate",
        "TerminateAccount",
    ]
    states = [line.split()[2] for line in lines if "UsageUpdate" not in line]
    assert states == ["running", "running", "suspended", "running", "deleted"]
    assert [line.split()[3] for line in lines[:2]] == ["silver", "gold"]


def test_every_function_may_be_called_twice(stage: Stage, module: Example, service: str) -> None:
    for _ in range(2):
        made = module.create_account(service, package="silver", name="Acme")
    assert sent(stage, "CreateInstance", service) == 1
    assert made["externalId"] == service
    for _ in range(2):
        assert module.suspend_account(service)["status"] == "suspended"
    assert row(stage, service) == ("stopped", "disabled")
    for _ in range(2):
        changed = module.change_package(service, package="gold")
        assert (changed["labels"]["package"], changed["status"]) == ("gold", "suspended")
    for _ in range(2):
        assert module.unsuspend_account(service)["status"] == "running"
    assert row(stage, service) == ("running", "automatic")
    for _ in range(2):
        assert module.terminate_account(service)["status"] == "deleted"


def test_who_is_suspended_again_after_paying_is_suspended(
    stage: Stage,
    module: Example,
    service: str,
) -> None:
    """The key of the second suspension is not that of the first."""
    module.create_account(service, package="silver", name="Acme")
    for _ in range(2):
        module.suspend_account(service)
        assert row(stage, service) == ("stopped", "disabled")
        module.unsuspend_account(service)
        assert row(stage, service) == ("running", "automatic")


def test_a_terminated_service_that_is_created_again_is_the_one_that_it_was(
    module: Example,
    service: str,
) -> None:
    first = module.create_account(service, package="silver", name="Acme")
    module.terminate_account(service)
    again = module.create_account(service, package="silver", name="Acme")
    assert (again["id"], again["status"]) == (first["id"], "running")


def test_what_takes_long_is_waited_for(
    module: Example, example: ModuleType, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setattr(example, "WAIT", 0)
    monkeypatch.setattr(example, "PAUSE", 0.05)
    made = module.create_account(service, package="silver", name="Acme")
    assert made["status"] == "running"
    assert module.suspend_account(service)["status"] == "suspended"


def test_a_creation_that_broke_off_is_carried_out_by_the_next_call(
    stage: Stage,
    module: Example,
    example: ModuleType,
    service: str,
) -> None:
    stage.control.fault("failed", "CreateStore")
    with pytest.raises(example.Refused):
        module.create_account(service, package="silver", name="Acme")
    made = module.create_account(service, package="silver", name="Acme")
    assert made["status"] == "running"
    assert sent(stage, "CreateInstance", service) == 1
    assert sent(stage, "CreateStore", service) == 2


def test_a_creation_that_spe_refused_can_be_tried_again(
    stage: Stage,
    module: Example,
    example: ModuleType,
    service: str,
) -> None:
    stage.control.fault("failed", "CreateInstance")
    with pytest.raises(example.Refused):
        module.create_account(service, package="silver", name="Acme")
    assert module.create_account(service, package="silver", name="Acme")["status"] == "running"


def test_a_service_that_is_not_there_is_named(module: Example, example: ModuleType) -> None:
    for function in (module.suspend_account, module.unsuspend_account, module.terminate_account):
        with pytest.raises(example.Refused, match="NO_SUCH_SERVICE"):
            function("0815")


def test_usage_is_told_by_service_and_what_was_not_read_is_no_zero(
    module: Example,
    service: str,
) -> None:
    module.create_account(service, package="silver", name="Acme")
    found = module.usage_update(datetime.now(UTC))
    assert all(set(each) == {"licences", "users", "messages", "bytes"} for each in found.values())
    assert 0 not in found.get(service, {}).values()


class Moody(BaseHTTPRequestHandler):
    """A gateway in a bad mood: answers what a test has put down, one after the other."""

    answers: list[tuple[int, dict[str, str], dict[str, Any]]]
    seen: list[tuple[str, str | None]]

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/oauth/token":
            status, headers, body = 200, {}, {"access_token": "t", "expires_in": 900}
        else:
            self.seen.append((f"{self.command} {self.path}", self.headers.get("Idempotency-Key")))
            status, headers, body = self.answers.pop(0)
        said = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(said))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def moody(example: ModuleType) -> Iterator[Example]:
    """The example's client of such a gateway."""
    Moody.answers, Moody.seen = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Moody) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield example.Gateway(f"http://127.0.0.1:{server.server_address[1]}", "cli", "secret")
        server.shutdown()
        thread.join()


def test_a_busy_gateway_is_asked_again_when_it_says_and_under_the_same_key(
    moody: Example,
    example: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    # The example's own clock alone: other threads of the tests sleep by the module.
    clock = SimpleNamespace(sleep=slept.append, monotonic=time.monotonic)
    monkeypatch.setattr(example, "time", clock)
    problem = {"code": "RATE_LIMITED", "retryable": True}
    Moody.answers = [
        (429, {"Retry-After": "7"}, problem),
        (503, {"Retry-After": "3"}, {"code": "DEPLOYMENT_PAUSED", "retryable": True}),
        (409, {"Retry-After": "2"}, {"code": "IDEMPOTENCY_IN_FLIGHT", "retryable": True}),
        (502, {}, {"code": "DEPLOYMENT_UNREACHABLE", "retryable": True}),
        (200, {}, {"id": "ins_1"}),
    ]
    assert moody.call("POST", "/instances/ins_1/suspend", key="k") == {"id": "ins_1"}
    assert slept == [7.0, 3.0, 2.0, example.PAUSE]
    assert Moody.seen == [("POST /instances/ins_1/suspend", "k")] * 5


def test_what_another_try_would_not_change_is_not_tried_again(
    moody: Example,
    example: ModuleType,
) -> None:
    for status, code in ((409, "CONFLICT"), (403, "QUOTA_EXCEEDED"), (502, "COMMAND_FAILED")):
        Moody.answers = [(status, {}, {"code": code, "retryable": False, "detail": "No."})]
        with pytest.raises(example.Refused, match=code):
            moody.call("POST", "/instances", {}, key="k")
        assert Moody.answers == []


def test_it_gives_up_in_the_end(
    moody: Example,
    example: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(example, "PATIENCE", 5.0)
    Moody.answers = [(503, {"Retry-After": "60"}, {"code": "X", "retryable": True})]
    with pytest.raises(TimeoutError, match="call again"):
        moody.call("POST", "/instances", {}, key="k")

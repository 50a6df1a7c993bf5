"""The receivers among the examples take what is signed, once, and lose nothing of it.

Signatures are made here by the specification, not by the gateway's own code; that both agree is
proved by one delivery that the gateway's code signs.
"""

import ast
import hashlib
import hmac
import json
import resource
import shutil
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

import pytest
import requests

from gateway.events import signing
from tests.docs.tables import ROOT
from tests.services import ABSENT, leave_out

EXAMPLES = ROOT / "examples"
OURS = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
NEXT = "whsec_" + b64encode(b"fedcba9876543210fedcba9876543210").decode()
FOREIGN = "whsec_" + b64encode(b"x" * 32).decode()
EVENT = {"specversion": "1.0", "id": "evt_1", "type": "instance.suspended", "data": {"über": 1}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()
LIMIT = 10.0


def node() -> str:
    found = shutil.which("node")
    if found is None:
        leave_out(f"Node {ABSENT}: scripts/test-services installs it.")
    return found


def command(kind: str) -> list[str]:
    if kind == "python":
        return [sys.executable, str(EXAMPLES / "webhook_receiver.py")]
    return [node(), str(EXAMPLES / "webhook_receiver.mjs")]


@dataclass
class Receiver:
    """A running example.

    Attributes:
        process: what runs.
        url: where it listens.
        secrets: the file of its secrets.
        events: the file that it writes.
    """

    process: subprocess.Popen[str]
    url: str
    secrets: Path
    events: Path

    def post(self, headers: Mapping[str, str], body: bytes = BODY) -> int:
        return requests.post(self.url, data=body, headers=dict(headers), timeout=LIMIT).status_code

    def kept(self) -> list[Any]:
        return [json.loads(line) for line in self.events.read_text("utf-8").splitlines()]

    def ids(self) -> list[str]:
        return [each["webhookId"] for each in self.kept()]


@contextmanager
def started(kind: str, folder: Path, *secrets: str) -> Iterator[Receiver]:
    """Run a receiver as its docstring says, and end it without any mercy."""
    path, events = folder / "secrets.txt", folder / "events.jsonl"
    path.write_text("\n".join(secrets or (OURS,)) + "\n", encoding="ascii")
    options = ["--secrets", str(path), "--events", str(events), "--port", "0"]
    process = subprocess.Popen(  # noqa: S603 - our own example
        [*command(kind), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), process.communicate()
        yield Receiver(process, url, path, events)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.fixture(params=["python", "node"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def receiver(kind: str, tmp_path: Path) -> Iterator[Receiver]:
    with started(kind, tmp_path) as running:
        yield running


def signed(
    message: str = "msg_1", body: bytes = BODY, age: int = 0, secrets: tuple[str, ...] = (OURS,)
) -> dict[str, str]:
    """Sign as https://www.standardwebhooks.com has it."""
    timestamp = int(time()) - age
    content = f"{message}.{timestamp}.".encode() + body
    made = [
        b64encode(hmac.new(b64decode(each[6:]), content, hashlib.sha256).digest()).decode()
        for each in secrets
    ]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }


def test_a_delivery_is_in_the_file_when_it_is_answered(receiver: Receiver) -> None:
    assert receiver.post(signed()) == 204
    (line,) = receiver.kept()
    assert (line["webhookId"], line["event"]) == ("msg_1", EVENT)
    assert datetime.fromisoformat(line["receiveTime"]).tzinfo is not None


def test_what_the_gateway_signs_is_taken(receiver: Receiver) -> None:
    headers = signing.headers([NEXT, OURS], "evt_9", datetime.now(UTC), BODY)
    assert receiver.post(headers) == 204
    assert receiver.ids() == ["evt_9"]


def test_a_double_is_answered_and_written_once(receiver: Receiver) -> None:
    assert [receiver.post(signed()) for _ in range(3)] == [204] * 3
    assert receiver.post(signed("msg_2")) == 204
    assert receiver.ids() == ["msg_1", "msg_2"]


ALTERED: list[tuple[str, dict[str, str], bytes]] = [
    ("body", {}, BODY.replace(b"suspended", b"resumed")),
    ("id", {"webhook-id": "msg_2"}, BODY),
    ("time", {"webhook-timestamp": str(int(time()) - 1)}, BODY),
    ("no signature", {"webhook-signature": "v1,"}, BODY),
    ("another version", {"webhook-signature": "v1a,AAAA"}, BODY),
    ("no base64", {"webhook-signature": "v1,\xe4\xf6"}, BODY),
]


@pytest.mark.parametrize(
    ("changes", "body"), [case[1:] for case in ALTERED], ids=[case[0] for case in ALTERED]
)
def test_what_was_altered_is_refused(
    receiver: Receiver, changes: dict[str, str], body: bytes
) -> None:
    headers = {name: value.encode("latin-1") for name, value in {**signed(), **changes}.items()}
    answer = requests.post(receiver.url, data=body, headers=headers, timeout=LIMIT)
    assert answer.status_code == 401
    assert receiver.kept() == []


def test_anothers_signature_is_refused(receiver: Receiver) -> None:
    assert receiver.post(signed(secrets=(FOREIGN,))) == 401
    assert receiver.kept() == []


@pytest.mark.parametrize("age", [301, 86_400, -310])
def test_what_is_older_than_five_minutes_or_of_the_future_is_refused(
    receiver: Receiver, age: int
) -> None:
    assert receiver.post(signed(age=age)) == 400
    assert receiver.kept() == []


def test_what_is_four_minutes_old_is_taken(receiver: Receiver) -> None:
    assert receiver.post(signed(age=240)) == 204


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_lacks_a_header_is_refused(receiver: Receiver, name: str) -> None:
    headers = signed()
    del headers[name]
    assert receiver.post(headers) == 400
    assert receiver.post({**signed(), "webhook-timestamp": "now"}) == 400
    assert receiver.kept() == []


def test_signed_nonsense_and_too_much_are_refused(receiver: Receiver) -> None:
    assert receiver.post(signed(body=b"{"), b"{") == 400
    large = b"9" * 1_048_577
    try:
        status = receiver.post(signed(body=large), large)
    except requests.ConnectionError:  # it hangs up on whoever goes on sending
        status = 413
    assert status == 413
    assert receiver.kept() == []


def test_each_of_two_secrets_counts_and_a_change_needs_no_restart(
    kind: str, tmp_path: Path
) -> None:
    with started(kind, tmp_path, OURS) as receiver:
        assert receiver.post(signed("msg_1", secrets=(NEXT,))) == 401
        receiver.secrets.write_text(f"{NEXT}\n{OURS}\n")
        assert receiver.post(signed("msg_1", secrets=(NEXT,))) == 204
        assert receiver.post(signed("msg_2", secrets=(OURS,))) == 204
        assert receiver.post(signed("msg_3", secrets=(FOREIGN, NEXT))) == 204
        receiver.secrets.write_text(f"{NEXT}\n")
        assert receiver.post(signed("msg_4", secrets=(OURS,))) == 401
        assert receiver.ids() == ["msg_1", "msg_2", "msg_3"]


def test_what_was_answered_outlives_a_kill_and_is_not_taken_twice(
    kind: str, tmp_path: Path
) -> None:
    with started(kind, tmp_path) as receiver:
        assert receiver.post(signed("msg_1")) == 204
    with started(kind, tmp_path) as again:
        assert again.post(signed("msg_1")) == 204
        assert again.post(signed("msg_2")) == 204
        assert again.ids() == ["msg_1", "msg_2"]


def test_half_a_line_of_a_write_that_was_cut_off_is_sent_again(kind: str, tmp_path: Path) -> None:
    with started(kind, tmp_path) as receiver:
        assert receiver.post(signed("msg_1")) == 204
    with (tmp_path / "events.jsonl").open("ab") as events:
        events.write(b'{"webhookId": "msg_2", "recei')
    with started(kind, tmp_path) as again:
        assert again.post(signed("msg_2")) == 204
        assert again.ids() == ["msg_1", "msg_2"]


def test_what_cannot_be_kept_is_not_answered_as_kept(receiver: Receiver) -> None:
    """The disk is full, as far as the receiver can tell; then there is room again."""
    size = receiver.events.stat().st_size
    pid = receiver.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 40, before[1]))
    assert receiver.post(signed()) == 500
    assert receiver.kept() == []
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert receiver.post(signed()) == 204
    assert receiver.ids() == ["msg_1"]


@pytest.mark.parametrize("secrets", ["", "secret", "whsec_!"], ids=["none", "bare", "no base64"])
def test_a_receiver_without_a_usable_secret_does_not_begin(
    kind: str, tmp_path: Path, secrets: str
) -> None:
    path = tmp_path / "secrets.txt"
    path.write_text(secrets)
    options = ["--secrets", str(path), "--events", str(tmp_path / "events.jsonl")]
    done = subprocess.run(  # noqa: S603 - our own example
        [*command(kind), *options], capture_output=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert b"secret" in done.stderr


def test_the_examples_need_nothing_but_what_they_say() -> None:
    own = {"webhook_receiver.py": set(sys.stdlib_module_names)}
    own["provisioning.py"] = own["monthly_invoice.py"] = {*sys.stdlib_module_names, "requests"}
    for name, known in own.items():
        tree = ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))
        assert imported(tree) <= known, name


def imported(tree: ast.AST) -> set[str]:
    """Return the packages that a script imports."""
    names = [each.names[0].name for each in ast.walk(tree) if isinstance(each, ast.Import)]
    names += [str(each.module) for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}

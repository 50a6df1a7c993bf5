"""The client of the cluster's demonstration, and the log of the proxy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy.cluster import client
from deploy.cluster.client import PersistentApi, Record
from deploy.cluster.proxy import Passage, passages
from gateway.cli.api_client import Call, Unreachable

IN_FLIGHT = (409, {"code": "IDEMPOTENCY_IN_FLIGHT"})
MADE = (201, {"id": "ins_1"})
BREAKS = (0, None)

Answer = tuple[int, object]


class Scripted(HTTPServer):
    """Answers one request after the other as it is told, and keeps their headers."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.seen: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(dict(self.headers))
        status, body = self.server.answers.pop(0)
        if status:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    with Scripted(list(answers)) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE_SECONDS", 0.0)


def test_a_call_is_repeated_under_its_key_until_it_is_answered() -> None:
    record = Record()
    with scripted(BREAKS, IN_FLIGHT, IN_FLIGHT, MADE) as server:
        api = PersistentApi(f"http://127.0.0.1:{server.server_port}", record)
        answer = api.send(Call("POST", "/instances", {"Prefer": "wait=0"}, {"instanceID": "acme"}))

    assert (answer.status, answer.body) == MADE
    assert [each.status for each in record.attempts] == [None, 409, 409, 201]
    assert len({each["Idempotency-Key"] for each in server.seen}) == 1
    assert [each["X-Request-Id"] for each in server.seen] == [each.name for each in record.attempts]
    assert len({each.request for each in record.attempts}) == 1
    assert len(record.broken()) == 1


def test_each_call_has_a_key_of_its_own_and_a_token_none() -> None:
    with scripted(MADE, MADE, (200, {})) as server:
        api = PersistentApi(f"http://127.0.0.1:{server.server_port}", Record())
        for _ in range(2):
            api.send(Call("POST", "/instances", body={}))
        api.send(Call("POST", "/oauth/token", form={"grant_type": "client_credentials"}))

    first, second, token = server.seen
    assert first["Idempotency-Key"] != second["Idempotency-Key"]
    assert "Idempotency-Key" not in token


def test_what_is_never_answered_is_given_up_and_stays_on_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "PATIENCE_SECONDS", 0.0)
    record = Record()
    with scripted(BREAKS) as server, pytest.raises(Unreachable):
        PersistentApi(f"http://127.0.0.1:{server.server_port}", record).send(
            Call("POST", "/instances", body={})
        )

    assert [each.status for each in record.attempts] == [None]


def test_the_log_of_the_proxy_says_who_answered(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "[NOTICE]   (1) : New worker (2) forked\n"
        "- <NOSRV> 400 CR\n"
        "one gateway-a 502 SH\n"
        "two gateway-b 201 --\n"
        "three gateway-a -1 CD\n"
    )

    seen = passages(log)

    assert seen["one"] == Passage("gateway-a", 502, "SH")
    assert seen["two"] == Passage("gateway-b", 201, "--")
    assert seen["three"].status == -1

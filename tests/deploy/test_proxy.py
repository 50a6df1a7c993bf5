"""The recommended proxy, as its file stands: what it passes on, and what it says itself."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway import serving
from gateway.setting_fields import defaults
from gateway.settings import Settings
from gateway.web.body import MAX_BODY_BYTES
from gateway.web.event_streams import HEARTBEAT_SECONDS
from gateway.web.oauth.server import MAX_FORM_BYTES
from gateway.web.preferences import MAX_WAIT_SECONDS
from tests.core import until
from tests.deploy.house import (
    CONFIGURATION,
    PATIENCE,
    House,
    certified,
    house,
    proxied,
    rest,
    statuses,
)
from tests.deploy.house import program as haproxy

FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X_Forwarded_For": "6.6.6.6",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=6.6.6.6;proto=http;host=evil.example",
    "X-Real-IP": "6.6.6.6",
    "SCRIPT_NAME": "/evil",
    "PATH_INFO": "/evil",
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway behind the proxy, for all tests."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


def number(pattern: str) -> int:
    """Return a number that stands in the configuration."""
    found = re.search(rf"{pattern} (\d+)", CONFIGURATION.read_text())
    assert found, pattern
    return int(found[1])


def head(method: str, path: str, **headers: str) -> bytes:
    """Return the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    return "\r\n".join([*lines, *(f"{n}: {v}" for n, v in headers.items()), "", ""]).encode()


def test_the_file_is_valid_as_it_stands(tmp_path: Path) -> None:
    checked = subprocess.run(  # noqa: S603 # a program of the system, and no shell
        [haproxy(), "-c", "-f", str(CONFIGURATION)],
        env={**os.environ, "PROXY_CERTIFICATE": str(certified(tmp_path))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_its_figures_fit_the_gateway_s() -> None:
    room = number(r"tune\.bufsize") - 1024  # tune.maxrewrite, as HAProxy has it

    assert number(r"tune\.http\.maxhdr") < serving.limit_request_fields
    assert number("url,length gt") + len("OPTIONS  HTTP/1.1") < serving.limit_request_line
    assert room >= serving.limit_request_field_size + serving.limit_request_line + MAX_FORM_BYTES
    assert number("413 if { req.body_size gt") <= MAX_BODY_BYTES
    assert number("timeout server") > MAX_WAIT_SECONDS
    assert number("timeout client") > HEARTBEAT_SECONDS
    assert number("hard-stop-after") > serving.graceful_timeout
    assert number("inter 2s .* maxconn") < defaults(Settings)["http_threads"]


def test_the_gateway_sees_the_address_of_the_client_whatever_it_says(behind: House) -> None:
    signed = {"Authorization": f"Bearer {behind.token}", "Connection": "close"}
    said = behind.answer(head("GET", "/me", **signed, **FORGED), "127.0.0.31")

    assert statuses(said) == [200]
    until(lambda: behind.paths("127.0.0.31") == ["/me"])
    assert "6.6.6.6" not in behind.gateway.log


def test_a_client_with_networks_is_let_in_by_its_true_address(behind: House) -> None:
    body = {"name": "Bound", "roles": ["operator"], "allowedIps": ["127.0.0.41/32"]}
    client = behind.call("POST", "/clients", json=body).json()
    form = f"grant_type=client_credentials&client_id={client['id']}&client_secret="
    raw = (form + client["clientSecret"]).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    length = {"Content-Length": str(len(raw))}
    asked = head("POST", "/oauth/token", **kind, **length, **{"X-Forwarded-For": "127.0.0.41"})

    assert statuses(behind.answer(asked + raw, "127.0.0.42")) == [401]
    assert statuses(behind.answer(asked + raw, "127.0.0.41")) == [200]


def test_the_audit_log_has_the_address_of_the_client(behind: House) -> None:
    signed = {"Authorization": f"Bearer {behind.token}", "Connection": "close"}
    raw = json.dumps({"name": "Below"}).encode()
    kind = {"Content-Type": "application/json", "Content-Length": str(len(raw))}
    said = behind.answer(head("POST", "/resellers", **signed, **kind, **FORGED) + raw, "127.0.0.51")

    assert statuses(said) == [201]
    until(lambda: "127.0.0.51" in behind.call("GET", "/audit-log").text)
    assert "6.6.6.6" not in behind.call("GET", "/audit-log").text


def test_the_id_of_a_request_is_passed_on_and_logged(behind: House) -> None:
    answer = behind.call("GET", "/me", headers={"X-Request-Id": "mine-4711"})

    assert answer.headers["X-Request-Id"] == "mine-4711"
    until(lambda: "mine-4711" in behind.log)


def test_the_log_has_no_query(behind: House) -> None:
    behind.call("GET", "/instances?externalId=canary-in-a-query")

    until(lambda: '"path":"/instances"' in behind.log)
    assert "canary-in-a-query" not in behind.log


def test_clients_may_speak_http_2(behind: House) -> None:
    asked = subprocess.run(  # noqa: S603 # a program of the system, and no shell
        [
            *("curl", "-sS", "--http2", "--cacert", str(behind.certificate)),
            *("-o", os.devnull, "-w", "%{http_version} %{http_code}", f"{behind.url}/healthz"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert asked.stdout == "2 200"


def test_clients_may_speak_http_1_0(behind: House) -> None:
    assert statuses(behind.answer(b"GET /healthz HTTP/1.0\r\n\r\n")) == [200]


def test_requests_that_come_at_once_are_answered_one_after_another(behind: House) -> None:
    last = head("GET", "/nowhere", Connection="close")

    assert statuses(behind.answer(head("GET", "/healthz") * 2 + last)) == [200, 200, 404]


@pytest.mark.parametrize("target", ["http://evil.example/healthz", "*", "healthz", "//healthz"])
def test_another_form_of_target_changes_nothing(behind: House, target: str) -> None:
    """What is asked of another host is refused, or answered as what it is here."""
    said = behind.answer(head("GET", target, Connection="close"))

    assert statuses(said)[0] in {200, 308, 400, 404}
    assert b"evil.example" not in said


def test_what_it_says_itself_is_a_problem(behind: House) -> None:
    said = behind.answer(head("GET", "/" + "a" * 5000, Connection="close"))

    assert statuses(said) == [400]
    assert b"application/problem+json" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["status"] == 400


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_for_proxies_are_refused(behind: House, method: str) -> None:
    said = behind.answer(
        head(method, "localhost:1" if method == "CONNECT" else "/me", Connection="close")
    )

    assert statuses(said)[:1] in ([405], [400], [])
    assert "/me" not in behind.paths("127.0.0.2")


def test_a_body_over_the_limit_is_refused_before_it_comes(behind: House) -> None:
    said = behind.answer(head("POST", "/instances", **{"Content-Length": "1048577"}))

    assert statuses(said)[0] in {408, 413}
    assert "/instances" not in behind.paths("127.0.0.2")


def test_answers_say_nothing_of_what_serves_and_demand_tls(behind: House) -> None:
    answer = behind.call("GET", "/me")

    assert "Server" not in answer.headers
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_its_metrics_are_elsewhere(behind: House) -> None:
    metrics = requests.get(f"http://127.0.0.1:{behind.metrics}/metrics", timeout=PATIENCE)

    assert "haproxy_backend_status" in metrics.text
    assert behind.call("GET", "/metrics").status_code == 404


def test_what_is_waited_for_longer_than_a_client_may_be_silent_is_answered(behind: House) -> None:
    body = {"instanceID": "acme", "displayName": "Acme", "store": {"name": "2026"}}
    answer = behind.call("POST", "/instances", json=body, headers={"Prefer": "wait=20"})

    assert answer.status_code in {201, 202}, answer.text


def test_a_stream_is_passed_on_as_it_comes(behind: House) -> None:
    with behind.line() as line:
        signed = {"Authorization": f"Bearer {behind.token}", "Accept": "text/event-stream"}
        line.sendall(head("GET", "/events/stream?after=0", **signed))
        said = b""
        while b"\ndata:" not in said and b"\n:" not in said:
            piece = line.recv(65536)
            assert piece, said
            said += piece

    assert statuses(said) == [200]


def test_it_lets_what_is_under_way_end_and_takes_no_more(behind: House, tmp_path: Path) -> None:
    with proxied(tmp_path, behind.address, behind.gateway) as second, second.line() as line:
        line.sendall(head("POST", "/oauth/token", **{"Content-Length": "200"}))
        second.proxy.send_signal(signal.SIGUSR1)
        until(lambda: refuses(second.port))
        line.sendall(b"x" * 200)

        assert statuses(rest(line)) == [400]
        assert second.proxy.wait(PATIENCE) == 0


def refuses(port: int) -> bool:
    """Whether nobody listens."""
    with socket.socket() as caller:
        return bool(caller.connect_ex(("127.0.0.1", port)))

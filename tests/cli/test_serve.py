import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from tests.cli.conftest import Program, Served
from tests.cli.program import Running, environment, line_with, running, talking

SERVE = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]


@pytest.fixture
def gateway(ready_home: Path, tmp_path: Path) -> Iterator[Running]:
    """A gateway of this test's own."""
    with running(SERVE, environment(ready_home), tmp_path / "gateway.log") as process:
        yield process


def requests_logged(log: str) -> list[dict[str, object]]:
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [event for event in events if event["event"] == "request"]


def test_a_gateway_says_once_that_it_is_ready_and_then_answers(served: Served) -> None:
    answer = requests.get(f"{served.url}/readyz", timeout=10)

    assert answer.json() == {"status": "ok"}
    assert served.process.log.count(f"spe-gateway is ready on {served.url}\n") == 1


def test_the_access_log_has_the_request_but_none_of_its_secrets(served: Served) -> None:
    token = served.token()
    head = (
        "GET /me?password=canary-query HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nX-Request-Id: canary-request\r\n\r\n"
    )

    say(served.url, head.encode())  # closed only after the line is written
    log = served.process.log

    (line,) = [each for each in requests_logged(log) if each["request_id"] == "canary-request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/me", 422)
    assert line["client"] == served.client_id
    for secret in (token, "canary-query", served.client_secret, "Bearer"):
        assert secret not in log


def test_a_request_that_cannot_be_parsed_is_not_logged_as_an_earlier_client_s(
    home: Path, tmp_path: Path
) -> None:
    operator = initialise(Settings(home=home))
    env = environment(home, http_threads="1")
    with running(SERVE, env, tmp_path / "one.log") as process:
        url = process.first_line()["url"]
        form = {
            "grant_type": "client_credentials",
            "client_id": operator.client_id,
            "client_secret": operator.client_secret,
        }
        token = requests.post(f"{url}/oauth/token", data=form, timeout=10).json()["access_token"]
        requests.get(f"{url}/me", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer = say(url, b"GARBAGE\r\n\r\n")
        process.process.send_signal(signal.SIGTERM)
        process.status()
        events = [json.loads(line) for line in process.log.splitlines() if line.startswith("{")]

    assert b" 400 " in answer
    known, garbage = events[1:]
    assert known["client"] == operator.client_id
    assert garbage["event"].startswith("Invalid request")
    assert not {"client", "reseller", "request_id"} & set(garbage)


def say(url: str, words: bytes) -> bytes:
    """Send bytes as they are, and return what is answered until the end."""
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(words)
        return connection.makefile("rb").read()


def test_a_header_over_the_limit_is_refused(served: Served) -> None:
    answer = requests.get(f"{served.url}/healthz", headers={"X-Long": "x" * 9000}, timeout=10)

    assert answer.status_code == 431


def test_an_embedded_home_serves_one_process(
    gateway: Running, ready_home: Path, program: Program
) -> None:
    gateway.first_line()

    outcome = program("serve", "--bind", "127.0.0.1:0")

    assert outcome.status == 1
    assert outcome.err.startswith(f"spe-gateway: {ready_home} is in use by another process")


def test_a_gateway_ends_in_good_order_and_lets_its_home_and_port_go(
    gateway: Running, ready_home: Path, tmp_path: Path
) -> None:
    port = gateway.first_line()["url"].rpartition(":")[2]
    gateway.process.send_signal(signal.SIGTERM)

    assert gateway.status() == 0
    again = ["serve", "--bind", f"127.0.0.1:{port}", "--json", "--lifeline"]
    with running(again, environment(ready_home), tmp_path / "again.log") as second:
        assert second.first_line() == {"url": f"http://127.0.0.1:{port}"}


def test_a_gateway_ends_with_its_lifeline(gateway: Running) -> None:
    url = gateway.first_line()["url"]
    gateway.cut_lifeline()

    assert gateway.status() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=5)


def gunicorn(*options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "-c", "python:gateway.serving"),
        *("-b", "127.0.0.1:0", *options, "app:app"),
    ]


def test_gunicorn_itself_can_serve_the_gateway(ready_home: Path) -> None:
    with talking(gunicorn(), environment(ready_home)) as process:
        url = line_with("spe-gateway is ready on ", process).rpartition(" ")[2].strip()

        assert requests.get(f"{url}/readyz", timeout=10).status_code == 200


def test_gunicorn_refuses_a_second_worker_on_sqlite(ready_home: Path) -> None:
    with talking(gunicorn("-w", "2"), environment(ready_home)) as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert said.strip() == "Error: Only one process may use a home: leave workers at 1."

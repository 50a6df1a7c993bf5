"""Rate limits as callers meet them: the fields, the 429, and who is left alone."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from werkzeug.test import TestResponse

from gateway.errors import ConfigurationError
from gateway.model import now
from gateway.settings import Settings
from tests.served import Served, assert_problem, served

POLICY = '"client";q=4;w=60, "reseller";q=6;w=60'


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Served]:
    """A gateway that allows little."""
    rates = {"client_rate": "4/minute", "reseller_rate": "6/minute", "address_rate": "9/minute"}
    with served(tmp_path, **rates) as made:
        yield made


def token_of(gateway: Served) -> str:
    return gateway.token(gateway.operator.client_id, gateway.operator.client_secret)


def remaining(response: TestResponse) -> dict[str, int]:
    """Return what is left under each policy."""
    field = response.headers["RateLimit"]
    return {name: int(left) for name, left in re.findall(r'"(\w+)";r=(\d+);t=\d+', field)}


def assert_limited(response: TestResponse) -> int:
    """Assert that a call is one too many, and return after how many seconds it is not."""
    assert_problem(response, 429, "RATE_LIMITED", retryable=True)
    seconds = int(response.headers["Retry-After"])
    assert 1 <= seconds <= 60
    return seconds


def assert_busy(response: TestResponse) -> None:
    """Assert that a call too many is refused in the format of RFC 6749, section 5.2."""
    assert (response.status_code, response.mimetype) == (429, "application/json")
    assert response.json["error"] == "temporarily_unavailable"
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_every_answer_to_a_client_says_how_it_stands(gateway: Served) -> None:
    client = gateway.client(token_of(gateway))
    answers = [
        client.get("/me"),
        client.get("/instances/ins_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"),
        client.post("/resellers", json={"nonsense": 1}),
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 422]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {POLICY}
    assert [remaining(answer) for answer in answers] == [
        {"client": left, "reseller": left + 2} for left in (3, 2, 1)
    ]


def test_one_call_too_many_is_refused_until_the_time_it_names(gateway: Served) -> None:
    client = gateway.client(token_of(gateway))
    with time_machine.travel(now(), tick=False) as clock:
        assert [client.get("/me").status_code for _ in range(4)] == [200] * 4
        refused = client.get("/me")
        clock.shift(timedelta(seconds=assert_limited(refused) + 1))

        assert client.get("/me").status_code == 200
    assert remaining(refused) == {"client": 0}


def test_the_clients_of_a_reseller_share_and_others_are_left_alone(gateway: Served) -> None:
    first = gateway.client(token_of(gateway))
    other = first.post("/resellers", json={"name": "Other"}).json
    body = {"name": "Second", "roles": ["read-only"]}
    second = first.post("/clients", json=body).json
    stranger = first.post("/clients", json=body | {"reseller": other["id"]}).json
    colleague = gateway.log_in(second["clientId"], second["clientSecret"])
    outsider = gateway.log_in(stranger["clientId"], stranger["clientSecret"])

    assert [colleague.get("/me").status_code for _ in range(3)] == [200] * 3
    assert_limited(colleague.get("/me"))
    assert outsider.get("/me").status_code == 200


def test_a_refused_call_does_nothing_and_leaves_no_row(gateway: Served) -> None:
    client = gateway.client(token_of(gateway))
    for _ in range(4):
        client.get("/me")
    rows = audited(gateway)

    assert_limited(client.post("/resellers", json={"name": "Never"}))
    assert audited(gateway) == rows


def audited(gateway: Served) -> int:
    with gateway.gateway.services.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one())


def test_whoever_logs_in_is_counted_by_address(gateway: Served) -> None:
    anonymous = gateway.client()
    answers = [anonymous.post("/oauth/token", data={}) for _ in range(10)]

    assert [answer.status_code for answer in answers[:9]].count(429) == 0
    assert answers[0].headers["RateLimit-Policy"] == '"address";q=9;w=60'
    assert_busy(answers[9])
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    other = anonymous.post("/oauth/token", data={}, environ_overrides=elsewhere)
    assert other.status_code != 429


def test_an_ipv6_caller_is_counted_with_its_whole_network(gateway: Served) -> None:
    def left(address: str) -> int:
        place = {"REMOTE_ADDR": address}
        answer = gateway.client().post("/oauth/token", data={}, environ_overrides=place)
        return remaining(answer)["address"]

    assert [left("2001:db8::1"), left("2001:db8::ffff"), left("2001:db8:0:1::1")] == [8, 7, 8]
    assert [left("203.0.113.7"), left("::ffff:203.0.113.7"), left("203.0.113.8")] == [8, 7, 8]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/.well-known/jwks.json", "/openapi.json"])
def test_what_everybody_may_read_is_not_limited(gateway: Served, path: str) -> None:
    answers = [gateway.client().get(path) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {200}
    assert not any("RateLimit" in answer.headers for answer in answers)


def test_a_token_that_is_not_accepted_uses_nobody_s_calls(gateway: Served) -> None:
    client = gateway.client(token_of(gateway))
    for _ in range(12):
        answer = gateway.client("garbage").get("/me")
        assert answer.status_code == 401
        assert "RateLimit" not in answer.headers

    assert remaining(client.get("/me"))["client"] == 3


@pytest.mark.parametrize("rate", ["0/minute", "-1/minute", "5", "5/week", "5/minute;9/hour", ""])
def test_a_rate_that_is_none_is_a_wrong_setting(rate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_RATE", rate)
    with pytest.raises(ConfigurationError, match="SPE_GATEWAY_CLIENT_RATE"):
        Settings.from_environment()

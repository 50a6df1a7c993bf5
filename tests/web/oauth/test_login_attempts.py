"""Failed logins as callers meet them: slower and slower, and nobody else's trouble."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from werkzeug.test import TestResponse

from gateway.broker.logins import ADDRESS_FAILURES, CLIENT_FAILURES
from gateway.factory import create_app
from gateway.model import now
from tests.served import Served, served

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


def log_in(
    gateway: Served, secret: str = "", client: str = "", address: str = HOME
) -> TestResponse:
    """Ask for a token; by default with the operator's id and secret."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client or gateway.operator.client_id,
        "client_secret": secret or gateway.operator.client_secret,
    }
    place = {"REMOTE_ADDR": address}
    return gateway.client().post("/oauth/token", data=form, environ_overrides=place)


def guess(gateway: Served, times: int, address: str = HOME) -> list[int]:
    """Log in with wrong secrets, and return the statuses."""
    return [log_in(gateway, f"wrong-{n}", address=address).status_code for n in range(times)]


def assert_busy(response: TestResponse) -> None:
    """Assert that an attempt is one too many, in the format of RFC 6749, section 5.2."""
    assert response.status_code == 429
    assert response.mimetype == "application/json"
    assert set(response.json) == {"error", "error_description"}
    assert response.json["error"] == "temporarily_unavailable"
    assert int(response.headers["Retry-After"]) >= 1
    assert response.headers["Cache-Control"] == "no-store"


def test_after_some_wrong_secrets_even_the_right_one_has_to_wait(gateway: Served) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        assert guess(gateway, CLIENT_FAILURES) == [401] * CLIENT_FAILURES
        refused = log_in(gateway)
        assert_busy(refused)
        clock.shift(timedelta(seconds=int(refused.headers["Retry-After"])))

        assert log_in(gateway).status_code == 200
        assert guess(gateway, CLIENT_FAILURES - 1) == [401] * (CLIENT_FAILURES - 1)


def test_guesses_during_the_wait_are_not_looked_at(gateway: Served) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        guess(gateway, CLIENT_FAILURES)
        assert guess(gateway, 50) == [429] * 50
        clock.shift(timedelta(seconds=1))

        assert log_in(gateway).status_code == 200


def test_whoever_knows_a_client_s_id_cannot_lock_it_out(gateway: Served) -> None:
    guess(gateway, ADDRESS_FAILURES + 10, address=ELSEWHERE)

    assert log_in(gateway).status_code == 200


def test_an_unknown_client_is_treated_as_a_known_one(gateway: Served) -> None:
    for _ in range(CLIENT_FAILURES):
        assert log_in(gateway, client="cli_nobody").status_code == 401

    assert_busy(log_in(gateway, client="cli_nobody"))


def test_a_restart_ends_no_wait(gateway: Served) -> None:
    guess(gateway, CLIENT_FAILURES)
    with time_machine.travel(now(), tick=False):
        guess(gateway, 1)
        again = create_app(gateway.settings)
        form = {
            "grant_type": "client_credentials",
            "client_id": gateway.operator.client_id,
            "client_secret": gateway.operator.client_secret,
        }
        place = {"REMOTE_ADDR": HOME}
        answer = again.test_client().post("/oauth/token", data=form, environ_overrides=place)
        again.extensions["spe-gateway"].close()

    assert answer.status_code == 429


def test_the_gateways_of_a_cluster_count_together(two_gateways: tuple[Served, Served]) -> None:
    first, second = two_gateways
    with time_machine.travel(now(), tick=False):
        guess(first, CLIENT_FAILURES - 1)
        assert guess(second, 1) == [401]

        assert log_in(first).status_code == 429

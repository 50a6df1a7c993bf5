"""Refused credentials are not tried over and over."""

from contextlib import closing

import pytest

from gateway.errors import CredentialsRefused
from gateway.spe.commands.environment import PING
from gateway.spe.refusals import MOST, SECONDS, Refusals
from tests.spe.raw_server import Identity, raw_server, reply, success

REFUSAL = reply(b"", "WWW-Authenticate: Basic", status="401 Unauthorized")


@pytest.fixture
def time() -> list[float]:
    return [0.0]


@pytest.fixture
def refusals(time: list[float]) -> Refusals:
    return Refusals(lambda: time[0])


def refuse(refusals: Refusals, times: int) -> None:
    for _ in range(times):
        refusals.require_hope()
        refusals.note(refused=True)


def test_a_few_refusals_stop_nothing(refusals: Refusals) -> None:
    refuse(refusals, MOST - 1)
    refusals.require_hope()


def test_after_some_in_a_row_one_call_a_minute_goes_through(
    refusals: Refusals, time: list[float]
) -> None:
    refuse(refusals, MOST)
    for _ in range(3):
        with pytest.raises(CredentialsRefused, match="once a minute"):
            refusals.require_hope()
        time[0] += SECONDS
        refusals.require_hope()


def test_a_success_lets_everything_through_again(refusals: Refusals, time: list[float]) -> None:
    refuse(refusals, MOST)
    time[0] += SECONDS
    refusals.require_hope()
    refusals.note(refused=False)
    refuse(refusals, MOST - 1)
    refusals.require_hope()


def test_a_client_stops_sending_what_is_always_refused(identity: Identity) -> None:
    with raw_server(identity, REFUSAL) as server, closing(server.client()) as client:
        for _ in range(MOST + 3):
            with pytest.raises(CredentialsRefused):
                client.invoke(PING, {})

        assert len(server.requests) == MOST


def test_a_refusal_now_and_then_stops_nothing(identity: Identity) -> None:
    script = [REFUSAL, REFUSAL, success()] * 3
    with raw_server(identity, *script) as server, closing(server.client()) as client:
        for number in range(len(script)):
            if number % 3 < 2:
                with pytest.raises(CredentialsRefused):
                    client.invoke(PING, {})
            else:
                assert client.invoke(PING, {}).succeeded

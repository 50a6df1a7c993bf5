"""Pairings: what the management server is to trust."""

import pytest

from tests.resources.calls import arguments, refused_here
from tests.simulated import JSON
from tests.world import World

PAIRING: JSON = {
    "serverType": "instanceHost",
    "serverName": "host9.example.com",
    "port": 8472,
    "thumbprint": "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527",
}


@pytest.fixture
def deployment(inner_world: World) -> str:
    inner_world.forget()
    return f"/deployments/{inner_world.sites['alpha'].id}"


def test_a_paired_host_is_listed(inner_world: World, deployment: str) -> None:
    inner_world.call("POST", f"{deployment}/pairings", PAIRING, 204)
    sent = arguments(inner_world, "PairWithManagementServer")
    assert sent == {**PAIRING, "port": "8472"}
    found = inner_world.call("GET", f"{deployment}/instance-hosts/{PAIRING['serverName']}")
    assert found["serverCertificate"]["thumbprint"] == PAIRING["thumbprint"]


def test_a_lost_answer_is_sent_once_more(inner_world: World, deployment: str) -> None:
    inner_world.sites["alpha"].control.fault("drop-after", "PairWithManagementServer", count=1)
    inner_world.call("POST", f"{deployment}/pairings", PAIRING, 204)
    assert inner_world.sent().count("PairWithManagementServer") == 2


@pytest.mark.parametrize(
    "change",
    [{"serverType": "other"}, {"thumbprint": "x" * 40}, {"port": None}, {"serverName": "a/b"}],
)
def test_bad_pairings_are_not_sent(inner_world: World, deployment: str, change: JSON) -> None:
    refused_here(inner_world, "POST", f"{deployment}/pairings", {**PAIRING, **change})

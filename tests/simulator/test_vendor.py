"""The vendor's way of calling, told again in a few lines, works unchanged."""

import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPSHandler,
    ProxyHandler,
    build_opener,
)

import pytest

from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import trusting

Status = dict[str, Any]


class Wrapper:
    """Waits for the challenge, posts forms, strips the BOM, polls by token."""

    def __init__(self, simulator: Simulator) -> None:
        facts = simulator.announcement()
        self._url = f"https://127.0.0.1:{facts['port']}/api/"
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self._url, facts["userName"], facts["password"])
        self._opener = build_opener(
            ProxyHandler({}),
            HTTPSHandler(context=trusting()),
            HTTPBasicAuthHandler(passwords),
        )

    def request(self, path: str, **arguments: object) -> Status:
        body = urlencode(arguments).encode()
        with self._opener.open(self._url + path, body, timeout=20) as answer:
            return json.loads(answer.read().decode("utf-8-sig"))

    def invoke(self, command: str, /, **arguments: object) -> Status:
        return self.request(f"invoke/{command}", **arguments)

    def get_status(self, status: Status) -> Status:
        return self.request(
            "get-status",
            token=status["token"],
            lastKnownStatusVersion=status["statusVersion"],
            millisecondsTimeout=1000,
        )

    def cancel_async(self, status: Status) -> None:
        self.request("cancel-async", token=status["token"])


def test_the_wrapper_waits_for_the_challenge(running: Simulator, control: Control) -> None:
    answer = Wrapper(running).invoke("GetEnvironmentInfo")

    assert answer["result"]["userName"] == "admin"
    assert [entry["status"] for entry in control.journal()] == [401, 200]


@pytest.mark.usefixtures("acme")
def test_the_wrapper_sees_a_long_task_through(running: Simulator, control: Control) -> None:
    wrapper = Wrapper(running)
    status = wrapper.invoke("VerifyStore", instanceID="acme", id=1)
    log = ""
    while status["statusCode"] == "running":
        log += status["logOutput"]
        control.advance(30)
        status = wrapper.get_status(status)

    assert status["statusCode"] == "succeeded"
    assert (log + status["logOutput"]).count("messages verified") == 13


@pytest.mark.usefixtures("acme")
def test_the_wrapper_cancels_and_monitors_on(running: Simulator) -> None:
    wrapper = Wrapper(running)
    status = wrapper.invoke("VerifyStore", instanceID="acme", id=1)
    wrapper.cancel_async(status)
    while status["statusCode"] == "running":
        status = wrapper.get_status(status)

    assert status["statusCode"] == "cancelled"

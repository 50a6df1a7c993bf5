"""A gateway that dies between the intent and the answer: the retry finds what was begun."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import pytest
import requests
import time_machine

from gateway.broker.bootstrap import FirstOperator
from gateway.cli.init import initialise
from gateway.factory import Gateway, create_app
from gateway.model import now
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from gateway.storage.idempotency_keys import LEASE as KEY_LEASE
from gateway.storage.operations import LEASE
from tests.cli.program import Running, environment, running
from tests.cli.test_serve import SERVE
from tests.core import until
from tests.simulated import Control
from tests.world import World, registration

PATIENCE = 30


class Crash(BaseException):
    """The end of a process, which no code of ours may catch."""


@contextmanager
def another(world: World) -> Iterator[World]:
    """A gateway that is started where the first one died: same home, same clients."""
    app = create_app(world.served.settings)
    gateway: Gateway = app.extensions["spe-gateway"]
    with closing(gateway):
        client = type(world.operator)(app, world.served.contract, world.operator.token)
        yield World(world.served, client, world.sites, world.resellers)


def dying(*_: object) -> None:
    raise Crash


def creation(world: World, name: str) -> dict[str, Any]:
    return {"instanceID": name, "displayName": name, "deployment": world.sites["alpha"].id}


def test_a_process_that_dies_before_it_has_begun_anything_leaves_the_key_to_the_retry(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"json": creation(own_world, "before"), "headers": {"Idempotency-Key": "before"}}
    with monkeypatch.context() as patch:
        patch.setattr(own_world.served.gateway.services.broker.ledger, "open", dying)
        with pytest.raises(Crash):
            own_world.operator.post("/instances", **call)
    with another(own_world) as reborn:
        early = reborn.operator.post("/instances", **call)
        with time_machine.travel(now() + KEY_LEASE + timedelta(seconds=1)):
            done = reborn.operator.post("/instances", **call)

    assert early.status_code == 409
    assert early.json["code"] == "IDEMPOTENCY_IN_FLIGHT"
    assert done.status_code == 201, done.text
    assert own_world.sent().count("CreateInstance") == 1


def test_a_process_that_dies_after_the_intent_leaves_the_operation_to_the_retry(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_world.forget()
    call = {"json": creation(own_world, "between"), "headers": {"Idempotency-Key": "between"}}
    with monkeypatch.context() as patch:
        patch.setattr(own_world.served.gateway.services.broker, "carry", dying)
        with pytest.raises(Crash):
            own_world.operator.post("/instances", **call)
    quick = {**call["headers"], "Prefer": "wait=0"}
    with another(own_world) as reborn:
        found = reborn.operator.post("/instances", json=call["json"], headers=quick)
        with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
            broker = reborn.served.gateway.services.broker
            until(lambda: broker.fetch(found.json["id"]).status.is_final)
        done = reborn.operator.post("/instances", **call)

    assert found.status_code == 202
    assert found.headers["Idempotency-Replayed"] == "true"
    assert done.status_code == 201, done.text
    assert done.json["instanceID"] == "between"
    assert own_world.sent().count("CreateInstance") == 1


def test_a_process_that_dies_after_a_change_of_our_own_leaves_the_object_to_the_retry(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"json": {"name": "orphan"}, "headers": {"Idempotency-Key": "orphan"}}
    resellers = own_world.served.gateway.services.resellers
    real = type(resellers).create

    def create(*given: object) -> None:
        real(*given)  # type: ignore[arg-type] # as it is called
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(type(resellers), "create", create)
        with pytest.raises(Crash):
            own_world.operator.post("/resellers", **call)
    with another(own_world) as reborn:
        done = reborn.operator.post("/resellers", **call)

    assert done.status_code == 201
    assert done.headers["Idempotency-Replayed"] == "true"
    assert done.headers["Location"] == f"/resellers/{done.json['id']}"
    found = own_world.call("GET", "/resellers?limit=500")["items"]
    assert [each["name"] for each in found].count("orphan") == 1


@dataclass
class Process:
    """A gateway as a process of its own, and its operator."""

    url: str
    running: Running
    token: str

    def post(self, path: str, body: object, **headers: str) -> requests.Response:
        """Send a POST."""
        whole = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.post(self.url + path, json=body, headers=whole, timeout=PATIENCE)

    def get(self, path: str, **headers: str) -> requests.Response:
        """Send a GET."""
        whole = {"Authorization": f"Bearer {self.token}", **headers}
        return requests.get(self.url + path, headers=whole, timeout=PATIENCE + 10)

    def kill(self) -> None:
        """End it and its workers as a power cut does."""
        os.killpg(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait()


@contextmanager
def process(home: Path, operator: FirstOperator, log: Path) -> Iterator[Process]:
    with running(SERVE, environment(home), log) as started:
        url = started.first_line()["url"]
        form = {
            "grant_type": "client_credentials",
            "client_id": operator.client_id,
            "client_secret": operator.client_secret,
        }
        token = requests.post(f"{url}/oauth/token", data=form, timeout=PATIENCE).json()
        yield Process(url, started, token["access_token"])


def test_after_kill_9_the_retry_follows_the_operation_that_was_begun(tmp_path: Path) -> None:
    home = tmp_path / "home"
    operator = initialise(Settings(home=home))
    with ExitStack() as stack:
        simulator = stack.enter_context(Simulator("alpha"))
        control = Control(simulator.control_url)
        first = stack.enter_context(process(home, operator, tmp_path / "first.log"))
        made = first.post("/deployments", registration(simulator, "alpha"))
        assert made.status_code == 201, made.text
        control.fault("hang", "CreateInstance", execute=True)
        body = {"instanceID": "acme", "displayName": "Acme"}
        call = ("/instances", body)
        lost = Thread(target=_swallow, args=(first, *call))
        lost.start()
        until(lambda: "CreateInstance" in control.commands())
        first.kill()
        lost.join()
        control.fault("status", "GetInstances", status=500, count=None)  # it cannot end meanwhile
        second = stack.enter_context(process(home, operator, tmp_path / "second.log"))
        answers = [
            second.post(*call, **{"Idempotency-Key": "after-9", "Prefer": "wait=0"})
            for _ in range(3)
        ]
        assert control.commands().count("CreateInstance") == 1
        control.clear_faults()
        begun = monotonic()
        done = second.get(f"/operations/{answers[0].json()['id']}", Prefer="wait=30")
        waited = monotonic() - begun
        creations = control.commands().count("CreateInstance")
        second.kill()

    assert (done.json()["status"], creations) == ("succeeded", 1)
    assert waited < LEASE.total_seconds() / 2  # whoever holds the home waits for no dead lease
    assert [answer.status_code for answer in answers] == [202] * 3, answers[0].text
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in answers)


def _swallow(gateway: Process, path: str, body: object) -> None:
    """Send a call whose answer never comes."""
    with pytest.raises(requests.ConnectionError):
        gateway.post(path, body, **{"Idempotency-Key": "after-9", "Prefer": "wait=30"})

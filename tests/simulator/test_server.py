import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client

RUN = (
    "import sys; from pathlib import Path; from gateway.simulator.server import run;"
    "run('gamma', 0, Path(sys.argv[1]), Path(sys.argv[2]))"
)


def test_everything_is_there_again_after_a_restart_of_the_machine(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path) as first, Client(first) as client:
        config = {"instanceID": "acme", "instanceHost": "alpha-host1"}
        client.result("CreateInstance", config=json.dumps(config))
        client.result("StartInstances", instanceFilter="acme")
        client.result("CreateStore", instanceID="acme", name="Mail", databasePath="~\\Mail")
        facts, digest = first.announcement(), Control(first.control_url).state_hash()

    with Simulator("alpha", data_folder=tmp_path) as second, Client(second) as client:
        assert Control(second.control_url).state_hash() == digest
        assert client.result("GetStores", instanceID="acme")[0]["name"] == "Mail"
        same = {"thumbprint", "sha256", "userName", "password"}
        assert {key: second.announcement()[key] for key in same} == {
            key: facts[key] for key in same
        }


def test_a_change_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path) as simulator, Client(simulator) as client:
        config = {"instanceID": "acme", "instanceHost": "alpha-host1"}
        client.result("CreateInstance", config=json.dumps(config))

        assert "acme" in json.loads((tmp_path / "state.json").read_text())["instances"]


def test_secrets_in_the_data_folder_are_private(tmp_path: Path) -> None:
    with Simulator("alpha", data_folder=tmp_path):
        modes = {
            name: (tmp_path / name).stat().st_mode & 0o777
            for name in ("password", "certificate.pem")
        }

    assert modes == {"password": 0o600, "certificate.pem": 0o600}


def test_the_announcement_names_the_pins(running: Simulator) -> None:
    facts = running.announcement()

    assert list(facts) == [
        "port",
        "thumbprint",
        "sha256",
        "userName",
        "password",
        "controlUrl",
    ]
    assert len(facts["thumbprint"]) == 40
    assert facts["thumbprint"] == facts["thumbprint"].upper()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("userName: operator\npassword: secret\n")
    arguments = [sys.executable, "-W", "error", "-c", RUN, str(tmp_path / "data"), str(scenario)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        os.kill(process.pid, number)
        rest, errors = process.communicate(timeout=20)

    assert (facts["userName"], facts["password"]) == ("operator", "secret")
    assert (process.returncode, rest, errors) == (0, "", "")


def test_sixty_four_clients_poll_at_the_same_time() -> None:
    scenario = Scenario(
        verify_rate=1, instances=({"instanceID": "acme", "stores": [{"name": "Mail"}]},)
    )
    with Simulator("alpha", scenario=scenario) as simulator, Client(simulator) as first:
        envelope = first.call("VerifyStore", instanceID="acme", id=1)

        def poll(_number: int) -> str:
            with Client(simulator) as client:
                return client.poll(envelope, 60000)["statusCode"]

        with ThreadPoolExecutor(64) as pool:
            polls = pool.map(poll, range(64))
            control = Control(simulator.control_url)
            while sum(name == "get-status" for name in control.commands()) < 64:
                assert first.call("Ping")["statusCode"] == "succeeded"
            control.transition(envelope["token"], "succeeded")

            assert list(polls) == ["succeeded"] * 64


def test_stopping_ends_waiting_polls_and_idle_connections() -> None:
    scenario = Scenario(
        verify_rate=1, instances=({"instanceID": "acme", "stores": [{"name": "Mail"}]},)
    )
    with Simulator("alpha", scenario=scenario) as simulator, Client(simulator) as idle:
        envelope = idle.call("VerifyStore", instanceID="acme", id=1)
        with ThreadPoolExecutor(1) as pool, Client(simulator) as other:
            control = Control(simulator.control_url)
            waiting = pool.submit(other.poll, envelope, 600000)
            while "get-status" not in control.commands():
                assert not waiting.done()
            simulator.server.deployment.clock.stop()

            assert waiting.result(timeout=10)["statusCode"] == "running"

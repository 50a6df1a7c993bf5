import ssl
from pathlib import Path

import requests

from tests.cli.program import environment, running

SIMULATE = ["simulate", "--name", "alpha", "--lifeline"]


def test_a_simulated_server_announces_itself_and_is_there(tmp_path: Path) -> None:
    with running(SIMULATE, environment(tmp_path), tmp_path / "log") as process:
        said = process.first_line()
        pem = ssl.get_server_certificate(("127.0.0.1", said["port"]))
        state = requests.get(f"{said['controlUrl']}/state", timeout=10).json()

    assert set(said) == {"port", "thumbprint", "sha256", "userName", "password", "controlUrl"}
    assert pem.startswith("-----BEGIN CERTIFICATE-----")
    assert state["instances"] == {}


def test_a_simulated_server_starts_with_its_scenario(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("userName: boss\ninstances:\n- instanceID: acme\n")
    arguments = [*SIMULATE, "--scenario", str(scenario), "--data", str(tmp_path / "data")]
    with running(arguments, environment(tmp_path), tmp_path / "log") as process:
        said = process.first_line()
        state = requests.get(f"{said['controlUrl']}/state", timeout=10).json()

    assert said["userName"] == "boss"
    assert len(state["instances"]) == 1
    assert (tmp_path / "data" / "state.json").exists()


def test_a_simulated_server_ends_with_its_lifeline(tmp_path: Path) -> None:
    with running(SIMULATE, environment(tmp_path), tmp_path / "log") as process:
        process.first_line()
        process.cut_lifeline()

        assert process.status() == 0

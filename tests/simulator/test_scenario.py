from pathlib import Path

import pytest

from gateway.simulator.scenario import Asynchronous, load, parse
from gateway.simulator.server import Simulator
from tests.simulator.client import Client

YAML = """
userName: operator
version: 24.2.0.1
messagesPerStore: 7
verifyRate: 1000
asynchronous: {share: 0.2, seed: 3}
hosts:
  - {serverName: h1, baseDirectory: null}
instances:
  - instanceID: acme
    baseDirectory: D:\\\\acme
    archiveAdminEnabled: true
    stores: [{name: Mail}]
    users: [{userName: jane, emailAddresses: [jane@x.example]}]
"""


def test_a_file_decides_what_a_deployment_starts_with(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(YAML.replace("{share: 0.2, seed: 3}", "{}"))
    with Simulator("beta", scenario=load(path)) as simulator, Client(simulator) as client:
        assert client.result("GetEnvironmentInfo")["version"] == "24.2.0.1"
        assert client.result("GetInstanceHosts")[0]["serverName"] == "h1"
        assert client.result("GetStores", instanceID="acme")[0]["statisticsCount"] == 7
        user = client.result("GetUserInfo", instanceID="acme", userName="jane")
        assert user["emailAddresses"] == ["jane@x.example"]


def test_yaml_and_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text('{"asynchronous": {"share": 0.2, "seed": 3}}')

    assert load(path).asynchronous == Asynchronous(0.2, 3)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="pasword"):
        parse({"pasword": "x"})


def test_a_list_is_no_scenario(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("- 1")

    with pytest.raises(ValueError, match="mapping"):
        load(path)


def test_a_scenario_that_spe_would_refuse_is_an_error() -> None:
    with pytest.raises(ValueError, match="out of the range"):
        Simulator("beta", scenario=parse({"instances": [{"instanceID": "X"}]}))

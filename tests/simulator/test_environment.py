import json

import pytest

from tests.simulated import Control
from tests.simulator.client import Client


def test_the_environment_names_version_licensee_and_caller(client: Client) -> None:
    result = client.result("GetEnvironmentInfo")

    assert list(result) == [
        "version",
        "webClientVersion",
        "copyright",
        "licenseeName",
        "licenseeID",
        "serverName",
        "userName",
        "systemProperties",
    ]
    assert result["userName"] == "admin"
    assert list(result["systemProperties"]) == [
        "processors",
        "totalPhysicalMemory",
        "operatingSystem",
    ]


def test_the_service_status_counts_instances(acme: Client, control: Control) -> None:
    control.seed(instances=[{"instanceID": "idle", "status": "stopped"}])
    result = acme.result("GetServiceStatus")
    management, first, second = result["serverInfos"]

    assert list(result) == ["environmentInfo", "serverInfos", "messages"]
    assert (management["serverType"], management["numberOfInstances"]) == (
        "managementServer",
        None,
    )
    assert (first["numberOfInstances"], first["numberOfRunningInstances"]) == (2, 1)
    assert (second["serverType"], second["numberOfInstances"]) == ("instanceHost", 0)


def test_the_license_request_counts_users(acme: Client) -> None:
    acme.result("StopInstances", instanceFilter="acme")
    result = acme.result("CreateLicenseRequest")

    assert [(row["instanceID"], row["usedLicenseCount"]) for row in result["instanceData"]] == [
        ("acme", 1)
    ]


def test_hosts_are_listed_and_found_by_exact_name(client: Client) -> None:
    hosts = client.result("GetInstanceHosts")

    assert [host["serverName"] for host in hosts] == ["alpha-host1", "alpha-host2"]
    assert list(hosts[0]) == ["serverName", "port", "serverCertificate", "baseDirectory"]
    assert client.result("GetInstanceHosts", serverNameFilter="alpha-host2") == hosts[1:]
    assert client.result("GetInstanceHosts", serverNameFilter="alpha") == []


def test_a_host_comes_changes_and_goes(client: Client) -> None:
    config = {"serverName": "h3", "port": 8472, "serverCertificate": {"thumbprint": "AB" * 20}}
    client.result("CreateInstanceHost", config=json.dumps(config))
    again = client.refusal("CreateInstanceHost", config=json.dumps(config))
    config["baseDirectory"] = "E:\\MailStore"
    client.result("SetInstanceHostConfiguration", config=json.dumps(config))
    found = client.result("GetInstanceHosts", serverNameFilter="h3")
    client.result("DeleteInstanceHost", serverName="h3")

    assert again == "The instance host 'h3' already exists."
    assert found == [config]
    assert client.result("GetInstanceHosts", serverNameFilter="h3") == []


def test_a_host_with_instances_stays(acme: Client) -> None:
    message = acme.refusal("DeleteInstanceHost", serverName="alpha-host1")

    assert message == "The instance host 'alpha-host1' still has instances."


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        (1, "config"),
        ({"port": 1}, "config.serverName"),
        (
            {"serverName": "h", "port": 1, "serverCertificate": "AB"},
            "config.serverCertificate.thumbprint",
        ),
    ],
)
def test_a_host_needs_its_members(client: Client, config: object, missing: str) -> None:
    message = client.refusal("CreateInstanceHost", config=json.dumps(config))

    assert message == f"Missing API argument {missing}."


def test_without_any_directory_no_instance_is_created(client: Client, control: Control) -> None:
    control.seed(hosts=[{"serverName": "bare", "baseDirectory": None}])
    config = json.dumps({"instanceID": "acme", "instanceHost": "bare"})

    assert "config.baseDirectory" in client.refusal("CreateInstance", config=config)

"""Client Access Servers, pairing, and the directories of Instance Hosts."""

import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

SERVER = {"serverName": "cas1", "port": 8473, "serverCertificate": {"thumbprint": "AB" * 20}}
PAIR = {"serverName": "new", "port": 8473, "thumbprint": "cd" * 20}
HOST = {"serverName": "alpha-host1"}


def servers(client: Client, **arguments: object) -> list[JSON]:
    return client.result("GetClientAccessServers", **{"withServiceStatus": "false", **arguments})


def directories(client: Client, **arguments: object) -> list[str]:
    found = client.result("GetDirectoriesOnInstanceHost", **HOST, **arguments)
    return [one["path"] for one in found]


def test_client_access_servers_are_listed_and_found_by_exact_name(client: Client) -> None:
    client.result("CreateClientAccessServer", config=json.dumps(SERVER))

    assert servers(client) == [SERVER]
    assert servers(client, serverNameFilter="cas1") == [SERVER]
    assert servers(client, serverNameFilter="cas") == []
    (active,) = servers(client, withServiceStatus="true")
    assert list(active) == [*SERVER, "active", "systemProperties"]


def test_the_service_status_lists_them(client: Client, control: Control) -> None:
    control.seed(clientAccessServers=[{"serverName": "cas1"}])
    last = client.result("GetServiceStatus")["serverInfos"][-1]

    assert (last["serverName"], last["serverType"]) == ("cas1", "clientAccessServer")
    assert last["numberOfInstances"] is None


def test_a_client_access_server_is_changed_and_deleted(client: Client) -> None:
    client.result("CreateClientAccessServer", config=json.dumps(SERVER))
    again = client.refusal("CreateClientAccessServer", config=json.dumps(SERVER))
    changed = {**SERVER, "port": 443}
    client.result("SetClientAccessServerConfiguration", config=json.dumps(changed))
    found = servers(client)
    client.result("DeleteClientAccessServer", serverName="cas1")
    gone = client.refusal("DeleteClientAccessServer", serverName="cas1")

    assert again == "The client access server 'cas1' already exists."
    assert found == [changed]
    assert gone == "The client access server 'cas1' does not exist."


def test_pairing_registers_a_role(client: Client) -> None:
    client.result("PairWithManagementServer", **PAIR, serverType="clientAccessServer")
    client.result("PairWithManagementServer", **PAIR, serverType="instanceHost")
    (server,) = servers(client)
    (host,) = client.result("GetInstanceHosts", serverNameFilter="new")

    assert server == {
        "serverName": "new",
        "port": 8473,
        "serverCertificate": {"thumbprint": "CD" * 20},
    }
    assert host == {**server, "baseDirectory": None}


def test_pairing_again_exchanges_the_certificate(client: Client) -> None:
    again = {**PAIR, **HOST, "port": 1}
    client.result("PairWithManagementServer", **again, serverType="instanceHost")
    (host,) = client.result("GetInstanceHosts", serverNameFilter="alpha-host1")

    assert (host["port"], host["serverCertificate"]) == (1, {"thumbprint": "CD" * 20})
    assert host["baseDirectory"] == "D:\\MailStore\\Instances"


@pytest.mark.parametrize("change", [{"thumbprint": "CD"}, {"port": 0}, {"serverType": "other"}])
def test_a_pairing_that_cannot_be_is_refused(client: Client, change: JSON) -> None:
    arguments = {"serverType": "instanceHost", **PAIR, **change}
    message = client.refusal("PairWithManagementServer", **arguments)

    assert message == "Specified argument was out of the range of valid values."


def test_directories_are_those_that_something_lies_in(acme: Client) -> None:
    base = "D:\\MailStore\\Instances"

    assert directories(acme) == ["C:\\", "D:\\"]
    assert directories(acme, path="d:\\") == ["D:\\MailStore"]
    assert directories(acme, path=base) == [f"{base}\\acme"]
    assert directories(acme, path=f"{base}\\acme\\") == [f"{base}\\acme\\Mail"]


def test_a_directory_is_made_with_those_above_it(client: Client) -> None:
    client.result("CreateDirectoryOnInstanceHost", **HOST, path="E:\\Data/New")
    again = client.refusal("CreateDirectoryOnInstanceHost", **HOST, path="e:\\data")

    assert directories(client) == ["C:\\", "D:\\", "E:\\"]
    assert client.result("GetDirectoriesOnInstanceHost", **HOST, path="E:\\Data") == [
        {"name": "New", "path": "E:\\Data\\New"}
    ]
    assert again == "The directory 'e:\\data' already exists."


@pytest.mark.parametrize("path", ["\\", "Data\\New", "\\\\server\\share"])
def test_a_directory_lies_on_a_drive(client: Client, path: str) -> None:
    message = client.refusal("CreateDirectoryOnInstanceHost", **HOST, path=path)

    assert message == "Specified argument was out of the range of valid values."


def test_a_directory_that_is_not_there_holds_nothing(client: Client) -> None:
    message = client.refusal("GetDirectoriesOnInstanceHost", **HOST, path="X:\\")

    assert message == "The directory 'X:\\' does not exist."


def test_the_branding_is_loaded_anew(client: Client, control: Control) -> None:
    client.result("ReloadBranding")

    assert control.state()["branding_loads"] == 1
    assert control.journal()[-1]["changed"] is True

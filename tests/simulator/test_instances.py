import json

import pytest

from tests.simulated import Control
from tests.simulator.client import Client
from tests.simulator.conftest import HOST


def create(client: Client, **config: object) -> None:
    given = {"instanceID": "acme", "instanceHost": HOST, **config}
    client.result("CreateInstance", config=json.dumps(given))


def status(client: Client) -> str:
    return client.result("GetInstances", instanceFilter="acme")[0]["status"]


def test_a_new_instance_is_stopped_and_closed_to_the_provider(client: Client) -> None:
    create(client, displayName="Acme Ltd")

    assert client.result("GetInstances", instanceFilter="*") == [
        {
            "instanceID": "acme",
            "alias": None,
            "displayName": "Acme Ltd",
            "instanceHost": HOST,
            "startMode": "automatic",
            "processID": None,
            "status": "stopped",
            "startStopError": None,
        }
    ]
    client.result("StartInstances", instanceFilter="acme")
    assert client.result("GetArchiveAdminEnabled", instanceID="acme") == {"value": False}


def test_the_configuration_has_the_documented_order(client: Client) -> None:
    create(client, alias="a", startMode="manual", vssWriterEnabled=True)
    configuration = client.result("GetInstanceConfiguration", instanceID="acme")

    assert json.dumps(configuration) == json.dumps(
        {
            "instanceID": "acme",
            "alias": "a",
            "displayName": None,
            "instanceHost": HOST,
            "startMode": "manual",
            "baseDirectory": "D:\\MailStore\\Instances\\acme",
            "debugLogEnabled": False,
            "imapServerConnectionLogEnabled": False,
            "vssWriterEnabled": True,
            "vssWriterExcludeIndexes": False,
        }
    )


@pytest.mark.parametrize("name", ["ab", "Acme", "1abc", "acme.de", "a" * 33, "acme\n", "aécme"])
def test_an_instance_id_follows_the_rule(client: Client, name: str) -> None:
    config = json.dumps({"instanceID": name, "instanceHost": HOST})

    assert "out of the range" in client.refusal("CreateInstance", config=config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "Missing API argument config."),
        ({"instanceID": "new"}, "Missing API argument config.instanceHost."),
        (
            {"instanceID": "new", "instanceHost": "other"},
            "The instance host 'other' does not exist.",
        ),
        (
            {"instanceID": 5, "instanceHost": HOST},
            "Error converting value to type 'String'. Path 'instanceID'.",
        ),
        (
            {"instanceID": "new", "colour": 1},
            "Could not find member on object of type 'InstanceConfiguration'.",
        ),
        ({"instanceID": "acme", "instanceHost": HOST}, "The instance 'acme' already exists."),
        (
            {"instanceID": "new", "instanceHost": HOST, "alias": "acme"},
            "The alias 'acme' is already in use.",
        ),
        (
            {
                "instanceID": "new",
                "instanceHost": HOST,
                "baseDirectory": "d:/mailstore/instances/ACME",
            },
            "The directory 'd:/mailstore/instances/ACME' is already in use.",
        ),
    ],
)
def test_a_wrong_configuration_creates_nothing(
    acme: Client, control: Control, config: object, message: str
) -> None:
    before = control.state_hash()

    assert acme.refusal("CreateInstance", config=json.dumps(config)) == message
    assert control.state_hash() == before


def test_the_life_of_an_instance(client: Client) -> None:
    create(client)
    seen = []
    for command in ("Start", "Freeze", "Thaw", "Restart", "Stop"):
        client.result(f"{command}Instances", instanceFilter="acme")
        seen.append(status(client))
    client.result("StartInstances", instanceFilter="acme", safeMode="true")

    assert seen == ["running", "frozen", "running", "running", "stopped"]
    assert status(client) == "safeMode"


def test_a_disabled_instance_cannot_be_started(client: Client) -> None:
    create(client, startMode="disabled")

    message = client.refusal("StartInstances", instanceFilter="acme")
    instance = client.result("GetInstances", instanceFilter="acme")[0]
    assert message == instance["startStopError"] == "The instance 'acme' is disabled."
    assert instance["status"] == "stopped"
    assert client.result("GetServiceStatus")["messages"][0]["type"] == "error"


def test_only_a_stopped_instance_can_be_configured_or_deleted(acme: Client) -> None:
    config = json.dumps({"instanceID": "acme", "displayName": "New"})
    expected = "The instance 'acme' must be stopped."

    assert acme.refusal("SetInstanceConfiguration", config=config) == expected
    assert acme.refusal("DeleteInstances", instanceFilter="acme") == expected
    acme.result("StopInstances", instanceFilter="acme")
    acme.result("SetInstanceConfiguration", config=config)
    assert acme.result("GetInstances", instanceFilter="acme")[0]["displayName"] == "New"


def test_the_configuration_needs_its_instance(client: Client) -> None:
    assert "config.instanceID" in client.refusal("SetInstanceConfiguration", config="{}")


def test_deleting_leaves_the_data_on_disk(acme: Client) -> None:
    directory = acme.result("GetInstanceConfiguration", instanceID="acme")["baseDirectory"]
    acme.result("StopInstances", instanceFilter="acme")
    acme.result("DeleteInstances", instanceFilter="acme")
    config = {"instanceID": "heir", "instanceHost": HOST, "baseDirectory": directory}
    acme.result("CreateInstance", config=json.dumps(config))
    acme.result("StartInstances", instanceFilter="heir")
    acme.result("SetArchiveAdminEnabled", instanceID="heir", enabled="true")

    assert acme.result("GetStores", instanceID="heir")[0]["name"] == "Mail"
    assert "jane" in {user["userName"] for user in acme.result("GetUsers", instanceID="heir")}


def test_another_directory_moves_no_data(acme: Client) -> None:
    acme.result("StopInstances", instanceFilter="acme")
    config = {"instanceID": "acme", "baseDirectory": "E:\\Elsewhere"}
    acme.result("SetInstanceConfiguration", config=json.dumps(config))
    acme.result("StartInstances", instanceFilter="acme")

    assert acme.result("GetStores", instanceID="acme") == []


def test_a_stopped_instance_cannot_be_looked_into(acme: Client) -> None:
    acme.result("StopInstances", instanceFilter="acme")

    for command in ("GetStores", "GetUsers", "GetInstanceStatistics", "GetArchiveAdminEnabled"):
        assert acme.refusal(command, instanceID="acme") == "The instance 'acme' is not running."
    assert acme.refusal("GetStores", instanceID="nobody") == "The instance 'nobody' does not exist."


def test_any_number_of_instances_may_have_an_empty_alias(client: Client) -> None:
    create(client, alias="")
    create(client, instanceID="bravo", alias="")

    found = client.result("GetInstances", instanceFilter="*")
    assert [instance["instanceID"] for instance in found] == ["acme", "bravo"]

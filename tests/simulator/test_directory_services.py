import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
CONFIG = {"type": "activeDirectory", "serverName": "dc1", "password": "geheim"}
DIRECTORY = [
    {"userName": "ann", "fullName": "Ann", "emailAddresses": ["ann@acme.example"]},
    {"userName": "jane", "fullName": "Jane Miller"},
]


@pytest.fixture
def directory(client: Client, control: Control) -> Client:
    """A client of an instance whose directory knows two users, one of them new."""
    entry = {"instanceID": "acme", "archiveAdminEnabled": True, "directory": DIRECTORY}
    users = [{"userName": "jane", "fullName": "Jane Doe"}, {"userName": "local"}]
    control.seed(instances=[{**entry, "users": users}])
    return client


def configure(client: Client) -> None:
    client.result("SetDirectoryServicesConfiguration", **ACME, config=json.dumps(CONFIG))


def sync(client: Client, control: Control, **arguments: object) -> JSON:
    envelope = client.call("SyncUsersWithDirectoryServices", **ACME, **arguments)
    control.advance(10)
    return client.drained(envelope)[0]


def names(client: Client) -> list[str]:
    return [user["userName"] for user in client.result("GetUsers", **ACME)]


def test_the_configuration_is_read_without_its_password(directory: Client) -> None:
    before = directory.result("GetDirectoryServicesConfiguration", **ACME)
    configure(directory)

    assert before == {"type": "none"}
    assert directory.result("GetDirectoryServicesConfiguration", **ACME) == {
        **CONFIG,
        "password": None,
    }


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "Missing API argument config."),
        ({"serverName": "dc1"}, "Missing API argument config.type."),
        ({"type": "!"}, "Specified argument was out of the range of valid values."),
    ],
)
def test_a_configuration_has_a_type(directory: Client, config: object, message: str) -> None:
    found = directory.refusal(
        "SetDirectoryServicesConfiguration", **ACME, config=json.dumps(config)
    )

    assert found == message


def test_a_sync_creates_and_changes_users(directory: Client, control: Control) -> None:
    configure(directory)
    last = sync(directory, control)
    ann = directory.result("GetUserInfo", **ACME, userName="ann")

    assert last["result"] == [
        {"userName": "ann", "changeType": "added"},
        {"userName": "jane", "changeType": "modified"},
    ]
    assert names(directory) == ["$archiveadmin", "jane", "local", "ann"]
    assert ann["authentication"] == "directoryServices"
    assert ann["emailAddresses"] == ["ann@acme.example"]
    jane = directory.result("GetUserInfo", **ACME, userName="jane")
    assert jane["fullName"] == "Jane Miller"
    assert sync(directory, control)["result"] == []


def test_a_dry_run_changes_nothing(directory: Client, control: Control) -> None:
    configure(directory)
    last = sync(directory, control, dryRun="true")

    assert len(last["result"]) == 2
    assert names(directory) == ["$archiveadmin", "jane", "local"]


def test_a_sync_needs_a_configuration(directory: Client) -> None:
    message = directory.refusal("SyncUsersWithDirectoryServices", **ACME)

    assert message == "Directory services have not been configured."

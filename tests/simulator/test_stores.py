import pytest

from tests.simulated import Control
from tests.simulator.client import Client


def stores(client: Client) -> list[dict[str, object]]:
    return client.result("GetStores", instanceID="acme")


def create(client: Client, name: str, **arguments: object) -> None:
    path = f"~\\{name}"
    client.result("CreateStore", instanceID="acme", name=name, databasePath=path, **arguments)


def test_a_new_store_has_believable_messages_and_the_documented_keys(acme: Client) -> None:
    create(acme, "New")

    assert list(stores(acme)[1].items()) == [
        ("id", 2),
        ("name", "New"),
        ("requestedState", "normal"),
        ("error", None),
        ("statisticsCount", 1249),
        ("statisticsSize", 95923200),
        ("needsUpgrade", False),
        ("searchIndexesNeedRebuild", False),
        ("databasePath", "~\\New"),
        ("contentPath", "~\\New\\Content"),
        ("indexPath", "~\\New\\Index"),
    ]


def test_stores_need_no_service_provider_access(acme: Client) -> None:
    acme.result("SetArchiveAdminEnabled", instanceID="acme", enabled="false")

    assert len(stores(acme)) == 1


def test_the_size_can_be_left_out(acme: Client) -> None:
    store = acme.result("GetStores", instanceID="acme", includeSize="false")[0]

    assert (store["statisticsCount"], store["statisticsSize"]) == (1249, None)


def test_there_is_only_one_current_store(acme: Client) -> None:
    create(acme, "Old", requestedState="current")
    create(acme, "New", requestedState="current")

    assert [store["requestedState"] for store in stores(acme)] == ["normal", "normal", "current"]


def test_a_directory_holds_one_store(acme: Client) -> None:
    base = acme.result("GetInstanceConfiguration", instanceID="acme")["baseDirectory"]
    message = acme.refusal(
        "CreateStore", instanceID="acme", name="x", databasePath=f"{base}\\mail\\"
    )

    assert message == f"The directory '{base}\\mail\\' already contains a store."


def test_attaching_again_gives_a_new_id(acme: Client) -> None:
    acme.result("DetachStore", instanceID="acme", id=1)
    acme.result("AttachStore", instanceID="acme", name="Again", databasePath="~\\Mail")

    assert [(store["id"], store["name"]) for store in stores(acme)] == [(2, "Again")]


def test_only_what_lies_there_detached_can_be_attached(acme: Client) -> None:
    def refusal(path: str) -> str:
        return acme.refusal("AttachStore", instanceID="acme", name="X", databasePath=path)

    assert refusal("~\\Mail") == "The archive store '~\\Mail' is already attached."
    assert refusal("~\\None") == "Unable to open the archive store X. File not found."


def test_an_old_format_cannot_be_attached(acme: Client, control: Control) -> None:
    old = {"name": "Old", "oldFormat": True}
    control.seed(instances=[{"instanceID": "acme", "stores": [old]}])
    acme.result("DetachStore", instanceID="acme", id=2)

    assert acme.refusal("AttachStore", instanceID="acme", name="Old", databasePath="~\\Old") == (
        "Unable to open the archive store Old. Unsupported Firebird Database file detected."
    )


def test_a_path_changes_only_while_disabled_and_moves_nothing(
    acme: Client, control: Control
) -> None:
    change = {"instanceID": "acme", "id": 1, "databasePath": "F:\\Mail"}
    refused = acme.refusal("SetStorePath", **change)
    acme.result("SetStoreRequestedState", instanceID="acme", id=1, requestedState="disabled")
    acme.result("SetStorePath", **change)
    acme.result("SetStoreRequestedState", instanceID="acme", id=1, requestedState="normal")
    before = stores(acme)[0]["error"]
    control.move_files("acme", "~\\Mail", "F:\\Mail")

    assert refused == "The archive store 'Mail' must be disabled."
    assert before == "Unable to open the archive store Mail. File not found."
    assert (stores(acme)[0]["error"], stores(acme)[0]["indexPath"]) == (None, "F:\\Mail\\Index")


def test_a_store_is_renamed(acme: Client) -> None:
    acme.result("RenameStore", instanceID="acme", id=1, name="Post")

    assert stores(acme)[0]["name"] == "Post"


@pytest.mark.parametrize("command", ["DetachStore", "CompactStore", "VerifyStore"])
def test_an_absent_store_is_named(acme: Client, command: str) -> None:
    message = acme.refusal(command, instanceID="acme", id=7)

    assert message == "The archive store with ID 7 does not exist."


def test_statistics_add_up(acme: Client) -> None:
    create(acme, "New")
    found = acme.result("GetInstanceStatistics", instanceID="acme")

    assert list(found) == [
        "totalSizeMB",
        "databaseFileSizeMB",
        "contentFileSizeMB",
        "indexFileSizeMB",
        "numberOfMessages",
    ]
    assert found["numberOfMessages"] == 2 * 1249
    assert found["totalSizeMB"] == 182
    assert sum(found[key] for key in list(found)[1:4]) == 182


def test_live_statistics_count_from_the_start_of_the_process(
    acme: Client, control: Control
) -> None:
    first = acme.result("GetInstanceProcessLiveStatistics", instanceID="acme")
    control.advance(60)
    second = acme.result("GetInstanceProcessLiveStatistics", instanceID="acme")
    acme.result("RestartInstances", instanceFilter="acme")
    third = acme.result("GetInstanceProcessLiveStatistics", instanceID="acme")

    assert second["totalIOReadBytes"] > first["totalIOReadBytes"]
    assert second["timestamp"] - first["timestamp"] >= 60000
    assert third["totalIOReadBytes"] < second["totalIOReadBytes"]
    assert third["processUniqueID"] != second["processUniqueID"]

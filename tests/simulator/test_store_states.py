"""Stores that are locked, broken or in passing trouble, and what helps."""

import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
LOCKED = "Unable to unlock archive store (Identifier: 7c1f42)"
BROKEN = "Unable to open the archive store Mail. Database file is corrupt."


def planted(control: Control, *stores: JSON) -> None:
    control.seed(instances=[{**ACME, "stores": [{"name": "Mail", **store} for store in stores]}])


def store(client: Client, number: int = 0) -> JSON:
    return client.result("GetStores", **ACME)[number]


def run(client: Client, control: Control, command: str, **arguments: object) -> JSON:
    envelope = client.call(command, **ACME, **arguments)
    control.advance(500)
    return client.drained(envelope)[0]


def test_a_locked_store_opens_with_its_passphrase(client: Client, control: Control) -> None:
    planted(control, {"passphrase": "key", "identifier": "7c1f42"})
    before = store(client)
    wrong = client.refusal("UnlockStore", **ACME, id=1, passphrase="KEY")
    right = client.result("UnlockStore", **ACME, id=1, passphrase="key")

    assert (before["error"], before["statisticsCount"]) == (LOCKED, 0)
    assert (wrong, right) == (LOCKED, True)
    assert (store(client)["error"], store(client)["statisticsCount"]) == (None, 1249)
    assert client.result("UnlockStore", **ACME, id=1, passphrase="any") is True


def test_a_lock_lies_with_the_files(client: Client, control: Control) -> None:
    planted(control, {"passphrase": "key"})
    client.result("DetachStore", **ACME, id=1)
    client.result("AttachStore", **ACME, name="Again", databasePath="~\\Mail")

    assert store(client)["error"] == LOCKED


def test_a_broken_store_is_recovered(client: Client, control: Control) -> None:
    planted(control, {"broken": True})
    before = store(client)["error"]
    run(client, control, "RetryOpenStores")
    still = store(client)["error"]
    last = run(client, control, "RecoverStore", id=1, encryptionKey="k")

    assert (before, still) == (BROKEN, BROKEN)
    assert (last["statusCode"], store(client)["error"]) == ("succeeded", None)


def test_only_an_upgraded_store_is_recovered(client: Client, control: Control) -> None:
    planted(control, {"broken": True, "needsUpgrade": True})
    message = client.refusal("RecoverStore", **ACME, id=1)

    assert message == "The archive store 'Mail' must be upgraded first."


def test_without_files_nothing_is_recovered(client: Client, control: Control) -> None:
    planted(control, {})
    control.move_files("acme", "~\\Mail", "~\\Elsewhere")
    last = run(client, control, "RecoverStore", id=1)

    assert last["error"]["message"] == "The recovery records of 'Mail' cannot be found."


def test_passing_trouble_is_over_at_the_next_try(client: Client, control: Control) -> None:
    planted(control, {"error": "The process cannot access the file."})
    before = store(client)["error"]
    run(client, control, "RetryOpenStores")

    assert (before, store(client)["error"]) == ("The process cannot access the file.", None)


@pytest.mark.parametrize("command", ["VerifyStore", "CompactStore", "UpgradeStore"])
def test_a_store_that_is_not_open_is_not_worked_on(
    client: Client, control: Control, command: str
) -> None:
    planted(control, {"broken": True})

    assert client.refusal(command, **ACME, id=1) == "The archive store 'Mail' is not open."


def test_a_merge_moves_all_messages(client: Client, control: Control) -> None:
    planted(control, {"messages": 10}, {"name": "Old", "messages": 5})
    last = run(client, control, "MergeStore", id=1, sourceId=2)
    counts = [one["statisticsCount"] for one in client.result("GetStores", **ACME)]
    sizes = [one["statisticsSize"] for one in client.result("GetStores", **ACME)]

    assert last["statusCode"] == "succeeded"
    assert (counts, sizes) == ([15, 0], [15 * 76800, 0])


def test_a_transfer_copies_messages(client: Client, control: Control) -> None:
    planted(
        control,
        {"messages": 10, "requestedState": "current"},
        {"name": "Two", "messages": 5},
        {"name": "Three", "messages": 5},
    )
    run(client, control, "TransferStores", sourceStores="2, 3", startIndex="2:4")
    counts = [one["statisticsCount"] for one in client.result("GetStores", **ACME)]

    assert counts == [10 + 2 + 5, 5, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sourceStores": "2"}, "There is no archive store in the state 'current'."),
        ({"sourceStores": "2", "targetStore": 9}, "The archive store with ID 9 does not exist."),
        ({"sourceStores": "2", "targetStore": 3}, "The archive store 'Three' is write protected."),
        (
            {"sourceStores": "1,2", "targetStore": 2},
            "Specified argument was out of the range of valid values.",
        ),
        (
            {"sourceStores": "one", "targetStore": 2},
            "Specified argument was out of the range of valid values.",
        ),
        (
            {"sourceStores": "1", "targetStore": 2, "startIndex": "3:1"},
            "Specified argument was out of the range of valid values.",
        ),
    ],
)
def test_a_transfer_that_cannot_be_is_refused(
    client: Client, control: Control, arguments: JSON, message: str
) -> None:
    planted(control, {}, {"name": "Two"}, {"name": "Three", "requestedState": "writeProtected"})

    assert client.refusal("TransferStores", **ACME, **arguments) == message


def test_a_store_is_not_merged_with_itself(client: Client, control: Control) -> None:
    planted(control, {})
    message = client.refusal("MergeStore", **ACME, id=1, sourceId=1)

    assert message == "Specified argument was out of the range of valid values."


@pytest.mark.parametrize(
    ("noun", "config", "defaults"),
    [
        (
            "StoreAutoCreate",
            {"sizeThreshold": "10 GB", "baseDirectory": "E:\\"},
            {
                "sizeThreshold": None,
                "baseDirectory": "~\\",
                "contentBaseDirectory": "~\\",
                "indexBaseDirectory": "~\\",
            },
        ),
        (
            "Index",
            {"attachmentExtensions": "doc odt"},
            {"attachmentExtensions": None, "includeAttachmentsOfPDFs": False},
        ),
    ],
)
def test_settings_for_stores_are_read_back(
    client: Client, control: Control, noun: str, config: JSON, defaults: JSON
) -> None:
    planted(control)
    before = client.result(f"Get{noun}Configuration", **ACME)
    client.result(f"Set{noun}Configuration", **ACME, config=json.dumps(config))

    assert before == defaults
    assert client.result(f"Get{noun}Configuration", **ACME) == {**defaults, **config}


@pytest.mark.parametrize(
    ("command", "mending"),
    [("RepairStoreDatabase", {"id": 2}), ("RecoverStore", {"id": 2, "encryptionKey": "k"})],
)
def test_what_is_damaged_is_found_by_a_verification_until_it_is_mended(
    client: Client, control: Control, command: str, mending: JSON
) -> None:
    planted(control, {"messages": 50}, {"name": "Old", "messages": 50, "damaged": 3})
    envelope = client.call("VerifyStores", **ACME)
    control.advance(500)
    last, log = client.drained(envelope)
    whole = run(client, control, "VerifyStore", id=1)
    before = store(client, 1)["error"]
    if command == "RecoverStore":
        client.result("SetStoreRequestedState", **ACME, id=2, requestedState="disabled")
    run(client, control, command, **mending)
    client.result("SetStoreRequestedState", **ACME, id=2, requestedState="normal")

    assert (last["statusCode"], before) == ("failed", None)
    assert last["error"]["message"] == "3 errors have been found (see above)."
    assert log.splitlines()[-2:] == [
        "  3 messages of file group #2 are damaged.",
        "Finished. 3 errors have been found (see above).",
    ]
    assert whole["statusCode"] == "succeeded"
    assert run(client, control, "VerifyStore", id=2)["statusCode"] == "succeeded"

"""The verbs of stores: the exact command of each, secrets that stay secret, and refusals."""

import pytest

from tests.resources.archive import Archive
from tests.resources.calls import plant, refused
from tests.served import assert_problem
from tests.simulated import JSON

ONE = {
    "compact": "CompactStore",
    "repair": "RepairStoreDatabase",
    "upgrade": "UpgradeStore",
    "recreate-recovery-records": "RecreateRecoveryRecords",
}
ALL = {
    "upgrade": "UpgradeStores",
    "retry-open": "RetryOpenStores",
    "refresh-statistics": "RefreshAllStoreStatistics",
    "maintain": "MaintainFileSystemDatabases",
}
PASSPHRASE = 'open & = % + ü € "sesame"'


def new_store(archive: Archive, name: str) -> int:
    return int(archive.call("POST", "/stores", {"name": name}, 201)["id"])


def shown(archive: Archive, store: int) -> JSON:
    return archive.call("GET", f"/stores/{store}")


@pytest.mark.parametrize("verb", ONE)
def test_each_verb_sends_its_command_to_one_store(archive: Archive, verb: str) -> None:
    found = archive.call("POST", f"/stores/1/{verb}")
    assert archive.changes() == [(ONE[verb], {"id": "1"})]
    assert found["finished"] is True
    assert found["log"]


@pytest.mark.parametrize("verb", ALL)
def test_each_verb_sends_its_command_for_all_stores(archive: Archive, verb: str) -> None:
    assert archive.call("POST", f"/stores/{verb}")["finished"] is True
    assert archive.changes() == [(ALL[verb], {})]


@pytest.mark.parametrize("verb", [*ONE, "unlock", "recover", "merge"])
def test_a_verb_on_an_absent_store_is_a_404(archive: Archive, verb: str) -> None:
    bodies = {"unlock": {"passphrase": "x"}, "recover": {}, "merge": {"sourceId": 1}}
    response = archive.open("POST", f"/stores/88/{verb}", bodies.get(verb))
    assert_problem(response, 404, "NOT_FOUND")


def test_a_passphrase_unlocks_and_is_kept_nowhere(archive: Archive) -> None:
    seed = {"name": "locked", "passphrase": PASSPHRASE, "databasePath": "~\\locked"}
    plant(archive, stores=[seed])
    store = next(
        one["id"] for one in archive.call("GET", "/stores")["items"] if one["name"] == "locked"
    )
    wrong = archive.open("POST", f"/stores/{store}/unlock", {"passphrase": "wrong"})
    assert_problem(wrong, 502, "COMMAND_FAILED")
    response = archive.open("POST", f"/stores/{store}/unlock", {"passphrase": PASSPHRASE})
    assert response.status_code == 200, response.text
    assert archive.sent("UnlockStore") == {"id": str(store), "passphrase": PASSPHRASE}
    assert PASSPHRASE not in response.text
    assert shown(archive, store)["error"] is None
    page = archive.world.call("GET", f"/operations?instance={archive.id}&kind=unlockStore")
    assert "sesame" not in str(page)


def test_a_disabled_store_is_recovered_with_its_key(archive: Archive) -> None:
    store = new_store(archive, "broken")
    archive.call("PATCH", f"/stores/{store}", {"requestedState": "disabled"})
    body = {"encryptionKey": PASSPHRASE, "recoverDeletedMessages": True}
    assert archive.call("POST", f"/stores/{store}/recover", body)["finished"] is True
    assert archive.changes() == [
        (
            "RecoverStore",
            {"id": str(store), "encryptionKey": PASSPHRASE, "recoverDeletedMessages": "true"},
        )
    ]


def test_what_is_left_out_is_not_sent(archive: Archive) -> None:
    store = new_store(archive, "other")
    archive.call("PATCH", f"/stores/{store}", {"requestedState": "disabled"})
    archive.call("POST", f"/stores/{store}/recover", {})
    assert archive.changes() == [("RecoverStore", {"id": str(store)})]


def test_a_merge_empties_the_source(archive: Archive) -> None:
    target, source = new_store(archive, "target"), new_store(archive, "source")
    archive.call("POST", f"/stores/{target}/merge", {"sourceId": source})
    assert archive.changes() == [("MergeStore", {"id": str(target), "sourceId": str(source)})]
    assert shown(archive, source)["statisticsCount"] == 0
    assert shown(archive, target)["statisticsCount"] == 80


def test_a_transfer_copies_from_several(archive: Archive) -> None:
    numbers = [new_store(archive, name) for name in ("a", "b", "c")]
    body = {
        "sourceStores": numbers[:2],
        "targetStore": numbers[2],
        "startIndex": f"{numbers[0]}:3",
    }
    archive.call("POST", "/stores/transfer", body)
    assert archive.changes() == [
        (
            "TransferStores",
            {
                "sourceStores": f"{numbers[0]},{numbers[1]}",
                "targetStore": str(numbers[2]),
                "startIndex": f"{numbers[0]}:3",
            },
        )
    ]
    assert shown(archive, numbers[2])["statisticsCount"] > 80


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("1/merge", {"sourceId": 1}, "/sourceId"),
        ("1/merge", {}, "/sourceId"),
        ("1/merge", {"sourceId": "2"}, "/sourceId"),
        ("1/merge", {"sourceId": True}, "/sourceId"),
        ("1/unlock", {}, "/passphrase"),
        ("1/unlock", {"passphrase": ""}, "/passphrase"),
        ("1/unlock", {"passphrase": ["a", "b"]}, "/passphrase"),
        ("1/recover", {"recoverDeletedMessages": "true"}, "/recoverDeletedMessages"),
        ("transfer", {"sourceStores": []}, "/sourceStores"),
        ("transfer", {"sourceStores": "1,2"}, "/sourceStores"),
        ("transfer", {"sourceStores": ["1,2"]}, "/sourceStores/0"),
        ("transfer", {"sourceStores": [1], "targetStore": 1}, "/targetStore"),
        ("transfer", {"sourceStores": [1], "startIndex": "1:*"}, "/startIndex"),
    ],
)
def test_bad_input_changes_nothing(archive: Archive, path: str, body: JSON, pointer: str) -> None:
    faults = refused(archive, "POST", f"/stores/{path}", body)
    assert [fault["pointer"] for fault in faults] == [pointer]


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_to_an_upgrade_is_settled_by_the_format(archive: Archive, fault: str) -> None:
    seed = {"name": f"old-{fault}", "needsUpgrade": True}
    plant(archive, stores=[seed])
    store = archive.call("GET", "/stores")["items"][-1]["id"]
    archive.control.fault(fault, "UpgradeStore", count=1)
    assert archive.call("POST", f"/stores/{store}/upgrade")["finished"] is True
    assert shown(archive, store)["needsUpgrade"] is False


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_to_an_unlocking_is_settled_by_the_trouble(
    archive: Archive, fault: str
) -> None:
    seed = {"name": f"locked-{fault}", "passphrase": PASSPHRASE}
    plant(archive, stores=[seed])
    store = archive.call("GET", "/stores")["items"][-1]["id"]
    archive.control.fault(fault, "UnlockStore", count=1)
    archive.call("POST", f"/stores/{store}/unlock", {"passphrase": PASSPHRASE})
    assert shown(archive, store)["error"] is None


def test_a_recovery_that_nothing_shows_is_not_called_a_success(archive: Archive) -> None:
    store = new_store(archive, "quiet")
    archive.call("PATCH", f"/stores/{store}", {"requestedState": "disabled"})
    archive.control.fault("drop-before", "RecoverStore", count=1)
    response = archive.open("POST", f"/stores/{store}/recover", {})
    assert response.status_code == 502, response.text
    assert (
        archive.world.call("GET", f"/operations?instance={archive.id}&kind=recoverStore")["items"][
            0
        ]["status"]
        == "unknown"
    )

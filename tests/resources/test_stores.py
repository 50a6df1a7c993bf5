"""Stores: detached and attached, paths for operators only, and when new ones come."""

import json
from collections.abc import Iterator

import pytest

from tests.resources.archive import AWKWARD, Archive
from tests.resources.calls import refused
from tests.served import CheckedClient, assert_problem
from tests.simulated import JSON

BAD_PATHS = [
    "..\\x",
    "../x",
    "C:\\",
    "\\\\evil\\share",
    "\\\\?\\C:\\x",
    "~\\..\\x",
    "~\\NUL",
    "~\\con.txt",
    "~\\a:b",
    "~\\dot.",
    "~\\blank ",
    "~\\a/b",
    "~\\" + "x" * 300,
    "~",
    "~\\a\nb",
    "",
]


@pytest.fixture
def operator(archive: Archive) -> CheckedClient:
    return archive.world.operator


@pytest.fixture
def store(archive: Archive) -> Iterator[int]:
    """The number of a store that a test may spoil."""
    number = archive.call("POST", "/stores", {"name": AWKWARD}, 201)["id"]
    yield number
    archive.open("DELETE", f"/stores/{number}")


def test_detaching_says_that_the_data_stays(archive: Archive, store: int) -> None:
    found = archive.call("DELETE", f"/stores/{store}")
    assert archive.changes() == [("DetachStore", {"id": str(store)})]
    assert found == {"id": store, "name": AWKWARD, "dataRemains": True}
    assert_problem(archive.open("GET", f"/stores/{store}"), 404, "NOT_FOUND")
    assert_problem(archive.open("DELETE", f"/stores/{store}"), 404, "NOT_FOUND")
    assert archive.changes() == []


def test_a_detached_store_is_attached_again_by_an_operator(
    archive: Archive, store: int, operator: CheckedClient
) -> None:
    where = archive.open("DELETE", f"/stores/{store}", client=operator).get_json()["databasePath"]
    body = {"name": AWKWARD, "databasePath": where, "requestedState": "writeProtected"}
    response = archive.open("POST", "/stores/attach", body, operator)
    assert response.status_code == 201, response.text
    made = response.get_json()
    assert archive.changes() == [("AttachStore", body)]
    assert made["id"] != store
    assert made["databasePath"] == where
    seen = archive.call("GET", f"/stores/{made['id']}")
    assert (seen["name"], seen["requestedState"]) == (AWKWARD, "writeProtected")
    again = archive.open("POST", "/stores/attach", body, operator)
    assert_problem(again, 409, "IN_USE")
    assert archive.changes() == []
    archive.call("DELETE", f"/stores/{made['id']}")


def test_nobody_but_an_operator_sees_or_says_where_a_store_lies(
    archive: Archive, store: int
) -> None:
    assert not {"databasePath", "contentPath", "indexPath"} & set(
        archive.call("GET", f"/stores/{store}")
    )
    body = {"name": "x", "databasePath": "~\\x"}
    response = archive.open("POST", "/stores/attach", body)
    assert_problem(response, 403, "PERMISSION_MISSING", permission="stores:paths")
    response = archive.open("PATCH", f"/stores/{store}", {"databasePath": "~\\x"})
    assert_problem(response, 403, "PERMISSION_MISSING", permission="stores:paths")
    body = {"sizeThreshold": None, "baseDirectory": "~\\x"}
    response = archive.open("PUT", "/stores/auto-create", body)
    assert_problem(response, 403, "PERMISSION_MISSING", permission="stores:paths")
    assert archive.changes() == []


def test_the_directory_of_another_instance_is_never_attached(
    archive: Archive, operator: CheckedClient
) -> None:
    other = archive.world.new_archive("A1")
    control = archive.control
    base = control.state()["instances"][other["instanceID"]]["base_directory"]
    for path in (base, f"{base}\\store", base.upper(), base.rpartition("\\")[0]):
        response = archive.open(
            "POST", "/stores/attach", {"name": "x", "databasePath": path}, operator
        )
        assert_problem(response, 409, "IN_USE")
        assert archive.changes() == []


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_leads_astray_is_refused(archive: Archive, path: str) -> None:
    body = {"name": "x", "databasePath": path}
    response = archive.open("POST", "/stores/attach", body, archive.world.operator)
    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in problem["errors"]] == ["/databasePath"]
    assert archive.changes() == []


def test_a_patch_disables_before_it_sets_the_path(
    archive: Archive, store: int, operator: CheckedClient
) -> None:
    path = archive.open("GET", f"/stores/{store}", client=operator).get_json()["databasePath"]
    moved = f"{path}-moved"
    body = {"name": "moved", "requestedState": "disabled", "databasePath": moved}
    response = archive.open("PATCH", f"/stores/{store}", body, operator)
    assert response.status_code == 200, response.text
    about = {"id": str(store)}
    assert archive.changes() == [
        ("RenameStore", {**about, "name": "moved"}),
        ("SetStoreRequestedState", {**about, "requestedState": "disabled"}),
        ("SetStorePath", {**about, "databasePath": moved}),
    ]
    seen = archive.open("GET", f"/stores/{store}", client=operator).get_json()
    assert {name: seen[name] for name in body} == body
    back = {"databasePath": path, "requestedState": "normal"}
    archive.open("PATCH", f"/stores/{store}", back, operator)
    assert [name for name, _ in archive.changes()] == ["SetStorePath", "SetStoreRequestedState"]


def test_a_patch_of_another_version_changes_nothing(archive: Archive, store: int) -> None:
    path = f"/stores/{store}"
    tag = archive.open("GET", path).headers["ETag"]
    response = archive.open("PATCH", path, {"name": "one"}, headers={"If-Match": tag})
    assert response.status_code == 200
    response = archive.open("PATCH", path, {"name": "two"}, headers={"If-Match": tag})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


@pytest.mark.parametrize(
    "body",
    [
        {"contentPath": "~\\x"},
        {"requestedState": "gone"},
        {"name": ""},
        {"name": None},
        {"name": "x", "id": 3},
    ],
)
def test_bad_patches_change_nothing(archive: Archive, store: int, body: JSON) -> None:
    refused(archive, "PATCH", f"/stores/{store}", body)


def test_an_absent_store_is_found_out_before_anything_is_sent(archive: Archive) -> None:
    assert_problem(archive.open("PATCH", "/stores/77", {"name": "x"}), 404, "NOT_FOUND")
    assert archive.changes() == []


def test_when_new_stores_come_is_read_back(archive: Archive, operator: CheckedClient) -> None:
    body = {"sizeThreshold": "5 GB", "baseDirectory": "~\\new"}
    response = archive.open("PUT", "/stores/auto-create", body, operator)
    assert response.status_code == 200, response.text
    config = json.loads(archive.sent("SetStoreAutoCreateConfiguration")["config"])
    assert {name: config[name] for name in body} == body
    assert archive.call("PUT", "/stores/auto-create", {"sizeThreshold": None}) == {
        "sizeThreshold": None
    }
    seen = archive.open("GET", "/stores/auto-create", client=operator).get_json()
    assert (seen["sizeThreshold"], seen["baseDirectory"]) == (None, "~\\new")


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_to_a_detachment_is_settled_by_the_list(
    archive: Archive, store: int, fault: str
) -> None:
    archive.control.fault(fault, "DetachStore", count=1)
    assert archive.call("DELETE", f"/stores/{store}")["dataRemains"] is True


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_to_an_attachment_attaches_once(
    archive: Archive, store: int, operator: CheckedClient, fault: str
) -> None:
    where = archive.open("DELETE", f"/stores/{store}", client=operator).get_json()["databasePath"]
    archive.control.fault(fault, "AttachStore", count=1)
    body = {"name": "again", "databasePath": where}
    response = archive.open("POST", "/stores/attach", body, operator)
    assert response.status_code == 201, response.text
    stores = archive.call("GET", "/stores")["items"]
    assert [one["name"] for one in stores].count("again") == 1
    archive.call("DELETE", f"/stores/{response.get_json()['id']}")


def test_what_was_made_says_where_it_is(archive: Archive) -> None:
    made = archive.open("POST", "/stores", {"name": "located"})
    number = made.get_json()["id"]
    assert made.headers["Location"] == f"/instances/{archive.id}/stores/{number}"
    archive.call("DELETE", f"/stores/{number}")

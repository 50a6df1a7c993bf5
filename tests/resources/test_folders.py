"""Folders: the tree as paths, moves that are seen, and deletions that never widen by themselves."""

import pytest

from tests.resources.archive import AWKWARD, Archive
from tests.resources.calls import plant, refused
from tests.served import assert_problem
from tests.simulated import JSON

TREE = [
    {"folder": "sam/Inbox", "messages": 3},
    {"folder": "sam/Empty"},
    {"folder": "sam/Projects/2026/March", "messages": 1},
    {"folder": "joe/Empty"},
]
NAME = AWKWARD.replace("\\", "")


@pytest.fixture(autouse=True)
def tree(archive: Archive) -> None:
    plant(archive, folders=TREE)


def paths(archive: Archive, query: str = "") -> list[str]:
    return [item["folder"] for item in archive.call("GET", f"/folders{query}")["items"]]


def test_the_tree_is_a_list_of_paths(archive: Archive) -> None:
    assert {"sam", "sam/Inbox", "sam/Projects/2026", "sam/Projects/2026/March"} <= set(
        paths(archive)
    )
    below = archive.call("GET", "/folders?folder=sam/Projects&maxLevels=1")["items"]
    assert below == [{"folder": "sam/Projects/2026", "name": "2026"}]
    assert archive.sent("GetChildFolders") == {"folder": "sam/Projects", "maxLevels": "1"}


def test_pages_of_the_tree_join(archive: Archive) -> None:
    first = archive.call("GET", "/folders?limit=2")
    rest = archive.call("GET", f"/folders?limit=500&cursor={first['nextCursor']}")
    assert [*first["items"], *rest["items"]] == archive.call("GET", "/folders")["items"]


def test_the_sizes_are_listed(archive: Archive) -> None:
    items = {one["folder"]: one for one in archive.call("GET", "/folders/statistics")["items"]}
    assert items["sam/Inbox"]["count"] == 3
    assert items["sam/Inbox"]["size"] > 0


def test_the_known_failure_is_a_problem_of_its_own(archive: Archive) -> None:
    plant(archive, folders=TREE, folderStatisticsFail=True)
    response = archive.open("GET", "/folders/statistics")
    problem = assert_problem(response, 502, "FOLDER_STATISTICS_UNAVAILABLE", retryable=False)
    assert "asking again does not help" in problem["detail"]
    assert "Nullable" not in response.text


def test_a_move_is_seen(archive: Archive) -> None:
    body = {"fromFolder": "sam/Inbox", "toFolder": f"sam/{NAME}"}
    archive.call("POST", "/folders/move", body, 204)
    assert archive.changes() == [("MoveFolder", body)]
    assert f"sam/{NAME}" in paths(archive)
    assert "sam/Inbox" not in paths(archive)


def test_empty_folders_below_one_are_deleted(archive: Archive) -> None:
    archive.call("POST", "/folders/delete-empty", {"folder": "sam"}, 204)
    assert archive.changes() == [("DeleteEmptyFolders", {"folder": "sam"})]
    assert "sam/Empty" not in paths(archive)
    assert "joe/Empty" in paths(archive)


def test_all_empty_folders_are_deleted_when_it_is_said(archive: Archive) -> None:
    archive.call("POST", "/folders/delete-empty", {"all": True}, 204)
    assert archive.changes() == [("DeleteEmptyFolders", {})]
    assert "joe/Empty" not in paths(archive)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": False},
        {"folder": None},
        {"folder": ""},
        {"folder": "sam", "all": True},
        {"folder": ["sam"]},
        {"all": "true"},
    ],
)
def test_nothing_said_deletes_nothing(archive: Archive, body: JSON) -> None:
    refused(archive, "POST", "/folders/delete-empty", body)


@pytest.mark.parametrize(
    "body", [{"fromFolder": "sam"}, {"fromFolder": "sam", "toFolder": ""}, {"toFolder": "x"}]
)
def test_half_a_move_moves_nothing(archive: Archive, body: JSON) -> None:
    refused(archive, "POST", "/folders/move", body)


@pytest.mark.parametrize("query", ["maxLevels=0", "maxLevels=x", "folder="])
def test_bad_questions_are_not_asked(archive: Archive, query: str) -> None:
    assert_problem(archive.open("GET", f"/folders?{query}"), 422, "INVALID_INPUT")
    assert archive.world.sent() == []


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_to_a_move_is_settled_by_the_tree(archive: Archive, fault: str) -> None:
    archive.control.fault(fault, "MoveFolder", count=1)
    body = {"fromFolder": "sam/Projects/2026/March", "toFolder": f"sam/{fault}"}
    archive.call("POST", "/folders/move", body, 204)
    assert f"sam/{fault}" in paths(archive)

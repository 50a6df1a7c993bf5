"""What users may do in folders."""

from collections.abc import Iterator

import pytest

from tests.resources.archive import Archive
from tests.served import assert_problem

PATH = "/users/jane/folder-privileges"


@pytest.fixture(autouse=True)
def _clear(archive: Archive) -> Iterator[None]:
    yield
    archive.call("DELETE", PATH, status=204)


def test_one_folder_is_set_and_read_back(archive: Archive) -> None:
    found = archive.call("PUT", f"{PATH}/jane", {"privileges": ["read", "write"]})

    about = {"userName": "jane", "folder": "jane", "privileges": "read,write"}
    assert archive.sent("SetUserPrivilegesOnFolder") == about
    assert found == {"folder": "jane", "privileges": ["read", "write"]}
    assert archive.call("GET", PATH)["items"] == [found]


def test_no_privileges_are_the_word_none(archive: Archive) -> None:
    archive.call("PUT", f"{PATH}/jane", {"privileges": ["read"]})

    found = archive.call("PUT", f"{PATH}/jane", {"privileges": []})

    assert archive.sent("SetUserPrivilegesOnFolder")["privileges"] == "none"
    assert found == {"folder": "jane", "privileges": []}
    assert archive.call("GET", PATH)["items"] == []


def test_a_folder_arrives_byte_for_byte(archive: Archive) -> None:
    archive.call(
        "PUT", f"{PATH}/a%20%26%20b%20%3D%20%25%20%2B%20%C3%BC%E2%82%AC", {"privileges": []}
    )

    assert archive.sent("SetUserPrivilegesOnFolder")["folder"] == "a & b = % + ü€"


def test_all_folders_but_some_are_set_at_once(archive: Archive) -> None:
    body = {"privileges": ["read", "delete"], "excludeFolders": ["a & b", "ü"]}

    archive.call("PUT", PATH, body)

    assert archive.sent("SetUserPrivilegesOnAllFolders") == {
        "userName": "jane",
        "privileges": "read,delete",
        "excludeFolders": "a & b,ü",
    }


def test_without_exceptions_the_argument_is_left_out(archive: Archive) -> None:
    archive.call("PUT", PATH, {"privileges": ["read"]})

    about = {"userName": "jane", "privileges": "read"}
    assert archive.sent("SetUserPrivilegesOnAllFolders") == about


def test_clearing_takes_them_all(archive: Archive) -> None:
    archive.call("PUT", f"{PATH}/jane", {"privileges": ["read"]})

    archive.call("DELETE", PATH, status=204)

    assert archive.sent("ClearUserPrivilegesOnFolders") == {"userName": "jane"}
    assert archive.call("GET", PATH) == {"items": [], "nextCursor": None}


def test_administrators_have_none_listed(archive: Archive) -> None:
    assert archive.call("GET", "/users/$archiveadmin/folder-privileges")["items"] == []


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        (PATH, {"privileges": ["read"], "excludeFolders": ["a,b"]}, "/excludeFolders"),
        (PATH, {"privileges": []}, "/privileges"),
        (PATH, {"privileges": ["none"]}, "/privileges/0"),
        (PATH, {}, "/privileges"),
        (f"{PATH}/jane", {"privileges": ["read,write"]}, "/privileges/0"),
        (f"{PATH}/jane", {"privileges": None}, "/privileges"),
    ],
)
def test_bad_input_changes_nothing(
    archive: Archive, path: str, body: dict[str, object], pointer: str
) -> None:
    problem = assert_problem(archive.open("PUT", path, body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.commands() == []


def test_reserved_and_absent_users_are_left_alone(archive: Archive) -> None:
    for method, path, body in (
        ("PUT", "", {"privileges": ["read"]}),
        ("PUT", "/jane", {"privileges": ["read"]}),
        ("DELETE", "", None),
    ):
        reserved = archive.open(method, f"/users/$archiveadmin/folder-privileges{path}", body)
        assert_problem(reserved, 422, "INVALID_INPUT")
        absent = archive.open(method, f"/users/nobody/folder-privileges{path}", body)
        assert_problem(absent, 404, "NOT_FOUND")


def test_a_folder_below_another_is_no_resource(archive: Archive) -> None:
    response = archive.open("PUT", f"{PATH}/a%2Fb", {"privileges": ["read"]})

    assert response.status_code == 404
    assert archive.commands() == []

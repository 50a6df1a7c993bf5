import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
FOLDERS = [
    {"folder": "jane/Exchange/Inbox", "messages": 3},
    {"folder": "jane\\Exchange\\Drafts"},
    {"folder": "jane/Old/Older"},
    {"folder": "max", "messages": 1},
]


@pytest.fixture
def tree(client: Client, control: Control) -> Client:
    """A client of an instance with some folders."""
    users = [{"userName": "jane"}]
    entry = {**ACME, "archiveAdminEnabled": True, "users": users, "folders": FOLDERS}
    control.seed(instances=[entry])
    return client


def children(client: Client, **arguments: object) -> list[JSON]:
    return client.result("GetChildFolders", **ACME, **arguments)


def leaf(name: str) -> JSON:
    return {"name": name, "childFolders": []}


def paths(client: Client) -> list[str]:
    return [one["folder"] for one in client.result("GetFolderStatistics", **ACME)]


def test_the_tree_is_nested(tree: Client) -> None:
    exchange = {"name": "Exchange", "childFolders": [leaf("Drafts"), leaf("Inbox")]}
    old = {"name": "Old", "childFolders": [leaf("Older")]}

    assert children(tree) == [{"name": "jane", "childFolders": [exchange, old]}, leaf("max")]
    assert children(tree, maxLevels=1) == [leaf("jane"), leaf("max")]
    assert children(tree, folder="jane", maxLevels=2) == [exchange, old]
    assert children(tree, folder="jane\\Exchange") == exchange["childFolders"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"folder": "tom"}, "The folder 'tom' does not exist."),
        ({"maxLevels": 0}, "Specified argument was out of the range of valid values."),
    ],
)
def test_a_tree_that_is_not_there_is_refused(tree: Client, arguments: JSON, message: str) -> None:
    assert tree.refusal("GetChildFolders", **ACME, **arguments) == message


def test_statistics_count_each_folder_by_itself(tree: Client) -> None:
    found = tree.result("GetFolderStatistics", **ACME)

    assert found[1] == {"folder": "jane/Exchange/Inbox", "count": 3, "size": 3 * 76800}
    assert [one["folder"] for one in found] == sorted(paths(tree))


def test_on_some_instances_statistics_fail(client: Client, control: Control) -> None:
    control.seed(instances=[{**ACME, "archiveAdminEnabled": True, "folderStatisticsFail": True}])

    message = client.refusal("GetFolderStatistics", **ACME)
    assert message == "Nullable object must have a value."


def test_a_folder_moves_with_all_below_it(tree: Client) -> None:
    tree.result("MoveFolder", **ACME, fromFolder="jane/Exchange", toFolder="max/From Jane")

    assert paths(tree) == ["jane/Old/Older", "max", "max/From Jane/Drafts", "max/From Jane/Inbox"]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("tom", "jim", "The folder 'tom' does not exist."),
        ("max", "jane/Old", "The folder 'jane/Old' already exists."),
        ("jane", "jane/x", "Specified argument was out of the range of valid values."),
        ("jane", "/", "Specified argument was out of the range of valid values."),
    ],
)
def test_a_folder_moves_only_where_it_can(
    tree: Client, source: str, target: str, message: str
) -> None:
    assert tree.refusal("MoveFolder", **ACME, fromFolder=source, toFolder=target) == message


def test_empty_folders_are_deleted_below_a_folder(tree: Client) -> None:
    missing = tree.refusal("DeleteEmptyFolders", **ACME, folder="tom")
    tree.result("DeleteEmptyFolders", **ACME, folder="jane/Old")
    some = paths(tree)
    tree.result("DeleteEmptyFolders", **ACME)

    assert missing == "The folder 'tom' does not exist."
    assert some == ["jane/Exchange/Drafts", "jane/Exchange/Inbox", "max"]
    assert paths(tree) == ["jane/Exchange/Inbox", "max"]


def test_privileges_on_all_folders_are_those_on_top(tree: Client) -> None:
    jane = {**ACME, "userName": "jane"}
    tree.result("SetUserPrivilegesOnAllFolders", **jane, privileges="read,write")
    every = tree.result("GetUserInfo", **jane)["privilegesOnFolders"]
    tree.result(
        "SetUserPrivilegesOnAllFolders", **jane, privileges="delete", excludeFolders="jane, tom"
    )
    some = tree.result("GetUserInfo", **jane)["privilegesOnFolders"]

    both = ["read", "write"]
    assert every == [
        {"folder": "jane", "privileges": both},
        {"folder": "max", "privileges": both},
    ]
    assert some == [
        {"folder": "jane", "privileges": both},
        {"folder": "max", "privileges": ["delete"]},
    ]


def test_app_passwords_are_deleted(client: Client, control: Control) -> None:
    users = [{"userName": "jane", "appPasswords": 2}]
    control.seed(instances=[{**ACME, "archiveAdminEnabled": True, "users": users}])
    client.result("DeleteAppPasswords", **ACME, userName="jane")
    (archive,) = control.state()["archives"].values()

    assert archive["users"]["jane"]["app_passwords"] == 0

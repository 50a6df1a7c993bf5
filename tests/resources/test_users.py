"""Users: one PATCH that fans out, lists with details, and who may make administrators."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import pytest
import time_machine

from gateway.errors import CommandFailed
from gateway.model import now
from gateway.resources.users import details
from gateway.spe.command import Command
from tests.resources.archive import AWKWARD, Archive, archive_in
from tests.resources.calls import plant
from tests.served import assert_problem
from tests.world import World

if TYPE_CHECKING:
    from gateway.broker.engine.reader import Reader
    from gateway.model import Instance

WORDS = ["a&b=c%d+e", "ü€'\"\\", "plain"]


@pytest.fixture
def user(archive: Archive) -> Iterator[str]:
    """The path of a user that a test may spoil."""
    archive.call("POST", "/users", {"userName": "sam", "fullName": "Sam"}, 201)
    yield "/users/sam"
    archive.open("DELETE", "/users/sam")


def test_a_patch_carries_out_all_changes_in_the_stated_order(archive: Archive, user: str) -> None:
    patch = {
        "userName": "samuel",
        "loginPrivileges": ["web", "imap"],
        "privileges": ["login", "archive"],
        "pop3UserNames": ["pop&1", "pop=2"],
        "emailAddresses": ["sam@example.com", "s+1@example.com"],
        "authentication": "directoryServices",
        "distinguishedName": "CN=Sam, O=A & B",
        "fullName": AWKWARD,
    }

    found = archive.call("PATCH", user, patch)

    about = {"userName": "sam"}
    assert archive.changes() == [
        ("SetUserFullName", {**about, "fullName": AWKWARD}),
        ("SetUserDistinguishedName", {**about, "distinguishedName": "CN=Sam, O=A & B"}),
        ("SetUserAuthentication", {**about, "authentication": "directoryServices"}),
        ("SetUserEmailAddresses", {**about, "emailAddresses": "sam@example.com,s+1@example.com"}),
        ("SetUserPop3UserNames", {**about, "pop3UserNames": "pop&1,pop=2"}),
        ("SetUserPrivileges", {**about, "privileges": "login,archive"}),
        ("SetUserLoginPrivileges", {**about, "loginPrivileges": "web,imap"}),
        ("RenameUser", {"oldUserName": "sam", "newUserName": "samuel"}),
    ]
    assert {name: found[name] for name in patch} == patch
    assert archive.call("GET", "/users/samuel") == found
    archive.call("DELETE", "/users/samuel", status=204)


@pytest.mark.parametrize("word", WORDS)
def test_a_new_name_arrives_byte_for_byte(archive: Archive, user: str, word: str) -> None:
    archive.call("PATCH", user, {"userName": word, "fullName": word})

    assert archive.sent("RenameUser") == {"oldUserName": "sam", "newUserName": word}
    assert archive.call("GET", f"/users/{quote(word, safe='')}")["fullName"] == word
    archive.call("DELETE", f"/users/{quote(word, safe='')}", status=204)


@pytest.mark.parametrize(
    ("field", "command", "sent", "read"),
    [
        ("fullName", "SetUserFullName", {}, None),
        ("distinguishedName", "SetUserDistinguishedName", {}, None),
        ("emailAddresses", "SetUserEmailAddresses", {}, []),
        ("pop3UserNames", "SetUserPop3UserNames", {}, []),
        ("privileges", "SetUserPrivileges", {"privileges": "none"}, []),
        ("loginPrivileges", "SetUserLoginPrivileges", {"loginPrivileges": "none"}, []),
    ],
)
def test_nothing_is_told_from_left_out(
    archive: Archive, user: str, field: str, command: str, sent: dict[str, str], read: object
) -> None:
    filled = {"emailAddresses": ["sam@example.com"], "pop3UserNames": ["sam"]}
    archive.call("PATCH", user, {"distinguishedName": "CN=Sam", **filled})

    found = archive.call("PATCH", user, {field: read})

    assert archive.changes() == [(command, {"userName": "sam", **sent})]
    assert found[field] == read
    assert archive.call("GET", user) == found


def test_a_failure_says_what_was_done_before_it(archive: Archive, user: str) -> None:
    archive.control.fault("failed", "SetUserPop3UserNames", count=1)

    patch = {"pop3UserNames": ["x"], "fullName": "Done", "privileges": ["archive"]}
    problem = assert_problem(archive.open("PATCH", user, patch), 502, "COMMAND_FAILED")

    assert [(step["command"], step["status"]) for step in problem["steps"]] == [
        ("GetUserInfo", "succeeded"),
        ("SetUserFullName", "succeeded"),
        ("SetUserPop3UserNames", "failed"),
        ("SetUserPrivileges", "skipped"),
        ("GetUserInfo", "skipped"),
    ]
    found = archive.call("GET", user)
    assert (found["fullName"], found["privileges"]) == ("Done", ["login"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"emailAddresses": ["a@x,b@y"]}, "/emailAddresses"),
        ({"pop3UserNames": ["a,b"]}, "/pop3UserNames"),
        ({"privileges": ["login,admin"]}, "/privileges/0"),
        ({"privileges": "login"}, "/privileges"),
        ({"privileges": ["none"]}, "/privileges/0"),
        ({"loginPrivileges": ["telnet"]}, "/loginPrivileges/0"),
        ({"privileges": ["login", "admin"]}, "/privileges"),
        ({"userName": "$archiveadmin"}, "/userName"),
        ({"userName": " $archiveadmin"}, "/userName"),
        ({"userName": "\u200b$archiveadmin"}, "/userName"),
        ({"userName": None}, "/userName"),
        ({"password": "secret"}, "/password"),
        ({"fullName": "a\nb"}, "/fullName"),
    ],
)
def test_bad_input_changes_nothing(
    archive: Archive, user: str, body: dict[str, Any], pointer: str
) -> None:
    before = archive.control.state_hash()

    problem = assert_problem(archive.open("PATCH", user, body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert archive.changes() == []
    assert archive.control.state_hash() == before


def test_the_service_providers_own_user_is_not_changed(archive: Archive) -> None:
    response = archive.open("PATCH", "/users/$archiveadmin", {"fullName": "x"})

    assert_problem(response, 422, "INVALID_INPUT")
    assert archive.changes() == []


def test_a_user_that_is_not_there_is_a_404(archive: Archive) -> None:
    assert_problem(archive.open("PATCH", "/users/nobody", {"fullName": "x"}), 404)
    assert_problem(archive.open("DELETE", "/users/nobody"), 404)

    assert archive.commands()[-1] == "GetUsers"


def test_making_an_administrator_needs_its_own_permission(archive: Archive, user: str) -> None:
    helper = archive.caller("users:read", "users:update", "users:create")

    for method, path, more in (
        ("PATCH", user, {}),
        ("POST", "/users", {"userName": "boss"}),
    ):
        body = {"privileges": ["login", "admin"], **more}
        response = archive.open(method, path, body, client=helper)
        assert_problem(response, 403, "PERMISSION_MISSING", permission="users:admin")
        assert archive.changes() == []

    assert archive.call("PATCH", user, {"privileges": ["admin"]})["privileges"] == ["admin"]


def test_an_administrator_is_changed_only_by_who_could_make_one(
    archive: Archive, user: str
) -> None:
    archive.call("PATCH", user, {"privileges": ["admin"]})
    helper = archive.caller("users:read", "users:update")

    response = archive.open("PATCH", user, {"authentication": "directoryServices"}, client=helper)

    assert_problem(response, 403, "PERMISSION_MISSING", permission="users:admin")
    assert archive.changes() == []


def test_if_match_keeps_a_stale_writer_out(archive: Archive, user: str) -> None:
    stale = archive.open("GET", user).headers["ETag"]
    changed = archive.open("PATCH", user, {"fullName": "First"}, headers={"If-Match": stale})
    assert changed.status_code == 200

    late = archive.open("PATCH", user, {"fullName": "Late"}, headers={"If-Match": stale})

    assert_problem(late, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []
    current = archive.open("GET", user)
    assert current.get_json()["fullName"] == "First"
    assert current.headers["ETag"] == changed.headers["ETag"] != stale


def test_a_name_that_is_taken_is_a_conflict(archive: Archive, user: str) -> None:
    response = archive.open("PATCH", user, {"userName": "jane"})

    assert_problem(response, 409, "NAME_TAKEN")
    assert archive.call("GET", "/users/jane")["userName"] == "jane"


def test_a_new_name_that_takes_effect_late_is_found(archive: Archive, user: str) -> None:
    archive.control.asynchronous(share=1.0, seconds=0.3)
    archive.control.fault("drop-after", "RenameUser", count=1)
    try:
        found = archive.call("PATCH", user, {"userName": "samuel"})
    finally:
        archive.control.asynchronous(share=0.0)

    assert found["userName"] == "samuel"
    archive.call("DELETE", "/users/samuel", status=204)


@pytest.mark.parametrize(("fault", "times"), [("drop-after", 1), ("drop-before", 2)])
def test_a_lost_answer_to_a_new_name_is_settled_by_reading(
    archive: Archive, user: str, fault: str, times: int
) -> None:
    archive.control.fault(fault, "RenameUser", count=1)

    found = archive.call("PATCH", user, {"userName": "samuel"})

    assert found["userName"] == "samuel"
    assert [command for command, _ in archive.changes()] == ["RenameUser"] * times
    archive.call("DELETE", "/users/samuel", status=204)


def test_all_details_come_in_one_answer(own_world: World) -> None:
    archive = archive_in(own_world)
    for number in range(5):
        archive.call("POST", "/users", {"userName": f"user{number}"}, 201)

    found = archive.call("GET", "/users?expand=details")["items"]

    sent = archive.commands()
    assert sorted(sent) == ["GetUserInfo"] * 7 + ["GetUsers"]
    assert [user["userName"] for user in found] == [
        "$archiveadmin",
        "jane",
        *(f"user{number}" for number in range(5)),
    ]
    assert found[1] == archive.call("GET", "/users/jane")


def test_pages_of_details_read_their_own_users_only(own_world: World) -> None:
    archive = archive_in(own_world)
    first = archive.call("GET", "/users?expand=details&limit=1")
    assert archive.commands() == ["GetUsers", "GetUserInfo"]

    cursor = first["nextCursor"]
    second = archive.call("GET", f"/users?expand=details&limit=1&cursor={cursor}")

    names = [page["items"][0]["userName"] for page in (first, second)]
    assert names == ["$archiveadmin", "jane"]
    assert second["nextCursor"] is None


def test_a_user_that_cannot_be_read_fails_the_whole_answer(archive: Archive) -> None:
    archive.control.fault("failed", "GetUserInfo", count=1)

    assert_problem(archive.open("GET", "/users?expand=details"), 502, "COMMAND_FAILED")


class Shrinking:
    """A reader to whom jane is gone as soon as she was listed."""

    def __init__(self) -> None:
        self.names = ["jane", "sam"]

    def rows(self, *_: object) -> list[dict[str, Any]]:
        """List the users."""
        return [{"userName": name} for name in self.names]

    def read(
        self,
        _deployment: str,
        command: Command,
        arguments: dict[str, str] | None = None,
        *_: object,
        **__: object,
    ) -> object:
        """Read a user, or list them."""
        if command.name == "GetUsers":
            listed, self.names = self.rows(), ["sam"]
            return listed
        name = (arguments or {})["userName"]
        if name not in self.names:
            raise CommandFailed
        return {"userName": name, "authentication": "integrated"}


def test_a_user_that_is_deleted_meanwhile_is_left_out() -> None:
    reader = cast("Reader", Shrinking())
    instance = cast("Instance", type("AnInstance", (), {"deployment": "dep"}))

    listed: list[int] = []

    def note(rows: list[dict[str, Any]], time: datetime) -> None:
        assert time <= now()
        listed.append(len(rows))

    found, more = details(reader, instance, note=note, after=None, limit=50)

    assert [user["userName"] for user in found] == ["sam"]
    assert not more
    assert listed == [2]


@pytest.mark.parametrize("query", ["", "?expand=details&limit=1"])
def test_a_list_of_any_kind_corrects_what_counts_against_the_quota(
    own_world: World, query: str
) -> None:
    """What SPE itself has made beside us counts from then on."""
    archive = archive_in(own_world)
    quotas = f"/resellers/{own_world.resellers['A']}/quotas"
    before = own_world.call("GET", quotas)["usage"]["users"]["used"]
    plant(archive, users=[{"userName": f"synced-{number}"} for number in range(4)])
    state = archive.control.state()
    place = state["instances"][archive.name]
    key = f"{place['instance_host']}|{place['base_directory']}".casefold()
    there = state["archives"][key]["users"]
    news = len([name for name in there if not name.startswith("$")]) - 1  # jane was admitted
    assert news >= 3

    with time_machine.travel(now() + timedelta(seconds=30), tick=True):
        archive.call("GET", f"/users{query}")

    assert own_world.call("GET", quotas)["usage"]["users"]["used"] == before + news

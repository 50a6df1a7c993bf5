"""The verbs of nouns against a served gateway, as an operator and as a reseller."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.profile_file import Profile, Profiles, write_profiles
from tests.cli.conftest import Outcome, Program, Served
from tests.core import until

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def portal(served: Served) -> dict[str, Any]:
    """A client of a reseller below the operators."""
    owner = served.ask("POST", "/resellers", {"name": "Aurora"})
    body = {"name": "aurora-portal", "reseller": owner["id"], "roles": ["reseller-admin"]}
    made = served.ask("POST", "/clients", body)
    whole = {"instanceID": "aurora", "displayName": "Aurora", "reseller": owner["id"]}
    first = {"archiveAdmin": True, "store": {"name": "2026"}, "users": [{"userName": "jane"}]}
    served.ask("POST", "/instances", whole | first, Prefer="wait=20")
    return made


@pytest.fixture(autouse=True)
def profiles(served: Served, portal: dict[str, Any], own_process_state: None) -> None:
    """Somebody who is an operator, and with --profile reseller that reseller's portal."""
    assert own_process_state is None
    operator = Profile(served.url, served.client_id, served.client_secret)
    reseller = Profile(served.url, portal["clientId"], portal["clientSecret"])
    write_profiles(Profiles("operator", {"operator": operator, "reseller": reseller}))


@pytest.fixture
def done(program: Program) -> Call:
    """Call a command that must succeed, and return what it printed."""

    def call(*words: str) -> str:
        said = program(*words)
        assert (said.status, said.out != "") == (0, True), said.err
        return said.out

    return call


@pytest.fixture
def told(done: Call) -> Call:
    """Call a command with ``--json``, and return its one document."""
    return lambda *words: json.loads(done(*words, "--json"))


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """A file with a password."""
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    return str(file)


def refused(said: Outcome, words: str, status: int = 1) -> None:
    assert (said.status, said.out) == (status, "")
    assert words in said.err


def names(page: dict[str, Any], member: str = "name") -> set[str]:
    return {each[member] for each in page["items"]}


def test_resellers_are_a_tree_that_is_made_changed_stopped_and_deleted(
    done: Call, told: Call, program: Program
) -> None:
    assert "Tree is made as res_" in done("resellers", "create", "--name", "Tree")
    leaf = told("resellers", "create", "--name", "Leaf", "--parent", "Tree")
    lines = done("resellers", "list").splitlines()
    tree = next(number for number, line in enumerate(lines) if "─ Tree " in line)
    assert lines[tree + 1].index("└─ Leaf") == lines[tree].index("─ Tree") + 2
    assert told("resellers", "update", "Leaf", "--role", "support")["roles"] == ["support"]
    assert told("resellers", "update", leaf["id"], "--role", "")["roles"] is None
    assert told("resellers", "suspend", "Leaf", "--yes")["suspended"] is True
    assert told("resellers", "resume", "Leaf")["suspended"] is False
    refused(program("resellers", "delete", "Leaf"), "repeat it with --yes")
    assert done("resellers", "delete", "Leaf", "--yes") == "Leaf is deleted.\n"
    assert told("resellers", "delete", "Tree", "--yes") is None
    refused(program("resellers", "show", "Tree"), "There is no reseller Tree. There is: ")


def test_quotas_are_set_one_by_one(done: Call, told: Call, program: Program) -> None:
    first = told("resellers", "quotas", "set", "Aurora", "--instances", "50", "--users", "9")
    assert first["limits"] == {"instances": 50, "users": 9}
    second = told("resellers", "quotas", "set", "Aurora", "--users", "none", "--stores", "0")
    assert second["limits"] == {"instances": 50, "stores": 0}
    unlimited = told("resellers", "quotas", "set", "Aurora", "--stores", "unlimited")
    assert unlimited["limits"]["stores"] is None
    rows = [line.split() for line in done("resellers", "quotas", "show", "Aurora").splitlines()]
    assert rows[1][:3] == ["instances", "50", "1"]
    assert ["stores", "unlimited", "1", "unlimited"] in rows
    refused(program("resellers", "quotas", "set", "Aurora"), "Say which limit", 2)
    refused(program("resellers", "quotas", "set", "Aurora", "--users", "-1"), "is no number", 2)
    done("resellers", "quotas", "set", "Aurora", "--instances", "none", "--stores", "none")


def test_a_client_shows_its_secret_once(
    done: Call, told: Call, program: Program, served: Served
) -> None:
    made = done("clients", "create", "--name", "hand", "--role", "read-only").splitlines()
    assert made[1] == "Its secret is shown this once:"
    client, secret = made[2].split()[-1], made[3].split()[-1]
    access = ("--url", served.url, "--client-id", client, "--client-secret", secret)
    assert told("whoami", *access)["roles"] == ["read-only"]
    assert "hand" in names(told("clients", "list"))
    assert told("clients", "rotate-secret", "hand")["clientSecret"] != secret
    assert told("clients", "update", "hand", "--disabled")["disabled"] is True
    refused(program("whoami", *access), "sign in again with 'spe-gateway login'")
    assert told("clients", "update", "hand", "--no-disabled")["disabled"] is False
    assert told("clients", "show", "hand")["id"] == client
    refused(program("clients", "update", "hand"), "Say what is to be changed", 2)
    refused(program("clients", "create", "--name", "x", "--role", "king"), "king", 2)
    assert done("clients", "delete", "hand", "--yes") == "hand is deleted.\n"


def test_an_instance_is_made_and_lives(done: Call, told: Call, program: Program) -> None:
    words = ("--instance-id", "comet", "--display-name", "Comet", "--label", "plan=gold")
    assert done("instances", "create", *words, "--validate-only").startswith("It would be done.\n")
    given = (*words, "--store", "2026", "--user", "joe", "--archive-admin")
    assert ": it is running" not in done("instances", "create", *given)
    found = told("instances", "list", "--label", "plan=gold")
    assert (names(found, "instanceID"), found["nextCursor"]) == ({"comet"}, None)
    table = done("instances", "list", "--deployment", "alpha", "--search", "COMET").splitlines()
    assert table[1].split()[1:] == ["comet", "running", "Comet", "alpha", "Operators"]
    assert told("instances", "update", "comet", "--alias", "c", "--restart")["alias"] == "c"
    assert told("instances", "update", "comet", "--alias", "", "--restart")["alias"] is None
    assert told("instances", "stop", "comet", "--yes")["status"] == "stopped"
    assert told("instances", "start", "comet")["status"] == "running"
    assert told("instances", "transfer", "comet", "--reseller", "Aurora", "--yes")
    assert "Aurora" in done("instances", "transfers", "comet")
    assert told("instances", "delete", "comet", "--yes")["status"] == "deleted"
    assert "comet is back; it is running." in done("instances", "undelete", "comet")
    assert "can be had back" in done("instances", "delete", "comet", "--yes")
    wrong = program("instances", "purge", "comet", "--instance-id", "acme", "--yes")
    assert wrong.status == 1
    purged = ("instances", "purge", "comet", "--instance-id", "comet", "--legal-hold-checked")
    assert done(*purged, "--yes") == "comet is purged.\n"


def test_many_instances_are_one_operation(done: Call, told: Call, program: Program) -> None:
    items = told("instances", "suspend", "acme", "aurora", "--yes")["items"]
    assert [each["status"] for each in items] == ["succeeded", "succeeded"]
    assert done("instances", "resume", "acme", "aurora") == "2 instances are resumed.\n"
    refused(program("instances", "stop", "acme", "aurora"), "This is to stop 2 instances: repeat")
    refused(program("instances", "start", "acme", "aurora", "--safe-mode"), "Usage", 2)
    failed = program("instances", "thaw", "acme", "aurora")
    assert failed.status == 3
    assert "ended as failed" in failed.err


def test_what_lasts_can_be_left(done: Call, told: Call) -> None:
    operation = done("stores", "verify", "acme", "Mail", "--no-wait").strip()
    assert operation.startswith("op_")
    begun = told("stores", "compact", "aurora", "2026", "--no-wait")
    assert begun["status"] in {"queued", "running"}
    assert told("operations", "watch", operation)["status"] == "succeeded"
    assert told("operations", "watch", begun["id"])["status"] == "succeeded"


def test_a_store_is_followed_with_its_log(done: Call, told: Call, program: Program) -> None:
    said = program("stores", "verify", "acme", "Mail", "--no-include-indexes")
    assert (said.status, said.out) == (0, "Mail of acme is verified.\n")
    assert "1249 messages verified." in said.err
    quiet = program("stores", "verify", "acme", "#1", "--json")
    assert (quiet.err, json.loads(quiet.out)["finished"]) == ("", True)
    assert done("stores", "create", "acme", "--name", "1") == "1 is made in acme as store 2.\n"
    refused(program("stores", "show", "acme", "1"), "2 stores are called 1: give one of #1, #2.")
    assert told("stores", "update", "acme", "#2", "--name", "2027")["name"] == "2027"
    assert told("stores", "show", "acme", "2027")["id"] == 2
    assert "1249" in done("stores", "list", "acme", "--size").splitlines()[1].split()
    assert names(told("stores", "list", "acme")) == {"Mail", "2027"}
    assert done("stores", "maintain", "acme") == "The stores of acme are maintained.\n"
    assert "its data stays on disk" in done("stores", "detach", "acme", "2027", "--yes")


def test_a_user_is_made_and_proves_itself(
    done: Call, told: Call, program: Program, secret: str
) -> None:
    given = ("--user-name", "ann", "--full-name", "Ann", "--password-file", secret)
    assert done("users", "create", "aurora", *given) == "ann is made in aurora.\n"
    assert {"jane", "ann"} <= names(told("users", "list", "aurora"), "userName")
    changed = told("users", "update", "aurora", "ann", "--email", "a@example.com", "--login", "web")
    assert (changed["emailAddresses"], changed["loginPrivileges"]) == (["a@example.com"], ["web"])
    assert told("users", "show", "aurora", "ann")["fullName"] == "Ann"
    assert "another password" in done(
        "users", "password", "aurora", "ann", "--password-file", secret
    )
    refused(program("users", "password", "aurora", "ann"), "nobody can be asked here")
    assert "second factor" in done("users", "init-mfa", "aurora", "ann", "--yes")
    assert told("users", "disable-mfa", "aurora", "ann", "--yes") is None
    assert done("users", "delete", "aurora", "ann", "--yes").startswith("ann is deleted")
    refused(program("users", "show", "aurora", "ann"), "'spe-gateway users list aurora' shows")


def test_a_reseller_sees_its_own_and_nothing_else(told: Call, done: Call, program: Program) -> None:
    mine = ("--profile", "reseller")
    assert names(told("instances", "list", *mine), "instanceID") >= {"aurora"}
    assert "acme" not in names(told("instances", "list", *mine), "instanceID")
    refused(program("instances", "show", "acme", *mine), "There is no instance acme.")
    refused(program("deployments", "list", *mine), "'spe-gateway whoami' shows what you may do.")
    assert "dep_" in done("instances", "list", *mine)  # whose name is not this client's to know
    assert names(told("resellers", "list", *mine)) == {"Aurora"}
    assert done("stores", "verify", "aurora", "2026", *mine) == "2026 of aurora is verified.\n"


def test_the_audit_log_is_read_over_rest(told: Call, program: Program) -> None:
    refused_before = program(
        "instances", "purge", "aurora", "--instance-id", "x", "--yes", "--profile", "reseller"
    )
    assert refused_before.status == 1
    mine = ("--phase", "refused", "--client", "aurora-portal", "--action", "purgeInstance")
    assert until(lambda: told("audit", "list", *mine)["items"])
    page = program("audit", "list", "--limit", "2")
    assert len(page.out.splitlines()) == 3
    assert page.err == "There are more: these are 2, --limit N shows more.\n"


def test_a_list_is_read_to_its_end(
    told: Call, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.nouns.reading.MOST", 1)
    whole = told("resellers", "list")
    assert len(whole["items"]) > 1
    assert whole["nextCursor"] is None
    part = json.loads(program("resellers", "list", "--limit", "2", "--json").out)
    assert (len(part["items"]), part["nextCursor"] is None) == (2, len(whole["items"]) == 2)


def test_two_things_of_one_name_are_told_apart_by_their_ids(
    done: Call, told: Call, program: Program
) -> None:
    twins = [told("clients", "create", "--name", "twin")["id"] for _ in range(2)]
    said = program("clients", "show", "twin")
    refused(said, "2 clients are called twin: give one of ")
    assert all(each in said.err for each in twins)
    for each in twins:
        done("clients", "delete", each, "--yes")


def test_what_a_deployment_refuses_is_told_with_a_status_of_its_own(
    served: Served, program: Program, done: Call
) -> None:
    served.control.fault("failed", "CompactStore", text="The disk is full.")
    said = program("stores", "compact", "aurora", "2026")
    assert (said.status, said.out) == (3, "")
    assert "The disk is full." in said.err
    assert done("stores", "compact", "aurora", "2026")

"""``spe-gateway inventory``: what nobody owns, adopted and released from a shell."""

import json
import zlib

import pytest

from tests.cli.conftest import Program, Served

NOBODYS = "ins_01a1fd5103af767aadbe1f4d3b44b8c3"
OWNER = "res_01a1fd4c26a37b53a24c2ebdf1d2cb79"


pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
def reseller(served: Served) -> str:
    return str(served.ask("POST", "/resellers", {"name": "Globex"})["id"])


@pytest.fixture
def stray(served: Served, request: pytest.FixtureRequest) -> tuple[str, str]:
    """An instance that nobody owns: its opaque id, and its name."""
    name = f"stray-{zlib.crc32(request.node.name.encode())}"
    served.control.seed(instances=[{"instanceID": name}])
    served.ask("POST", f"/deployments/{served.deployment}/inventory/refresh")
    rows = served.ask("GET", "/inventory/unowned?limit=500")["items"]
    return next(row["id"] for row in rows if row["instanceID"] == name), name


def test_a_list_has_a_line_for_each(program: Program, stray: tuple[str, str]) -> None:
    opaque, name = stray
    said = program("inventory", "unowned")

    head, *rows = said.out.splitlines()
    assert (said.status, said.err) == (0, "")
    assert head.split()[:3] == ["ID", "INSTANCE", "STATUS"]
    assert [row.split()[:3] for row in rows if opaque in row] == [[opaque, name, "running"]]
    page = json.loads(program("inventory", "unowned", "--limit", "1", "--json").out)
    assert page.keys() == {"items", "nextCursor"}


def test_a_deployment_has_its_numbers(
    program: Program, served: Served, stray: tuple[str, str]
) -> None:
    refreshed = program("inventory", "refresh", served.deployment)
    listed = program("inventory", "list")
    found = json.loads(program("inventory", "refresh", served.deployment, "--json").out)

    assert stray
    assert listed.status == refreshed.status == 0
    assert refreshed.out.split()[0] == "DEPLOYMENT"
    assert f"\n{served.deployment}  " in listed.out
    assert found["unowned"] > 0


def test_what_is_checked_is_not_done(
    program: Program, stray: tuple[str, str], reseller: str
) -> None:
    opaque, _ = stray
    said = program("inventory", "adopt", opaque, "--reseller", reseller, "--check")

    assert (said.status, said.out) == (0, f"{opaque} can be adopted by {reseller}.\n")
    assert opaque in program("inventory", "unowned").out


def test_what_is_adopted_is_released_again(
    program: Program, stray: tuple[str, str], reseller: str
) -> None:
    opaque, name = stray
    adopt = ("inventory", "adopt", opaque, "--reseller", reseller)
    adopted = program(*adopt, "--label", "plan=gold", "--external-id", "17", "--json")
    again = program(*adopt)
    wrong = program("inventory", "release", opaque, "--instance-id", "another")
    checked = program("inventory", "release", opaque, "--instance-id", name, "--check")
    released = program("inventory", "release", opaque, "--instance-id", name)

    made = json.loads(adopted.out)
    assert (made["labels"], made["externalId"]) == ({"plan": "gold"}, "17")
    assert (again.status, len(again.err.splitlines())) == (1, 1)
    assert "'spe-gateway inventory unowned' shows what can be adopted" in again.err
    assert wrong.status == 1
    assert "This is not the instance's id." in wrong.err
    assert checked.out == f"{opaque} can be released.\n"
    assert released.out == f"{opaque} is released.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("adopt", NOBODYS, "--reseller", OWNER), "no instance " + NOBODYS),
        (("release", NOBODYS, "--instance-id", "acme"), "no instance " + NOBODYS),
        (("refresh", "dep_nothing"), "no deployment dep_nothing"),
        (("adopt", NOBODYS, "--reseller", OWNER, "--label", "gold"), "KEY=VALUE"),
    ],
)
def test_what_is_not_there_is_named(
    program: Program, arguments: tuple[str, ...], words: str
) -> None:
    said = program("inventory", *arguments)

    assert (said.status, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert words in said.err


@pytest.mark.parametrize("command", ["list", "refresh", "unowned", "adopt", "release"])
def test_every_command_of_the_group_explains_itself(program: Program, command: str) -> None:
    said = program("inventory", command, "--help")

    assert said.status == 0
    assert f"\n spe-gateway inventory {command}" in said.out.partition("Examples:")[2]
    assert "--json" in said.out

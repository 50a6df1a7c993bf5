"""``spe-gateway operations``: what is under way, seen, cancelled and settled from a shell."""

import json

import pytest

from gateway.cli.page import more_of
from tests.cli.conftest import Program, Served
from tests.cli.cutter import Cutter
from tests.cli.program import PROGRAM, line_with, run, talking
from tests.cli.test_watching import LAST_LINE

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
def unknown(served: Served, running: str) -> str:
    """An operation of which nobody knows what became of it."""
    served.control.restart()
    watched = run(["operations", "watch", running], served.env)
    assert watched.returncode == 4, watched.stderr
    return running


def test_a_list_has_a_line_for_each_operation(program: Program, running: str) -> None:
    said = program("operations", "list", "--status", "running")

    head, row = said.out.splitlines()
    assert (said.status, said.err) == (0, "")
    assert head.split()[:2] == ["ID", "STATUS"]
    assert row.startswith(f"{running}  running")
    assert "invokeCommand  VerifyStore  ins_" in row


def test_a_list_as_json_is_that_of_rest(program: Program, running: str) -> None:
    filters = ("--kind", "invokeCommand", "--limit", "1")
    page = json.loads(program("operations", "list", *filters, "--json").out)

    assert [each["id"] for each in page["items"]] == [running]
    assert page.keys() == {"items", "nextCursor"}


def test_a_list_that_goes_on_says_how(program: Program, running: str) -> None:
    first = program("operations", "list", "--limit", "1")
    cursor = json.loads(program("operations", "list", "--limit", "1", "--json").out)["nextCursor"]
    second = program("operations", "list", "--limit", "1", "--cursor", cursor)

    assert first.err == "There are more: these are 1, --limit N shows up to 500.\n"
    assert more_of(cursor, 500) == f"There are more: --cursor {cursor}"
    assert running in first.out
    assert "createInstance" in second.out or "invokeCommand" in second.out
    assert running not in second.out


def test_an_empty_list_says_so(program: Program) -> None:
    said = program("operations", "list", "--kind", "createPairing")

    assert (said.status, said.out) == (0, "There are none.\n")


def test_a_kind_that_there_is_not_is_refused_with_those_like_it(program: Program) -> None:
    said = program("operations", "list", "--kind", "verifyStor")

    assert (said.status, said.out) == (1, "")
    assert "/query/kind: No call that begins operations has this operationId; " in said.err
    assert "verifyStore, " in said.err


def test_a_page_says_how_far_it_is_and_what_can_be_done(program: Program, running: str) -> None:
    said = program("operations", "show", running)

    assert (said.status, said.err) == (0, "")
    assert f"operation   {running}\n" in said.out
    assert "status      running, 0 %\n" in said.out
    assert "step 1      VerifyStore: running\n" in said.out
    assert said.out.endswith(f"next        watch it: spe-gateway operations watch {running}\n")
    assert json.loads(program("operations", "show", running, "--json").out)["id"] == running


def test_a_log_is_that_of_spe(program: Program, running: str) -> None:
    said = program("operations", "log", running)

    assert said.out.splitlines()[0] == "Verifying file group #1..."
    assert json.loads(program("operations", "log", running, "--json").out)["nextOffset"] > 0


def test_watching_survives_a_broken_connection(served: Served, running: str, line: Cutter) -> None:
    env = served.env | {"SPE_GATEWAY_URL": line.url}
    with talking([*PROGRAM, "operations", "watch", running], env) as process:
        line_with("%] VerifyStore", process)
        line.cut()
        line_with("The connection is lost", process)
        served.control.resume()
        out, rest = process.communicate(timeout=60)

    assert process.returncode == 0, rest
    assert "Last-Event-ID: " in line.asked
    assert rest.splitlines().count(LAST_LINE) == 1
    assert json.loads(out)["command"] == "VerifyStore"


def test_one_that_was_cancelled_is_cancelling_until_spe_says_so(
    served: Served, program: Program, running: str
) -> None:
    served.control.forget_journal()
    asked = program("operations", "cancel", running)
    shown = program("operations", "show", running)
    served.control.await_command("cancel-async")
    served.control.resume()
    watched = program("operations", "watch", running, "--json")
    again = program("operations", "cancel", running)

    assert asked.out == (
        f"{running} is cancelling. To see its end, watch it: "
        f"spe-gateway operations watch {running}\n"
    )
    assert "status      cancelling" in shown.out
    assert (watched.status, watched.err) == (5, "")
    assert json.loads(watched.out)["status"] == "cancelled"
    assert (again.status, again.out) == (1, "")
    assert "has ended already, as cancelled" in again.err


def test_what_nobody_knows_is_settled_by_a_person(program: Program, unknown: str) -> None:
    before = program("operations", "show", unknown)
    settle = ("operations", "resolve", unknown, "--outcome", "failed", "--note", "Nothing there.")
    done = program(*settle)
    after = program("operations", "show", unknown)
    again = program(*settle)

    assert f"spe-gateway operations resolve {unknown} --outcome" in before.out
    assert (done.status, done.out) == (0, f"{unknown} is settled as failed.\n")
    assert "UTC: Nothing there.\n" in after.out
    assert (again.status, len(again.err.splitlines())) == (1, 1)
    assert f"'spe-gateway operations show {unknown}' says how it stands" in again.err


@pytest.mark.parametrize("command", ["show", "log", "watch", "cancel"])
def test_one_that_is_not_there_is_named_with_what_to_do(program: Program, command: str) -> None:
    said = program("operations", command, "op_nothing")

    assert (said.status, said.out, len(said.err.splitlines())) == (1, "", 1)
    assert "no operation op_nothing that you may see" in said.err
    assert "'spe-gateway operations list'" in said.err


@pytest.mark.parametrize("command", ["list", "show", "log", "watch", "cancel", "resolve"])
def test_every_command_of_the_group_explains_itself(program: Program, command: str) -> None:
    said = program("operations", command, "--help")

    assert said.status == 0
    assert f"\n spe-gateway operations {command}" in said.out.partition("Examples:")[2]
    assert "--json" in said.out

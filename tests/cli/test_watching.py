"""An operation is watched to its end: over broken connections, by people and by scripts."""

import json
from collections.abc import Iterator
from signal import SIGINT

import pytest

from tests.cli.conftest import Served
from tests.cli.cutter import Cutter
from tests.cli.program import PROGRAM, line_with, run, talking
from tests.cli.terminal import Terminal, terminal

VERIFY = ["VerifyStore", "--instanceID=acme", "--id=1", "--includeIndexes=false", "--yes"]
INVOKE = ["invoke", "-d", "alpha", *VERIFY]
LAST_LINE = "  1249 messages verified."


@pytest.fixture
def person(held: Served, running: str) -> Iterator[Terminal]:
    """Somebody at a terminal who watches a verification that stands still."""
    with terminal(["operations", "watch", running], held.env) as made:
        made.wait_for("VerifyStore")
        yield made


def end_as(served: Served, status: str) -> None:
    """Let the operation that stands still end."""
    (found,) = [each for each in served.control.operations() if each["statusCode"] == "running"]
    served.control.transition(found["token"], status, "The disk is on fire.")


def test_a_connection_that_breaks_is_made_again_and_nothing_comes_twice(
    held: Served, line: Cutter
) -> None:
    env = held.env | {"SPE_GATEWAY_URL": line.url}
    with talking([*PROGRAM, *INVOKE], env) as process:
        line_with("%] VerifyStore", process)
        line.cut()
        line_with("The connection is lost", process)
        held.control.resume()
        out, rest = process.communicate(timeout=60)

    assert process.returncode == 0, rest
    assert "Last-Event-ID: " in line.asked
    shown = rest.splitlines()
    assert shown.count(LAST_LINE) == 1
    assert shown[-1] == "[100 %] succeeded"
    assert json.loads(out)["command"] == "VerifyStore"


def test_a_script_that_is_interrupted_is_told_how_to_go_on(held: Served) -> None:
    with talking([*PROGRAM, *INVOKE], held.env) as process:
        line_with("%] VerifyStore", process)
        process.send_signal(SIGINT)
        out, rest = process.communicate(timeout=60)

    operation = held.newest()
    assert (process.returncode, out) == (130, "")
    assert f"spe-gateway operations watch {operation['id']}" in rest
    assert operation["status"] == "running"


def test_a_person_sees_a_bar_with_the_log_above_it(held: Served, person: Terminal) -> None:
    held.control.resume()
    status, out = person.end()

    assert status == 0
    assert "100%" in person.screen
    assert f"{LAST_LINE}\n" in person.screen
    assert "%] " not in person.screen
    assert json.loads(out)["command"] == "VerifyStore"


def test_a_person_who_presses_ctrl_c_may_cancel(held: Served, person: Terminal) -> None:
    held.control.forget_journal()
    person.press_ctrl_c()
    person.wait_for("[c]ancel the operation, [s]top watching, or [w]atch on?")
    person.type("c")
    person.wait_for("cancelling")
    held.control.await_command("cancel-async")
    held.control.resume()
    status, out = person.end()

    assert (status, out) == (5, "")
    assert "ended as cancelled" in person.screen
    assert held.newest()["status"] == "cancelled"


def test_a_person_who_presses_ctrl_c_may_watch_on(held: Served, person: Terminal) -> None:
    person.press_ctrl_c()
    person.wait_for("[w]atch on?")
    person.type("w")
    person.wait_for("VerifyStore")
    held.control.resume()

    assert person.end()[0] == 0
    assert held.newest()["status"] == "succeeded"


@pytest.mark.parametrize("twice", [False, True], ids=["says so", "presses it again"])
def test_a_person_may_leave_and_the_operation_goes_on(
    held: Served, person: Terminal, *, twice: bool
) -> None:
    person.press_ctrl_c()
    person.wait_for("[s]top watching")
    if twice:
        person.press_ctrl_c()
    person.type("" if twice else "s")  # a line wakes a read that the signal has just missed
    status, out = person.end()

    assert (status, out) == (130, "")
    assert "goes on without you. Watch it with 'spe-gateway operations watch op_" in person.screen
    assert held.newest()["status"] == "running"


@pytest.mark.parametrize(("ending", "status"), [("failed", 3), ("cancelled", 5)])
def test_the_status_says_how_it_ended(held: Served, running: str, ending: str, status: int) -> None:
    end_as(held, ending)
    outcome = run(["operations", "watch", running], held.env)

    assert (outcome.returncode, outcome.stdout) == (status, "")
    assert f"{running} ended as {ending}." in outcome.stderr.splitlines()[-1]


def test_what_nobody_can_know_has_a_status_of_its_own(held: Served, running: str) -> None:
    held.control.restart()
    outcome = run(["operations", "watch", running], held.env)

    assert (outcome.returncode, outcome.stdout) == (4, "")
    assert f"spe-gateway operations resolve {running} " in outcome.stderr.splitlines()[-1]


def test_json_is_the_final_operation_and_nothing_else(served: Served) -> None:
    outcome = run([*INVOKE, "--json"], served.env)

    told = json.loads(outcome.stdout)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert told["id"] == served.newest()["id"]
    assert (told["status"], told["result"]["command"]) == ("succeeded", "VerifyStore")


def test_what_fails_at_once_has_the_form_of_an_operation_too(served: Served) -> None:
    served.control.fault("failed", "GetStores")
    outcome = run(["invoke", "-d", "alpha", "GetStores", "--instanceID=acme", "--json"], served.env)

    told = json.loads(outcome.stdout)
    assert (outcome.returncode, outcome.stderr) == (3, "")
    assert (told["id"], told["status"]) == (None, "failed")
    assert told["problem"]["code"] == "COMMAND_FAILED"


def test_a_change_that_fails_at_once_is_the_operation_that_was_begun(served: Served) -> None:
    served.control.fault("failed", "RenameStore")
    rename = ["RenameStore", "--instanceID=acme", "--id=1", "--name=Post", "--yes"]
    outcome = run(["invoke", "-d", "alpha", *rename, "--json"], served.env)

    told = json.loads(outcome.stdout)
    assert (outcome.returncode, told["id"]) == (3, served.newest()["id"])
    assert [step["command"] for step in told["steps"]] == ["RenameStore"]


def test_what_is_answered_at_once_has_the_form_of_an_operation_too(served: Served) -> None:
    outcome = run(["invoke", "-d", "alpha", "Ping", "--json"], served.env)

    told = json.loads(outcome.stdout)
    assert (outcome.returncode, told["id"], told["status"]) == (0, None, "succeeded")
    assert told["result"]["command"] == "Ping"

import re
import signal
import socket
from pathlib import Path

import pytest

from gateway.cli.api_client import Answer, Call
from gateway.cli.demo.guide import expect
from gateway.cli.demo.screen import curl
from gateway.cli.failure import Failure
from tests.cli.program import Running, environment, run, running

PORT = re.compile(r'(?:"port": |GATEWAY=http://127\.0\.0\.1:)(\d+)')


def listens(port: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    except ConnectionResetError:
        return True  # it is about to end
    return True


def ports(demo: Running) -> set[str]:
    """Read what the demonstration says until everything is up; return where it listens."""
    assert demo.process.stdout is not None
    said = ""
    for line in demo.process.stdout:
        said += line
        if "Two resellers" in line:
            return set(PORT.findall(said))
    raise AssertionError(said + demo.log)


def test_the_demonstration_shows_the_main_job(tmp_path: Path) -> None:
    quick = tmp_path / "quick.yaml"
    quick.write_text("verifyRate: 2000\n")
    options = ["--home", str(tmp_path / "demo"), "--scenario", str(quick)]

    outcome = run(["demo", "--exit", *options], environment(tmp_path))

    assert outcome.returncode == 0, outcome.stderr + outcome.stdout
    for words in (
        "Every deployment is simulated: no MailStore server is touched",
        "PIN_NEEDED",
        'curl -sS -X POST "$GATEWAY/instances" -H "Authorization: Bearer $NORTH"',
        "HTTP 202  Location: /operations/op_",
        "[100 %] succeeded",
        "HTTP 404",
        "every step went as it should",
    ):
        assert words in outcome.stdout


def test_a_step_that_fails_ends_the_demonstration_with_one_line(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("instances:\n- instanceID: acme\n")

    outcome = run(["demo", "--exit", "--scenario", str(scenario)], environment(tmp_path))

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("spe-gateway: POST /instances should have answered 201")
    assert len(outcome.stderr.splitlines()) == 1


def test_a_demonstration_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    with running(["demo"], environment(tmp_path), tmp_path / "log") as demo:
        found = ports(demo)
        assert len(found) == 3
        assert all(listens(port) for port in found)
        demo.process.send_signal(signal.SIGKILL)
        demo.status()

        while any(listens(port) for port in found):
            pass  # the lifelines are cut: each listener is about to end


def test_a_demonstration_begins_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()

    outcome = run(["demo", "--home", str(tmp_path)], environment(tmp_path))

    assert outcome.returncode == 1
    assert "is not empty" in outcome.stderr


def test_a_request_is_shown_as_a_command_that_a_shell_understands() -> None:
    call = Call("POST", "/clients", {"Prefer": "wait=1"}, {"name": "it's"})

    assert curl(call, "OPERATOR") == (
        'curl -sS -X POST "$GATEWAY/clients" -H "Authorization: Bearer $OPERATOR" '
        "-H 'Prefer: wait=1' -H 'Content-Type: application/json' "
        """-d '{"name": "it'"'"'s"}'"""
    )


def test_an_unexpected_answer_is_a_failure() -> None:
    answer = Answer(200, {}, {"status": "stopped"})

    with pytest.raises(Failure, match="The status should be 'running', but is 'stopped'"):
        expect("The status", answer.body["status"], "running")

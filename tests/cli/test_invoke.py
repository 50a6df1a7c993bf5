import json

import pytest

from tests.cli.conftest import Program, Served
from tests.cli.program import PROGRAM, line_with, run, talking


@pytest.fixture(autouse=True)
def invoker(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose environment names the gateway and the client."""
    for name, value in served.env.items():
        if name.startswith("SPE_GATEWAY_"):
            monkeypatch.setenv(name, value)
    served.control.forget_journal()


def test_a_read_prints_its_result_as_json(served: Served, program: Program) -> None:
    outcome = program(
        "invoke", "-d", "alpha", "GetStores", "--instanceID=acme", "--includeSize=true"
    )

    assert (outcome.status, outcome.err) == (0, "")
    answer = json.loads(outcome.out)
    assert answer["command"] == "GetStores"
    assert [store["name"] for store in answer["result"]] == ["Mail"]
    assert served.control.commands() == ["GetStores"]


def test_a_deployment_can_be_named_by_its_id(served: Served, program: Program) -> None:
    outcome = program("invoke", "-d", served.deployment, "Ping")

    assert outcome.status == 0


def test_the_credentials_can_be_given_as_options(
    served: Served, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"SPE_GATEWAY_{name}")
    access = ("--url", served.url, "--client-id", served.client_id)

    outcome = program(
        "invoke", *access, "--client-secret", served.client_secret, "-d", "alpha", "Ping"
    )

    assert outcome.status == 0


def test_a_long_command_is_followed_to_its_end(served: Served) -> None:
    verify = ["VerifyStore", "--instanceID=acme", "--id=1", "--includeIndexes=false", "--yes"]

    served.control.pause()

    with talking([*PROGRAM, "invoke", "-d", "alpha", *verify], served.env) as process:
        begun = line_with("%] ", process)
        served.control.resume()
        out, rest = process.communicate(timeout=60)

    assert process.returncode == 0, rest
    assert begun == "[  0 %] VerifyStore\n"
    assert rest.splitlines()[-1] == "[100 %] succeeded"
    answer = json.loads(out)
    assert answer["command"] == "VerifyStore"
    shown = [line for line in rest.splitlines() if "%] " not in line]
    logged = [line for line in answer["log"].splitlines() if line]
    assert "  1249 messages verified." in shown
    assert logged[-len(shown) :] == shown


def test_a_command_that_fails_says_so_in_the_words_of_spe(served: Served, program: Program) -> None:
    served.control.fault("failed", "GetStores", text="The disk is on fire.")

    outcome = program("invoke", "-d", "alpha", "GetStores", "--instanceID=acme")

    assert (outcome.status, outcome.out) == (3, "")
    assert len(outcome.err.splitlines()) == 1
    assert "SPE says: The disk is on fire." in outcome.err


def test_a_change_needs_a_yes_where_nobody_can_be_asked(served: Served) -> None:
    outcome = run(["invoke", "-d", "alpha", "StopInstances", "--instanceFilter=acme"], served.env)

    assert outcome.returncode == 1
    assert outcome.stderr == (
        "spe-gateway: StopInstances changes something on alpha: repeat it with --yes, "
        "for nobody can be asked here.\n"
    )
    assert served.control.journal() == []


@pytest.mark.parametrize("words", ["*", "acme,beta", "* .running", "*host", "acme\n", "\uff0a"])
def test_no_filter_reaches_more_than_one_instance(
    served: Served, program: Program, words: str
) -> None:
    outcome = program(
        "invoke", "-d", "alpha", "StopInstances", f"--instanceFilter={words}", "--yes"
    )

    assert outcome.status == 1
    assert "exactly one instance" in outcome.err
    assert served.control.journal() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-d", "omega", "Ping"), "There is no deployment omega."),
        (("-d", "alpha", "GetStoress"), "Did you mean GetStores"),
        (("-d", "alpha", "GetStores"), "GetStores needs --instanceID=…"),
        (
            ("-d", "x", "Ping", "--url=http://127.0.0.1:1", "--client-id=c", "--client-secret=s"),
            "No gateway answers",
        ),
        (("-d", "alpha", "Ping", "--client-secret=wrong"), "does not accept"),
        (("-d", "alpha", "DeleteInstances", "--instanceFilter=acme", "--yes"), "/instances"),
    ],
)
def test_a_mistake_is_one_line(program: Program, arguments: tuple[str, ...], words: str) -> None:
    outcome = program("invoke", *arguments)

    assert (outcome.status, outcome.out) == (1, "")
    assert len(outcome.err.splitlines()) == 1
    assert words in outcome.err

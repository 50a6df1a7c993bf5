from typing import Any

import pytest

from gateway.cli.arguments import arguments_of, command_of
from gateway.cli.failure import Failure
from gateway.cli.invoke import invoke
from gateway.spe.catalogue import COMMANDS


@pytest.mark.parametrize(
    ("command", "words", "values"),
    [
        ("GetStores", ["--instanceID=acme"], {"instanceID": "acme"}),
        (
            "CreateUser",
            ["--instanceID=acme", "--userName=a=b", "--privileges=login,admin"],
            {"instanceID": "acme", "userName": "a=b", "privileges": ["login", "admin"]},
        ),
        (
            "VerifyStore",
            ["--instanceID=acme", "--id=7", "--includeIndexes=false"],
            {"instanceID": "acme", "id": 7, "includeIndexes": False},
        ),
        (
            "SetInstanceConfiguration",
            ['--config={"instanceID": "acme", "displayName": "A"}'],
            {"config": {"instanceID": "acme", "displayName": "A"}},
        ),
    ],
)
def test_arguments_get_the_types_of_the_catalogue(
    command: str, words: list[str], values: dict[str, Any]
) -> None:
    assert arguments_of(COMMANDS[command], words) == values


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--instanceID=acme", "--id=x", "--includeIndexes=true"], "a whole number"),
        (["--instanceID=acme", "--id=1", "--includeIndexes=yes"], "true or false"),
        (["--instanceID=acme", "--instanceID=acme"], "given twice"),
        (["--instanceId=acme"], "Did you mean instanceID?"),
        (["--instanceID", "acme"], "write arguments as --name=value"),
        (["instanceID=acme"], "write arguments as --name=value"),
        ([], "needs --instanceID=…, --id=…, --includeIndexes=…"),
    ],
)
def test_a_wrong_argument_is_named(words: list[str], reason: str) -> None:
    with pytest.raises(Failure, match=reason):
        arguments_of(COMMANDS["VerifyStore"], words)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(Failure, match="a JSON object"):
        arguments_of(COMMANDS["SetInstanceConfiguration"], ["--config={"])


def test_a_command_is_found_by_its_exact_name() -> None:
    assert command_of("Ping") is COMMANDS["Ping"]
    with pytest.raises(Failure, match="There is no command ping"):
        command_of("ping")


def test_no_option_hides_an_argument_of_a_command() -> None:
    options = {name for param in invoke.params for name in param.opts}

    assert options.isdisjoint(f"--{p.name}" for c in COMMANDS.values() for p in c.params)

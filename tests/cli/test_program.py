import json
from pathlib import Path

import pytest
import yaml
from rich_click import rich_click

from gateway.cli.program import COMMANDS
from tests.cli.conftest import Program


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(program: Program, command: str) -> None:
    outcome = program(command, "--help")

    assert outcome.status == 0
    assert f"Usage: spe-gateway {command}" in outcome.out
    assert f"\n spe-gateway {command}" in outcome.out.partition("Examples:")[2]


def test_without_a_command_the_program_explains_itself(program: Program) -> None:
    outcome = program("--help")

    assert outcome.status == 0
    assert all(f" {command} " in outcome.out for command in COMMANDS)


def test_every_command_stands_in_a_group_of_the_overview() -> None:
    grouped = [
        command
        for group in rich_click.COMMAND_GROUPS["spe-gateway"]
        for command in group["commands"]
    ]

    assert sorted(grouped) == sorted(COMMANDS)


def test_a_command_that_does_not_exist_is_a_usage_error(program: Program) -> None:
    outcome = program("serv")

    assert outcome.status == 2
    assert "No such command" in outcome.err


def test_the_version_is_told(program: Program) -> None:
    outcome = program("--version")

    assert (outcome.status, outcome.out) == (0, "spe-gateway, version 0.1.0\n")


def test_a_wrong_option_is_a_usage_error(program: Program) -> None:
    outcome = program("serve", "--bnd", "x")

    assert outcome.status == 2
    assert "No such option" in outcome.err


def test_the_contract_is_the_same_every_time_and_in_every_environment(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = program("openapi").out
    monkeypatch.setenv("SPE_GATEWAY_DATABASE_URL", "oracular://x")
    monkeypatch.setenv("SPE_GATEWAY_ISSUER", "https://elsewhere.example")

    written = program("openapi", "--write", str(tmp_path / "openapi.yaml"))

    assert written.status == 0
    assert (tmp_path / "openapi.yaml").read_text() == first
    assert yaml.safe_load(first)["openapi"].startswith("3.1.")


def test_the_contract_can_be_had_as_json(program: Program) -> None:
    document = json.loads(program("openapi", "--json").out)

    assert "/instances/{instance}" in document["paths"]


def test_an_upgrade_without_a_database_is_refused_and_makes_none(
    home: Path, program: Program
) -> None:
    outcome = program("upgrade")

    assert (outcome.status, outcome.out) == (1, "")
    assert "There is no database here: run 'spe-gateway init'" in outcome.err
    assert program("init").status == 0
    assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o600}


@pytest.mark.usefixtures("ready_home")
def test_an_upgrade_of_what_is_current_changes_nothing(program: Program) -> None:
    outcome = program("upgrade")

    assert outcome.status == 0
    assert json.loads(outcome.out)["schema"] == "current"

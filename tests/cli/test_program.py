import json
import subprocess
import sys
from ast import literal_eval
from inspect import cleandoc
from pathlib import Path

import pytest
import yaml

from gateway.cli.overview import COMMANDS, GROUPS
from tests.cli.commands import found
from tests.cli.conftest import Program
from tests.cli.program import PATIENCE


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


def test_the_overview_says_of_a_command_what_the_command_says_first() -> None:
    told = {name: found((name,)).help for name in COMMANDS}

    first = {name: cleandoc(str(text)).split("\n\n")[0] for name, text in told.items()}
    assert {name: " ".join(text.split("\n")) for name, text in first.items()} == {
        name: entry.sentence for name, entry in COMMANDS.items()
    }


def test_every_command_stands_in_one_group_of_the_overview() -> None:
    assert sum(map(len, GROUPS.values())) == len(COMMANDS)


def test_the_overview_loads_no_command() -> None:
    words = (
        "import sys; from gateway.cli.program import cli; cli(['--help'], standalone_mode=False)"
    )
    asked = "; print(sorted(name for name in sys.modules if name.startswith('gateway.')))"
    done = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", words + asked],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    loaded = literal_eval(done.stdout.splitlines()[-1])
    assert "gateway.cli.overview" in loaded
    assert {f"gateway.cli.{entry.module}" for entry in COMMANDS.values()}.isdisjoint(loaded)
    assert "gateway.storage.database" not in loaded


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

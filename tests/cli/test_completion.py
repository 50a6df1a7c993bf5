"""Completion, as a shell does it: commands, options, and the names that the gateway knows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.sandbox.kept import FILE, Kept
from tests.cli.conftest import Program, Served
from tests.cli.program import environment

ASK = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
COMP_LINE="${COMP_WORDS[*]}"
COMP_POINT=${#COMP_LINE}
_spe_gateway_completion spe-gateway "${COMP_WORDS[$COMP_CWORD]}" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A search path with the program on it."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "spe-gateway"
    start = "import sys\nsys.argv[0] = 'spe-gateway'\nfrom gateway.cli import main\nmain()\n"
    (folder / "start.py").write_text(start)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/start.py" "$@"\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def script(program: Program, tmp_path: Path) -> Path:
    """The script for bash."""
    said = program("completion", "bash")
    assert said.status == 0, said.err
    (tmp_path / "script").write_text(said.out)
    return tmp_path / "script"


def completed(script: Path, env: dict[str, str], *words: str) -> list[str]:
    """Return what bash makes of the last word."""
    bash = shutil.which("bash")
    assert bash is not None
    said = subprocess.run(  # noqa: S603 # the shell is what is tested
        [bash, "--norc", "-c", ASK, "bash", str(script), "spe-gateway", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout.split()


def test_commands_and_options_are_completed_without_a_gateway(script: Path, path: str) -> None:
    env = environment("/nonexistent") | {"PATH": path}
    assert completed(script, env, "inst") == ["instances"]
    assert completed(script, env, "stores", "ver") == ["verify", "verify-all"]
    assert completed(script, env, "instances", "list", "--ext") == ["--external-id"]
    assert completed(script, env, "instances", "list", "--status", "st") == ["stopped"]


def test_types_of_events_are_completed_one_after_the_other(script: Path, path: str) -> None:
    env = environment("/nonexistent") | {"PATH": path}
    assert completed(script, env, "events", "tail", "--types", "quota.*,instance.cr") == [
        "quota.*,instance.created"
    ]


def test_deployments_of_a_sandbox_are_completed(script: Path, path: str, tmp_path: Path) -> None:
    env = environment("/nonexistent") | {"PATH": path}
    sites = [{"name": name} for name in ("alpha", "beta")]
    Kept(str(tmp_path), 1, "http://127.0.0.1:1", "", deployments=sites).write(tmp_path / FILE)
    home = ("--home", str(tmp_path))
    assert completed(script, env, "sandbox", "fault", *home, "down", "al") == ["alpha"]
    assert completed(script, env, "sandbox", "clear", *home, "x") == []


def test_names_are_asked_of_the_gateway(served: Served, script: Path, path: str) -> None:
    env = served.env | {"PATH": path}
    assert completed(script, env, "deployments", "show", "al") == ["alpha"]
    assert "acme" in completed(script, env, "instances", "show", "ac")
    assert completed(script, env, "stores", "verify", "acme", "Ma") == ["Mail"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense"])
def test_a_gateway_that_does_not_answer_is_not_complained_about(
    script: Path, path: str, url: str
) -> None:
    access = environment("/nonexistent", url=url, client_id="cli", client_secret="s")
    assert completed(script, access | {"PATH": path}, "deployments", "show", "al") == []


@pytest.mark.parametrize(
    ("shell", "mark"), [("zsh", "#compdef spe-gateway"), ("fish", "complete ")]
)
def test_there_is_a_script_for_other_shells(program: Program, shell: str, mark: str) -> None:
    assert mark in program("completion", shell).out
    assert program("completion", "tcsh").status == 2

"""What can be said of the image without building it; ``make image`` builds and proves it."""

import re
from pathlib import Path

import pytest

from deploy.image.contents import findings
from deploy.image.engines import Config
from deploy.image.stand_in import base_name
from gateway.cli.serve import serve
from gateway.setting_fields import defaults
from gateway.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
CLEAN = Config("10001:10001", "/", "/var/lib/spe-gateway", {}, [], [])


def instructions(name: str) -> list[str]:
    """Return what follows an instruction, in all stages."""
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def ignored() -> list[str]:
    """Return the lines of .dockerignore."""
    text = (ROOT / ".dockerignore").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def copied() -> list[str]:
    """Return what is copied from the checkout."""
    lines = [line for line in instructions("COPY") if not line.startswith("--from")]
    return [word for line in lines for word in line.split()[:-1]]


def test_what_is_copied_is_there_and_nothing_else_goes_to_the_builder() -> None:
    let_in = {line.removeprefix("!") for line in ignored() if line.startswith("!")}

    assert ignored()[0] == "*"
    assert set(copied()) == let_in
    assert all((ROOT / name).exists() for name in let_in)


def test_it_installs_what_is_locked_with_what_sends_traces() -> None:
    texts = ((ROOT / f"requirements/{name}.txt").read_text() for name in ("runtime", "otel"))
    runtime, otel = (set(re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE)) for text in texts)

    assert any("-r requirements/otel.txt" in line for line in instructions("RUN"))
    assert runtime < otel
    assert "--require-hashes" in "".join(instructions("RUN"))


def test_its_command_is_one_of_ours_with_its_options() -> None:
    words = [word.strip('",[]') for word in instructions("CMD")[-1].split()]
    options = {name for each in serve.params for name in each.opts}

    assert words[:2] == ["spe-gateway", "serve"]
    assert {word for word in words if word.startswith("--")} <= options


def test_it_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert instructions("VOLUME") == ["/var/lib/spe-gateway"]
    assert "/healthz" in instructions("HEALTHCHECK")[0]
    assert f"{instructions('EXPOSE')[0]}/healthz" in instructions("HEALTHCHECK")[0]


def test_its_settings_exist() -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", "\n".join(instructions("ENV"))))

    assert named
    assert named <= {PREFIX + name.upper() for name in defaults(Settings)}


def test_both_stages_have_one_base() -> None:
    name, release = base_name()

    assert name.startswith("python:3.11-")
    assert release == "bookworm"


PLANTED = [
    ("a compiler", "usr/bin/gcc", b""),
    ("an installer beside the gateway", "opt/spe-gateway/lib/site-packages/pip/a.py", b""),
    ("a cache", "root/.cache/pip/a", b""),
    ("tests", "opt/spe-gateway/lib/site-packages/x/tests/a.py", b""),
    ("sources", "src/pyproject.toml", b""),
    ("sources", "opt/wheels/a.whl", b""),
    ("a fail point", "opt/spe-gateway/a.py", b"SPE_GATEWAY_TEST_POINT"),
    ("a private key", "etc/a.pem", b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 64),
    ("state of a gateway", "var/lib/spe-gateway/master.keys", b""),
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The files of an image with nothing wrong."""
    for name in ("opt/spe-gateway", "var/lib/spe-gateway"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def found(files: Path, config: Config = CLEAN) -> set[str]:
    """Return what is found in an image that must not be there."""
    return {what for what, where in findings(files, config) if where}


@pytest.mark.parametrize(("what", "name", "content"), PLANTED, ids=[p[1] for p in PLANTED])
def test_what_is_planted_is_found(files: Path, what: str, name: str, content: bytes) -> None:
    assert found(files) == set()
    (files / name).parent.mkdir(parents=True, exist_ok=True)
    (files / name).write_bytes(content)

    assert what in found(files)


def test_a_program_that_changes_its_user_is_found(files: Path) -> None:
    (files / "su").write_bytes(b"")
    (files / "su").chmod(0o4755)

    assert found(files) == {"a program that changes its user"}


@pytest.mark.parametrize("line", ["ENV PIP_INDEX_URL=https://user:word@host/", "ARG API_TOKEN=1"])
def test_a_secret_in_a_line_is_found(files: Path, line: str) -> None:
    config = Config("10001:10001", "/", "/var/lib/spe-gateway", {}, [], [], [line])

    assert found(files, config) == {"a secret in what it says"}

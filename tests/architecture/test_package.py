"""The wheel holds everything that the program needs, and nothing of the tests."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, and unpack it."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for path in files():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    shutil.copytree(ROOT / "gateway/web/static", source / "gateway/web/static", dirs_exist_ok=True)
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        ".",
        "--no-build-isolation",
        "--no-deps",
        "-w",
        str(made),
        cwd=source,
    )
    unpacked = made / "unpacked"
    with zipfile.ZipFile(next(made.glob("*.whl"))) as archive:
        archive.extractall(unpacked)
    return unpacked


def run(*words: str, cwd: Path, **environment: str) -> str:
    """Run a program to its end, and return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPE_GATEWAY")}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        words, cwd=cwd, env=kept | environment, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


PROGRAM = """
import sys, gateway
from gateway.cli import main
sys.stdout.write(gateway.__file__ + chr(10))
sys.stdout.flush()
main()
"""


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Its contract needs the schema's migrations, keys, and every resource."""
    words = (sys.executable, "-c", PROGRAM, "openapi", "--json")
    where, contract = run(*words, cwd=tmp_path, PYTHONPATH=str(wheel)).split("\n", 1)

    assert where.startswith(str(wheel))
    assert json.loads(contract)["openapi"].startswith("3.1")


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path.is_relative_to(ROOT / "gateway")
    }
    packed = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    inside = {
        name
        for name in packed
        if not name.startswith(("spe_gateway-", "gateway/web/static/swagger-ui/"))
        and "__pycache__" not in name
    }

    assert inside == ours
    assert "gateway/web/static/swagger-ui/swagger-ui-bundle.js" in packed

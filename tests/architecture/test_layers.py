"""Imports go in one direction, and the check that says so can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import GATEWAY, ROOT


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of ``pyproject.toml`` on the gateway in a folder."""
    return subprocess.run(  # noqa: S603 - our own interpreter's tool
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        check=False,
        text=True,
    )


def test_every_contract_is_kept() -> None:
    found = lint_imports(ROOT)

    assert found.returncode == 0, found.stdout
    assert " 0 broken" in found.stdout


def test_a_planted_import_upwards_is_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(GATEWAY, tmp_path / "gateway", ignore=shutil.ignore_patterns("static"))
    model = tmp_path / "gateway/model/ids.py"
    model.write_text(model.read_text() + "\nfrom gateway.simulator import clock  # planted\n")
    spe = tmp_path / "gateway/spe/tls.py"
    spe.write_text(spe.read_text() + "\nfrom gateway.broker import caller  # planted\n")

    found = lint_imports(tmp_path)

    assert found.returncode != 0
    assert "gateway.spe is not allowed to import gateway.broker" in found.stdout
    assert "gateway.model is not allowed to import gateway.simulator" in found.stdout

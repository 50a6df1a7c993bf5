"""The distribution ``spe-gateway-client``: put together, built, installed."""

import json
import shutil
import sys
from pathlib import Path
from typing import Final

from openapi.sdk.commands import run
from openapi.sdk.language import ROOT, SdkError, Tell
from openapi.sdk.python.edition import edition
from openapi.sdk.python.nouns import write_nouns

SOURCES: Final = Path(__file__).parent / "client"
PACKAGE: Final = "spe_gateway_client"
WHEEL: Final = "dist/spe_gateway_client-*.whl"
"""As a shell finds it, whatever its version."""

UV: Final = (sys.executable, "-m", "uv", "--quiet")
SETTINGS: Final = {
    "package_name_override": "generated",
    "literal_enums": True,
    "post_hooks": [],
}
"""Words are texts for people who write Python, too; we format what comes out ourselves."""


def assemble(folder: Path, tell: Tell) -> None:
    """Put the sources together: companion, generated client, nouns.

    Args:
        folder: gets them.
        tell: is told of each step.

    Raises:
        SdkError: the generator left something out.
    """
    shutil.copytree(
        SOURCES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
    )
    tell("generated from the contract")
    _generate(folder)
    tell("nouns")
    write_nouns(folder / PACKAGE)
    run([sys.executable, "-m", "ruff", "format", "--isolated", "--quiet", PACKAGE], folder)


def _generate(folder: Path) -> None:
    contract, settings = folder / "openapi.json", folder / "generator.json"
    contract.write_text(json.dumps(edition()), encoding="utf-8")
    settings.write_text(json.dumps(SETTINGS), encoding="utf-8")
    options = ["--meta", "none", "--overwrite", "--output-path", f"{PACKAGE}/generated"]
    files = ["--path", contract.name, "--config", settings.name]
    said = run(
        [sys.executable, "-m", "openapi_python_client", "generate", *files, *options], folder
    )
    contract.unlink()
    settings.unlink()
    if "WARNING" in said:
        raise SdkError(f"The generator left something out:\n{said}")


def install(folder: Path, tell: Tell) -> None:
    """Build the wheel, and install it into a fresh environment, with what it needs.

    What it needs comes in the versions that are locked for this repository.

    Args:
        folder: holds the sources; gets ``dist`` and ``.venv``.
        tell: is told of each step.
    """
    tell("wheel")
    build = ["-c", "import setuptools.build_meta as b; print(b.build_wheel('dist'))"]
    run([sys.executable, *build], folder)
    tell("fresh environment")
    run([*UV, "venv", "--python", sys.executable, ".venv"], folder)
    wheel = next(folder.glob(WHEEL))
    locked = f"--constraints={ROOT / 'requirements' / 'dev.txt'}"
    run([*UV, "pip", "install", "--python", ".venv", locked, wheel], folder)


def check(folder: Path, program: Path, tell: Tell) -> None:
    """Check the types of the distribution, and of a program that uses it.

    Args:
        folder: holds both the sources and ``.venv``.
        program: to be checked, too.
        tell: is told of each step.
    """
    tell("types")
    mypy = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml"]
    run([*mypy, "--python-executable", ".venv/bin/python", PACKAGE, program], folder)

"""The TypeScript SDK: how it is made, and what runs its main job."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openapi.sdk.commands import run
from openapi.sdk.contract import document
from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.language import ROOT, Missing, Tell

SOURCES: Final = Path(__file__).parent
PACKAGE: Final = (
    ".npmrc",
    "README.md",
    "generate.mjs",
    "package-lock.json",
    "package.json",
    "tsconfig.check.json",
    "tsconfig.json",
)
FOLDERS: Final = ("src", "job", "test")
COMPILER: Final = ("node", "node_modules/typescript/bin/tsc", "--project")
OLDEST: Final = 18
"""Of Node: what Debian 12 has."""

REMEDY: Final = "scripts/test-services installs Debian's nodejs and npm."
SNIPPET: Final = re.compile(r"^```ts\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class TypeScript:
    """A package for Node and browsers, as ``npm pack`` takes it."""

    name: str = "typescript"
    description: str = "openapi-typescript, openapi-fetch, companion"
    withstands: Sequence[str] = FAULTS

    def missing(self) -> Sequence[Missing]:
        """Return Node, npm, or nothing."""
        absent = [each for each in ("node", "npm") if shutil.which(each) is None]
        if "node" not in absent and _version() < OLDEST:
            absent = [f"node {OLDEST} or newer", *absent]
        return [Missing(each, REMEDY) for each in absent]

    def make(self, folder: Path, tell: Tell) -> None:
        """Generate, compile, and check the job, the tests and the examples against the result.

        Args:
            folder: empty; becomes the package.
            tell: is told of each step.

        Raises:
            SdkError: npm cannot fetch what is locked, or something does not compile.
        """
        _copy(folder)
        tell("npm fetches what is locked")
        run(("npm", "ci", "--prefer-offline", "--no-update-notifier"), folder)
        tell("types and methods are generated")
        contract = json.dumps(document(), default=str)
        (folder / "contract.json").write_text(contract, encoding="utf-8")
        run(("node", "generate.mjs", "contract.json", "src/generated"), folder)
        tell("the package is compiled")
        run((*COMPILER, "tsconfig.json"), folder)
        tell("job, tests and examples are checked against it")
        run((*COMPILER, "tsconfig.check.json"), folder)

    def use(self, folder: Path) -> str:
        """Return the command that installs it, in the folder of somebody's program."""
        return f'npm install "$(npm pack --silent {ROOT / folder})"'

    def job(self, folder: Path) -> Sequence[str]:
        """Return the command for the main job; see ``Language``."""
        del folder
        return ("node", "checked/job/main.js")


def examples() -> str:
    """Return the examples of the README as the one program that they are."""
    text = (SOURCES / "README.md").read_text(encoding="utf-8")
    return "\n".join(found[1] for found in SNIPPET.finditer(text))


def _version() -> int:
    """Return the major version of Node."""
    return int(run(("node", "--version"), SOURCES).removeprefix("v").partition(".")[0])


def _copy(folder: Path) -> None:
    shutil.copy(ROOT / "LICENSE", folder)
    for name in PACKAGE:
        shutil.copy(SOURCES / name, folder)
    for name in FOLDERS:
        shutil.copytree(SOURCES / name, folder / name)
    (folder / "readme").mkdir()
    (folder / "readme" / "examples.ts").write_text(examples(), encoding="utf-8")

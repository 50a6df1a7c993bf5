"""One SDK of openapi-generator, as the frame sees it."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from openapi.sdk.commands import run
from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.generator.source import methods, source
from openapi.sdk.generator.surface import Surface
from openapi.sdk.language import Missing, SdkError, Tell

HERE: Final = Path(__file__).parent
CONFIG: Final = "config.yaml"
INPUT: Final = "openapi.json"
TOOLCHAINS: Final = "scripts/sdk-toolchains installs it on Debian 12."


@dataclass(frozen=True)
class Tool:
    """Something that an SDK needs from the machine.

    Args:
        name: for people.
        at: a program on the path, or the absolute path of a file.
    """

    name: str
    at: str

    def is_here(self) -> bool:
        """Return whether it can be used."""
        return Path(self.at).exists() if self.at.startswith("/") else bool(shutil.which(self.at))


@dataclass(frozen=True)
class Target:
    """An SDK by openapi-generator (``openapi.sdk.language.Language``).

    Args:
        name: of the SDK.
        description: what it is made with.
        sources: folder here with ``config.yaml`` and the main job.
        tools: that it is compiled and run with.
        surface: where the methods are found in what is generated.
        build: the commands that compile it with its main job, given its folder.
        program: the command that does the main job, given its folder.
        spelling: turns the name of a method from camelCase into what the language has.
        union: see ``source``.
        withstands: the faults that its main job must stand.
    """

    name: str
    description: str
    sources: str
    tools: Sequence[Tool]
    surface: Surface
    build: Callable[[Path], Sequence[Sequence[str]]]
    program: Callable[[Path], Sequence[str]]
    spelling: Callable[[str], str] = str
    union: str | None = None
    withstands: Sequence[str] = field(default=FAULTS)

    def missing(self) -> Sequence[Missing]:
        """Return the tools that are not here."""
        absent = [Missing(each.name, TOOLCHAINS) for each in self.tools if not each.is_here()]
        if find_spec("openapi_generator_cli") is None:
            absent.append(Missing("openapi-generator-cli", "'make sdks' installs it."))
        return absent

    def make(self, folder: Path, tell: Tell) -> None:
        """Generate it, check that no method was lost, and compile it.

        Raises:
            SdkError: one of these failed.
        """
        tell("is generated")
        kept = shutil.ignore_patterns("__init__.py", "__pycache__", "node_modules")
        shutil.copytree(HERE / self.sources, folder, dirs_exist_ok=True, ignore=kept)
        document = source(self.union)
        (folder / INPUT).write_text(json.dumps(document), encoding="utf-8")
        names = {key: self.spelling(name) for key, name in methods(document).items()}
        run(generation(names), folder)
        self.surface.require(folder, document)
        tell("is compiled")
        for command in self.build(folder):
            run(command, folder)

    def use(self, folder: Path) -> str:
        """Return where it lies: how it is installed is for each build system to say."""
        return f"sources in {folder}; docs/sdks.md says how they are called"

    def job(self, folder: Path) -> Sequence[str]:
        """Return the command that does the main job."""
        return self.program(folder)


def generator_jar() -> Path:
    """Return the path of openapi-generator, which the wheel holds.

    Raises:
        SdkError: it is not installed.
    """
    spec = find_spec("openapi_generator_cli")
    if spec is None or spec.origin is None:
        raise SdkError("openapi-generator-cli is not installed: 'make sdks' installs it.")
    return Path(spec.origin).parent / "openapi-generator.jar"


def generation(names: dict[str, str]) -> Sequence[str]:
    """Return the command that generates an SDK.

    Args:
        names: of the methods, by operationId.
    """
    mappings = ",".join(f"{key}={name}" for key, name in names.items())
    command = ["java", "-Dlog.level=error", "-jar", str(generator_jar()), "generate"]
    return [*command, "-c", CONFIG, "--operation-id-name-mappings", mappings]

"""The files of the project as git knows them, with those that are new."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "gateway"
FOREIGN = ("gateway/web/static/swagger-ui/",)
"""What others wrote."""


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, part of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is on the path
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    ours = (name for name in listed if name and not name.startswith(FOREIGN))
    return tuple(path for path in (ROOT / name for name in sorted(ours)) if path.is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Yield each file's name and text."""
    for path in files():
        yield name_of(path), path.read_text(encoding="utf-8")


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield name and source of each Python file in some folders."""
    for name, text in texts():
        if name.endswith(".py") and name.startswith(tuple(f"{folder}/" for folder in folders)):
            yield name, text


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Return name and syntax of each module of the gateway."""
    return tuple((name, ast.parse(text)) for name, text in modules("gateway"))


def name_of(path: Path) -> str:
    """Return a file's path below the root, with slashes."""
    return path.relative_to(ROOT).as_posix()

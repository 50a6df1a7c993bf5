"""Programs of this machine, run to their end."""

import shutil
import subprocess
from collections.abc import Sequence
from typing import Final

LAST_WORDS: Final = 2000


class ImageError(Exception):
    """The image could not be built, or does not keep what it promises."""


def has(program: str) -> bool:
    """Whether a program is on the path."""
    return shutil.which(program) is not None


def succeeds(*command: str) -> bool:
    """Whether a program is there and ends with 0; what it says is lost."""
    return has(command[0]) and _ran(command).returncode == 0


def run(*command: str) -> str:
    """Run a program, and return what it printed.

    Raises:
        ImageError: it is not there, or failed; with its last words.
    """
    if not has(command[0]):
        raise ImageError(f"{command[0]} is not on the path.")
    done = _ran(command)
    if done.returncode:
        raise ImageError(f"{' '.join(command[:2])} failed:\n{done.stderr[-LAST_WORDS:]}")
    return done.stdout


def run_aloud(*command: str) -> None:
    """Run a program that speaks for itself.

    Raises:
        ImageError: it is not there, or failed.
    """
    if not has(command[0]):
        raise ImageError(f"{command[0]} is not on the path.")
    if subprocess.run(command, check=False).returncode:  # noqa: S603 # programs of the system, and no shell
        raise ImageError(f"{' '.join(command[:2])} failed, see above.")


def _ran(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # programs of the system, and no shell

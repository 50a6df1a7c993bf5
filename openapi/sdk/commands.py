"""Programs that an SDK needs while it is made."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from openapi.sdk.language import SdkError

SECONDS: Final = 600
LAST_LINES: Final = 20


def run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program to its end.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: the whole of it; None for that of this process.

    Returns:
        What it wrote on standard output.

    Raises:
        SdkError: it failed, is not there, or took longer than ten minutes.
    """
    try:
        done = subprocess.run(  # noqa: S603 # our own command, and no shell
            [str(word) for word in command],
            cwd=folder,
            env=None if environment is None else dict(environment),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SdkError(f"{command[0]} could not be run: {error}") from error
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:])
        raise SdkError(f"{command[0]} ended with {done.returncode}:\n{last}")
    return done.stdout

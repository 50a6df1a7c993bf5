"""The program as a process of its own, which ends with the test."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = [sys.executable, "-m", "gateway.cli"]
PATIENCE = 60


def environment(home: Path | str, **settings: str) -> dict[str, str]:
    """Return an environment with these settings and no other ones of ours."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SPE_GATEWAY_")}
    ours = {f"SPE_GATEWAY_{name.upper()}": value for name, value in settings.items()}
    return inherited | {"SPE_GATEWAY_HOME": str(home)} | ours


def run(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, without a terminal."""
    return subprocess.run(  # noqa: S603 # our own program, and no shell
        [*PROGRAM, *arguments],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Running:
    """A process that runs until the test is over."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen(  # noqa: S603 # our own program, and no shell
                command,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """What it said on standard error so far."""
        return self._log.read_text()

    def first_line(self) -> dict[str, Any]:
        """Return the first line of its standard output, waiting for it."""
        stdout = self.process.stdout
        assert stdout is not None
        assert select.select([stdout], [], [], PATIENCE)[0], self.log
        line = stdout.readline()
        assert line, self.log
        return json.loads(line)

    def cut_lifeline(self) -> None:
        """Close its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def status(self) -> int:
        """Wait for its end, and return its exit status."""
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End it, and let go of its pipes."""
        self.process.terminate()
        self.status()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def talking(command: list[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program of which the test reads standard error, line by line."""
    with subprocess.Popen(  # noqa: S603 # our own program, and no shell
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def line_with(words: str, process: subprocess.Popen[str]) -> str:
    """Return the first line on standard error that has these words, waiting for it."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if words in line:
            return line
    raise AssertionError("".join(said))


@contextmanager
def running(arguments: list[str], env: dict[str, str], log: Path) -> Iterator[Running]:
    """Run the program beside the test."""
    started = Running([*PROGRAM, *arguments], env, log)
    try:
        yield started
    finally:
        started.stop()

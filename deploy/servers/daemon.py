"""A program that serves until it is interrupted, and what all servers have in common."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Final, Protocol, TypeVar

PATIENCE: Final = 60.0
"""Seconds within which a server starts or ends."""

LAST_WORDS: Final = 2000
"""Characters of its log that say why a server does not start."""

S = TypeVar("S", bound="Server")


class Absent(Exception):
    """A program is not there, or does not run here."""


class Server(Protocol):
    """A server that may be started, stopped and started again."""

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """Stop it, whoever is connected."""

    def remove(self) -> None:
        """Remove its folder."""


@contextmanager
def started(server: S) -> Iterator[S]:
    """Run a server for as long as the block lasts."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.remove()


class Daemon:
    """A process that serves until it is interrupted.

    Args:
        log: gets what it says, in all its lives.
        end: the signal that ends it at once, whoever is connected.
    """

    def __init__(self, log: Path, end: signal.Signals = signal.SIGINT) -> None:
        self._log = log
        self._end = end
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: list[str],
        answers: Callable[[], bool],
        account: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it and wait until it answers.

        Args:
            command: the program and its arguments.
            answers: whether it serves yet.
            account: the user that it runs as; None for ours.
            environment: of the process; None for ours.

        Raises:
            Absent: it ended, or does not answer in time; with its last words.
        """
        self._process = spawn(command, self._log, account, self._end, environment)
        end = monotonic() + PATIENCE
        while not answers():
            if self._process.poll() is not None or monotonic() > end:
                said = self._log.read_text(errors="replace")[-LAST_WORDS:]
                raise Absent(f"{Path(command[0]).name} does not answer: {said}")
            sleep(0.01)

    def stop(self) -> None:
        """End it and wait until it has ended."""
        if self._process is not None:
            self._process.send_signal(self._end)
            self._process.wait(PATIENCE)


def free_port() -> int:
    """Return a loopback port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def spawn(
    command: list[str],
    log: Path,
    account: str | None = None,
    end: signal.Signals = signal.SIGINT,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that is ended when we end, as another user if need be."""
    guard = shutil.which("setpriv")
    if guard is None:
        raise Absent("setpriv is not on the path")
    user = ["--reuid", account, "--regid", account, "--init-groups"] if account else []
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - programs of the system, and no shell
            [guard, "--pdeathsig", end.name.removeprefix("SIG"), *user, *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=log.parent,
            env=environment,
            start_new_session=True,
        )

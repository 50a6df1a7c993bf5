"""A program at a terminal: it sees a person, and the test reads the screen and types."""

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.cli.program import PATIENCE, PROGRAM


class Terminal:
    """A running program whose standard input and error are a terminal.

    Args:
        process: the program.
        master: the end of the terminal that the person has.
    """

    def __init__(self, process: subprocess.Popen[str], master: int) -> None:
        self.process = process
        self.screen = ""
        self._master = master

    def wait_for(self, words: str) -> None:
        """Read the screen until words stand on it that were not there the last time."""
        seen = len(self.screen)
        while words not in self.screen[seen:]:
            self._read()

    def press_ctrl_c(self) -> None:
        """Interrupt the program, as the terminal does."""
        self.process.send_signal(signal.SIGINT)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._master, f"{line}\n".encode())

    def end(self) -> tuple[int, str]:
        """Wait for the end of the program; return its status and its standard output."""
        with suppress(OSError):  # the terminal hangs up with the program
            while True:
                self._read()
        out, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out

    def _read(self) -> None:
        part = os.read(self._master, 65536)
        self.screen += part.decode(errors="replace").replace("\r\n", "\n")


@contextmanager
def terminal(arguments: list[str], env: dict[str, str]) -> Iterator[Terminal]:
    """Run the program at a terminal that is wide enough for everything."""
    master, slave = pty.openpty()
    with subprocess.Popen(  # noqa: S603 # our own program, and no shell
        [*PROGRAM, *arguments],
        env={**env, "TERM": "xterm", "COLUMNS": "150", "LINES": "40"},
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(slave)
        try:
            yield Terminal(process, master)
        finally:
            process.kill()
            os.close(master)

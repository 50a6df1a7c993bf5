"""The processes of the demonstration: each says in one line of JSON that it is ready."""

import json
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from gateway.cli.failure import Failure

READY_SECONDS: Final = 60
END_SECONDS: Final = 15


class Child:
    """A process of ours, on a lifeline: it ends with us, even if we are killed.

    Args:
        name: for messages and its log.
        arguments: of ``spe-gateway``.
        environment: of the process.
        folder: gets its log.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 # our own program, and no shell
                [sys.executable, "-m", "gateway.cli", *arguments],
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we end it
            )

    def announcement(self) -> dict[str, Any]:
        """Return what it says when it is ready.

        Raises:
            Failure: it ended, or it is not ready within a minute.
        """
        stdout = self._process.stdout
        if stdout is not None and select.select([stdout], [], [], READY_SECONDS)[0]:
            line = stdout.readline()
            if line:
                said: dict[str, Any] = json.loads(line)
                return said
        raise Failure(f"{self.name} did not start: {self._last_words()}")

    def require_alive(self) -> None:
        """Raise Failure if it has ended."""
        if self._process.poll() is not None:
            raise Failure(f"{self.name} has ended: {self._last_words()}")

    def end(self) -> None:
        """End it, by force if it does not want to."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing."

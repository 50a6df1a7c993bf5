"""Follows an operation to its end: a progress bar, and SPE's log as it comes."""

from collections.abc import Callable
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gateway.cli.api_client import Answer, Call

FINAL: Final = frozenset({"succeeded", "failed", "cancelled", "unknown"})
GLANCE: Final = {"Prefer": "wait=1"}
WHOLE: Final = 100.0

Send = Callable[[Call], Answer]
"""How a call is sent: with somebody's token."""


def follow(send: Send, location: str, console: Console) -> dict[str, Any]:
    """Watch an operation until it is final, and return it.

    Args:
        send: as a client that may see it.
        location: of the operation.
        console: gets the log, and the bar if it is a terminal.
    """
    log = Log(send, location, console)
    with _bar(console) as bar:
        task = bar.add_task("waiting", total=None)
        while True:
            operation: dict[str, Any] = send(Call("GET", location, GLANCE)).body
            log.print_new()
            total, completed = _progress(operation)
            words = _description(operation)
            bar.update(task, description=words, total=total, completed=completed)
            if not console.is_terminal:
                console.out(f"[{completed:3.0f} %] {words}", highlight=False)
            if operation["status"] in FINAL:
                log.print_rest()
                return operation


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _description(operation: dict[str, Any]) -> str:
    """Return what it is doing: SPE's words, else the command of the step."""
    if operation["status"] in FINAL:
        return str(operation["status"])
    return str(operation["statusText"] or operation["steps"][-1]["command"])


def _progress(operation: dict[str, Any]) -> tuple[float | None, float]:
    """Return the whole, None while it is not known, and what of it is done."""
    if operation["status"] == "succeeded":
        return WHOLE, WHOLE
    percent = operation["percentProgress"]
    return (None, 0.0) if percent is None else (WHOLE, float(percent))


class Log:
    """The log of an operation, printed in whole lines.

    Args:
        send: as a client that may see it.
        location: of the operation.
        console: where it is printed.
    """

    def __init__(self, send: Send, location: str, console: Console) -> None:
        self._send = send
        self._path = f"{location}/log"
        self._console = console
        self._offset = 0
        self._rest = ""

    def print_new(self) -> None:
        """Print the lines that have come since the last time."""
        part = self._send(Call("GET", f"{self._path}?offset={self._offset}")).body
        self._offset = part["nextOffset"]
        *lines, self._rest = (self._rest + part["text"]).splitlines(keepends=True) or [""]
        if self._rest.endswith("\n"):
            lines, self._rest = [*lines, self._rest], ""
        for line in lines:
            self._print(line)

    def print_rest(self) -> None:
        """Print what ended without a line break."""
        if self._rest:
            self._print(self._rest)

    def _print(self, line: str) -> None:
        self._console.out(line.rstrip("\r\n"), highlight=False)

"""Shows an operation as it goes on: a bar for people, lines for files, nothing for programs."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gateway.cli.event_source import Event

DONE: Final = frozenset({"succeeded", "skipped"})
NONE: Final[Mapping[str, str]] = {"command": ""}
WHOLE: Final = 100
LOST: Final = "The connection is lost; trying again ..."
FOUND: Final = "The connection is there again."


class View(Protocol):
    """Where the events of an operation are shown; entered before, left after."""

    def show(self, event: Event) -> None:
        """Show an event."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen as it is."""


def view_of(console: Console) -> View:
    """Return the view that fits: a bar on a terminal, else plain lines."""
    return Bar(console) if console.is_terminal else Lines(console)


class Silence:
    """Shows nothing."""

    def show(self, event: Event) -> None:
        """Leave an event out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Lines(Silence):
    """Plain lines: the log, and how far it is each time that changes.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, event: Event) -> None:
        """Print a line."""
        if event.name == "log":
            self._print(printable(event.data["text"]))
        elif event.name == "progress":
            self._print(f"[{_percent(event.data)} %] {doing(event.data)}")
        elif event.name in {"lost", "found"}:
            self._print(LOST if event.name == "lost" else FOUND)

    def _print(self, line: str) -> None:
        self._console.out(line, highlight=False)


class Bar:
    """A progress bar, with the log above it.

    Args:
        console: a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._words = ""
        self._task = self._bar.add_task("", total=None)

    def show(self, event: Event) -> None:
        """Print a line of the log above the bar, or move the bar."""
        if event.name == "log":
            self._bar.console.out(printable(event.data["text"]), highlight=False)
        elif event.name == "progress":
            self._move(event.data)
        elif event.name in {"lost", "found"}:
            words = LOST if event.name == "lost" else self._words
            self._bar.update(self._task, description=words)

    def _move(self, progress: Mapping[str, Any]) -> None:
        share = share_of(progress)
        total = None if share is None else WHOLE
        self._bar.update(self._task, description=doing(progress), total=total, completed=share or 0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def doing(progress: Mapping[str, Any]) -> str:
    """Return what an operation is doing: SPE's words or the command, and which step it is."""
    if progress["status"] not in {"queued", "running"}:
        return str(progress["status"])
    if progress["queuePosition"]:
        return f"queued, place {progress['queuePosition']} at its deployment"
    steps, step = progress["steps"], current(progress["steps"])
    words = printable(progress["statusText"] or step["command"])
    number = f" (step {steps.index(step) + 1} of {len(steps)})" if len(steps) > 1 else ""
    return words + number


def printable(text: str) -> str:
    """Return a text without what would move the cursor or colour the terminal of its reader."""
    return "".join(
        sign if sign.isprintable() or sign == "\t" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


def share_of(progress: Mapping[str, Any]) -> int | None:
    """Return the percentage that is done; None while nobody knows."""
    if progress["status"] == "succeeded":
        return WHOLE
    share: int | None = progress["percentProgress"]
    return share


def _percent(progress: Mapping[str, Any]) -> str:
    share = share_of(progress)
    return "  …" if share is None else f"{share:3}"


def current(steps: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the step that is under way, or the first one; an operation of others has none."""
    undone = [step for step in steps if step["status"] not in DONE]
    return next(iter([*undone, *steps]), NONE)

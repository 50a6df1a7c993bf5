"""Watches an operation for somebody at a terminal or for a script, and says how it ended."""

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import rich_click as click
from rich.console import Console

from gateway.cli.api_client import words_of
from gateway.cli.failure import FAILED, INTERRUPTED, Failure
from gateway.cli.following import Following
from gateway.cli.operation_view import advice_of, failures_of
from gateway.cli.progress import Silence, View, view_of

STATUSES: Final[Mapping[str, int]] = {"succeeded": 0, "failed": 3, "unknown": 4, "cancelled": 5}
"""What the program exits with when an operation has ended so."""

MEANINGS: Final[Mapping[int, str]] = {
    0: "it is done, or the operation succeeded",
    FAILED: "it was not done: refused, not asked for, or no gateway",
    2: "the command line is wrong",
    STATUSES["failed"]: "the operation failed",
    STATUSES["unknown"]: "nobody knows what became of the operation: `unknown` "
    "([what to do](runbooks/unknown-operation.md))",
    STATUSES["cancelled"]: "the operation was cancelled",
    INTERRUPTED: "you said no, or stopped watching; an operation goes on",
}
"""What every status of the program means, for docs/command-line.md."""

EXIT_WORDS: Final = (
    "The status is 0 when it succeeded, 3 when it failed, 4 when nobody knows (unknown), 5 when it "
    "was cancelled, 130 when you stopped watching, 1 when it could not be asked for."
)
CANCEL, LEAVE, STAY = "c", "s", "w"
QUESTION: Final = "\n[c]ancel the operation, [s]top watching, or [w]atch on?"

Views = Callable[[], View]


class Ended(Failure):
    """The operation did not succeed.

    Args:
        operation: as it ended.
    """

    def __init__(self, operation: Mapping[str, Any]) -> None:
        super().__init__(_ending(operation))
        self.status = STATUSES.get(operation["status"], FAILED)


class Left(Failure):
    """Somebody stopped watching; the operation goes on.

    Args:
        operation: its id.
    """

    status = INTERRUPTED

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"{operation} goes on without you. Watch it with 'spe-gateway operations watch "
            f"{operation}', end it with 'spe-gateway operations cancel {operation}'."
        )


def views_of(*, as_json: bool) -> Views:
    """Return what makes the view of an operation: none beside JSON."""
    return Silence if as_json else lambda: view_of(Console(stderr=True))


def follow(following: Following, view: View) -> dict[str, Any]:
    """Show an operation up to its end, and return it."""
    with view:
        for event in following.events():
            view.show(event)
    return following.end()


def watch(following: Following, views: Views) -> dict[str, Any]:
    """Show an operation up to its end, and return it; Ctrl-C asks what is to become of it.

    Raises:
        Left: nobody watches any more.
    """
    view = views()
    while True:
        try:
            return follow(following, view)
        except KeyboardInterrupt:
            _interrupted(following)


def tell(operation: Mapping[str, Any], *, as_json: bool) -> None:
    """Print how an operation ended, and end the program with the status that says so.

    Args:
        operation: one that has ended.
        as_json: the whole operation; else the result of one that succeeded.

    Raises:
        Ended: it did not succeed.
    """
    succeeded = operation["status"] == "succeeded"
    if as_json or (succeeded and operation["result"] is not None):
        click.echo(pretty(operation if as_json else operation["result"]))
    if as_json:
        sys.exit(STATUSES[operation["status"]])
    if not succeeded:
        for line in failures_of(operation):
            click.echo(line, err=True)
        raise Ended(operation)


def pretty(document: object) -> str:
    """Return JSON for people and programs."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _interrupted(following: Following) -> None:
    """Do what somebody wants who has pressed Ctrl-C."""
    wish = _wish()
    if wish == LEAVE:
        raise Left(following.operation)
    if wish == CANCEL:
        following.cancel()


def _wish() -> str:
    """Ask; where nobody can be asked, or Ctrl-C is pressed again, nobody watches any more."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return LEAVE
    choice = click.Choice([CANCEL, LEAVE, STAY])
    try:
        return str(click.prompt(QUESTION, type=choice, default=STAY, show_choices=False, err=True))
    except click.Abort:
        return LEAVE


def _ending(operation: Mapping[str, Any]) -> str:
    """Return how it ended and what to do next, in one line."""
    subject = operation["id"] or "The command"
    reason = words_of(operation["problem"]) if operation["problem"] else ""
    words = f"{subject} ended as {operation['status']}. {reason}".strip()
    advice = advice_of(operation) if operation["id"] else ""
    return f"{words} Next, {advice}" if advice else words

"""Asks before something is done that cannot be undone, and for what nobody else may read."""

import sys
from typing import TextIO

import rich_click as click

from gateway.cli.failure import Failure


def confirm(fact: str, *, yes: bool) -> None:
    """Go on only if somebody wants it.

    Args:
        fact: what will be done, as a sentence without its end.
        yes: they have said so already.

    Raises:
        Failure: nobody can be asked.
        click.Abort: they do not.
    """
    if yes:
        return
    _require_somebody(fact)
    click.confirm(f"{fact}. Go on?", abort=True, err=True)


def confirm_by_name(fact: str, name: str, *, yes: bool) -> None:
    """Go on only if somebody types the name of what it is about.

    Args:
        fact: what will be done, as a sentence without its end.
        name: of the thing.
        yes: they have said so already.

    Raises:
        Failure: nobody can be asked, or they typed something else.
    """
    if yes:
        return
    _require_somebody(fact)
    if click.prompt(f"{fact}. To go on, type {name}", err=True) != name:
        raise Failure("This is not its name: nothing was changed.")


def secret(file: TextIO | None, words: str, *, twice: bool = False) -> str:
    """Return what nobody else may read: from a file, or typed without being shown.

    Args:
        file: whose first line it is; a terminal asks. None asks, too.
        words: what it is.
        twice: whether it is typed twice, since nobody knows it yet.

    Raises:
        Failure: nobody can be asked, or there is nothing in the file.
    """
    if file is not None and not file.isatty():
        found = file.readline().rstrip("\r\n")
        if not found:
            raise Failure(f"There is no {words[0].lower()}{words[1:]} in {file.name}.")
        return found
    if not sys.stdin.isatty():
        raise Failure(f"{words}: nobody can be asked here; give a file, or - for standard input.")
    return str(click.prompt(words, hide_input=True, confirmation_prompt=twice, err=True))


def _require_somebody(fact: str) -> None:
    """Fail where nobody sits at a terminal."""
    if not sys.stdin.isatty():
        raise Failure(f"{fact}: repeat it with --yes, for nobody can be asked here.")

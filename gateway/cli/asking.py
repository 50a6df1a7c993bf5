"""Asks before something is done that cannot be undone."""

import sys

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
    if not sys.stdin.isatty():
        raise Failure(f"{fact}: repeat it with --yes, for nobody can be asked here.")
    click.confirm(f"{fact}. Go on?", abort=True, err=True)

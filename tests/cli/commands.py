"""Every command of the program, with the words that call it."""

from collections.abc import Iterator
from functools import cache

import click

from gateway.cli.nouns.group import RowCommand
from gateway.cli.nouns.rows import Row
from gateway.cli.program import cli


def walked(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of each command below one; of groups only what they hold."""
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        _, below, _ = command.resolve_command(context, [name])
        assert below is not None
        yield from walked(below, (*words, name))


def found(words: tuple[str, ...]) -> click.Command:
    """Return the command of some words."""
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        _, below, _ = command.resolve_command(click.Context(command), [word])
        assert below is not None
        command = below
    return command


@cache
def every() -> tuple[tuple[str, ...], ...]:
    """Return the words of every command."""
    return tuple(walked(cli))


def rows() -> dict[str, Row]:
    """Return each row by the words of its command."""
    made = {words: found(words) for words in every()}
    return {
        " ".join(words): command.row
        for words, command in made.items()
        if isinstance(command, RowCommand)
    }

"""Whatever holds of every command: help with examples, JSON, one spelling of shared options."""

import click
import pytest

from tests.cli.commands import every, found

SPEAKS_OTHERWISE = {
    ("completion",): "prints a script",
    ("coverage",): "prints Markdown",
    ("init",): "prints JSON anyhow",
    ("simulate",): "prints JSON anyhow",
    ("upgrade",): "prints JSON anyhow",
    ("worker",): "stays up",
}
"""Commands without ``--json``, and why."""


def options(words: tuple[str, ...]) -> dict[str, click.Option]:
    command = found(words)
    given = [each for each in command.params if isinstance(each, click.Option)]
    return {name: each for each in given for name in each.opts}


@pytest.mark.parametrize("words", every(), ids=" ".join)
def test_a_command_has_a_sentence_and_an_example_of_itself(words: tuple[str, ...]) -> None:
    command = found(words)
    name = " ".join(["spe-gateway", *words])
    assert command.help
    assert command.help.strip()[0].isupper()
    assert command.epilog is not None
    assert any(line.partition("|")[0].startswith(name) for line in command.epilog.splitlines())


def test_every_command_speaks_json_unless_it_says_why_not() -> None:
    """The sandbox is no part of the product; its commands say what they did."""
    product = [words for words in every() if words[0] != "sandbox"]
    mute = {words for words in product if "--json" not in options(words)}
    assert mute == set(SPEAKS_OTHERWISE)


@pytest.mark.parametrize("words", every(), ids=" ".join)
def test_who_calls_is_said_in_the_same_way_everywhere(words: tuple[str, ...]) -> None:
    """All of these options or, but for signing in, none of them."""
    ours = {"--profile", "--url", "--client-id", "--client-secret"} & set(options(words))
    assert len(ours) in {0, 4} or words in {("login",), ("logout",)}

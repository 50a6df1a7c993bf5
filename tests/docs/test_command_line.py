"""What the page of the command line, and every help, tells a reader to type can be typed."""

import re
import shlex

import click
import pytest

from gateway.cli.failure import FAILED, INTERRUPTED
from gateway.cli.watching import MEANINGS, STATUSES
from tests.cli.commands import every, found
from tests.docs.tables import ROOT

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"spe-gateway (?!is )[^|<>)\n&]+")

END = re.compile(r"   | (?:[|<&>]|2>|&&) ?")
"""Where a call ends: at a remark, at another command, at a file."""


def typed() -> list[str]:
    """Return each call of the program in the page's blocks."""
    blocks = BLOCK.findall((ROOT / "docs/command-line.md").read_text())
    return [call.strip() for block in blocks for call in CALL.findall(block)]


def parsed(call: str) -> dict[str, object]:
    """Return the options of a call by their parameters.

    Raises:
        click.UsageError: it cannot be typed.
    """
    _, *words = shlex.split(call)
    known = [each for each in every() if tuple(words[: len(each)]) == each]
    assert known, f"{call}: there is no such command"
    command = found(known[0])
    context = click.Context(command, **command.context_settings)
    given, left, _ = command.make_parser(context).parse_args(words[len(known[0]) :])
    assert not left, f"{call}: {left} is too much"
    needed = [each for each in command.params if each.required]
    missing = [each.name for each in needed if given.get(str(each.name)) in (None, ())]
    assert not missing, f"{call}: {missing} is missing"
    return given


@pytest.mark.parametrize("call", typed())
def test_a_line_of_the_page_can_be_typed(call: str) -> None:
    parsed(call)


@pytest.mark.parametrize("words", every(), ids=" ".join)
def test_an_example_of_a_help_can_be_typed(words: tuple[str, ...]) -> None:
    epilog = found(words).epilog or ""
    calls = [END.split(line)[0] for line in epilog.splitlines()]
    for call in calls:
        if call.startswith("spe-gateway "):
            parsed(call)


def test_a_line_that_cannot_be_typed_is_seen() -> None:
    with pytest.raises(click.NoSuchOption):
        parsed("spe-gateway instances list --colour red")
    with pytest.raises(AssertionError, match="is missing"):
        parsed("spe-gateway instances create --instance-id acme")
    with pytest.raises(AssertionError, match="no such command"):
        parsed("spe-gateway instances paint")


def test_every_status_has_a_meaning() -> None:
    assert set(MEANINGS) == {0, FAILED, 2, *STATUSES.values(), INTERRUPTED}

"""The register of commands: a function for each, filed by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .deployment import Deployment
from .reference import Signature, offered, signatures
from .wire import Arguments, Pairs, arguments

Effect = Literal["read", "change", "run", "background"]
Handler = Callable[[Deployment, Arguments], Any]


@dataclass(frozen=True)
class Command:
    """A command that this server offers.

    Attributes:
        effect: "read" leaves the state alone, "change" alters it at once, "run" takes time and
            always answers with a token first, "background" starts work that goes on by itself.
    """

    signature: Signature
    effect: Effect
    handle: Handler


COMMANDS: dict[str, Command] = {}


def is_change(name: str) -> bool:
    """Return whether a command alters the state or starts work; unknown ones do neither."""
    return name in COMMANDS and COMMANDS[name].effect != "read"


def read_arguments(release: str, name: str, pairs: Pairs) -> Arguments:
    """Return the arguments of a call by name; those that later versions brought are None.

    Raises:
        Failure: as `wire.arguments`.
    """
    later = {argument.name: None for argument in signatures()[name].arguments}
    return {**later, **arguments(offered(release)[name], pairs)}


def command(name: str, effect: Effect) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of a documented command.

    Raises:
        KeyError: the reference knows no command of this name.
    """

    def register(handle: Handler) -> Handler:
        COMMANDS[name] = Command(signatures()[name], effect, handle)
        return handle

    return register

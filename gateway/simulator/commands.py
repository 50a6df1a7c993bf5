"""The register of commands: a function for each, filed by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .deployment import Deployment
from .reference import Signature, signatures
from .wire import Arguments

Effect = Literal["read", "change", "run"]
Handler = Callable[[Deployment, Arguments], Any]


@dataclass(frozen=True)
class Command:
    """A command that this server offers.

    Attributes:
        effect: "read" leaves the state alone, "change" alters it at once, "run" takes time and
            always answers with a token first.
    """

    signature: Signature
    effect: Effect
    handle: Handler


COMMANDS: dict[str, Command] = {}


def is_change(name: str) -> bool:
    """Return whether a command alters the state or starts work; unknown ones do neither."""
    return name in COMMANDS and COMMANDS[name].effect != "read"


def command(name: str, effect: Effect) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of a documented command.

    Raises:
        KeyError: the reference knows no command of this name.
    """

    def register(handle: Handler) -> Handler:
        COMMANDS[name] = Command(signatures()[name], effect, handle)
        return handle

    return register

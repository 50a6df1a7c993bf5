"""The arguments of a command as they are typed: ``--instanceID=acme --includeSize=true``."""

import json
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from gateway.cli.failure import Failure
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Command, Param, ParamType


def command_of(name: str) -> Command:
    """Return a command of the Management API.

    Raises:
        Failure: there is none of this name.
    """
    if name in COMMANDS:
        return COMMANDS[name]
    raise Failure(f"There is no command {name}.{_nearest(name, COMMANDS)}")


def arguments_of(command: Command, words: Iterable[str]) -> dict[str, Any]:
    """Return the arguments, each of the type that the command declares.

    Args:
        command: whose they are.
        words: ``--name=value`` each; a list has commas, an object is JSON.

    Raises:
        Failure: one is unknown, given twice, missing, or not of its type.
    """
    declared = {param.name: param for param in command.params}
    given: dict[str, Any] = {}
    for word in words:
        name, value = _split(word)
        if name not in declared:
            nearest = _nearest(name, declared)
            raise Failure(f"{command.name} has no argument --{name}.{nearest}")
        if name in given:
            raise Failure(f"--{name} is given twice.")
        given[name] = _value(declared[name], value)
    _check_required(command, given)
    return given


def _split(word: str) -> tuple[str, str]:
    name, equals, value = word.removeprefix("--").partition("=")
    if not word.startswith("--") or not equals:
        raise Failure(f"{word}: write arguments as --name=value.")
    return name, value


def _check_required(command: Command, given: Mapping[str, Any]) -> None:
    missing = [p.name for p in command.params if p.required and p.name not in given]
    if missing:
        raise Failure(f"{command.name} needs {', '.join(f'--{name}=…' for name in missing)}")


def _value(param: Param, text: str) -> Any:  # noqa: ANN401 - any JSON value
    if param.is_list:
        return text.split(",")
    try:
        return _READERS[param.type](text)
    except ValueError:
        raise Failure(f"--{param.name}={text}: this must be {_WORDS[param.type]}.") from None


def _bool(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _object(text: str) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(text)


def _nearest(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, names, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


_READERS: Final[Mapping[ParamType, Callable[[str], Any]]] = {
    ParamType.STRING: str,
    ParamType.NUMBER: int,
    ParamType.BOOL: _bool,
    ParamType.JSON: _object,
}
_WORDS: Final[Mapping[ParamType, str]] = {
    ParamType.STRING: "text",
    ParamType.NUMBER: "a whole number",
    ParamType.BOOL: "true or false",
    ParamType.JSON: "a JSON object",
}

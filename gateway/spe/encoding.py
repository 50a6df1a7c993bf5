"""Writes the arguments of a command as a form (application/x-www-form-urlencoded, UTF-8).

Nothing is guessed: an unknown argument, a missing one, or one of another type is refused,
and so is every instance id or filter that is not exactly one legal id (law 1).
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote_plus

from gateway.errors import InputFault, InvalidInput
from gateway.spe.command import (
    INSTANCE_FILTER,
    INSTANCE_ID,
    Command,
    Param,
    ParamType,
    Target,
    is_instance_id,
)

MAX_JSON_DEPTH: Final = 64
_NUMBERS: Final = range(-(2**63), 2**63)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")
"""What a form has as it is: most ids, numbers and names."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class _Refused(Exception):
    """One value that cannot be written; becomes an :class:`InputFault`."""

    def __init__(self, code: str, detail: str, below: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.below = below


def encode(command: Command, arguments: Mapping[str, object]) -> bytes:
    """The body of the call.

    Args:
        command: what is to be called.
        arguments: value by argument name; None leaves an optional argument out.

    Returns:
        The form, with the arguments in the order of the declaration; empty without any.

    Raises:
        InvalidInput: with one fault for each argument that cannot be sent.
    """
    faults = [*_unknown(command, arguments)]
    fields: list[str] = []
    for param in command.params:
        value = arguments.get(param.name)
        try:
            if value is not None or param.required:
                fields.append(_field(command, param, value))
        except _Refused as refused:
            pointer = f"/{param.name}{refused.below}"
            faults.append(InputFault(pointer, refused.code, refused.detail))
    if faults:
        raise InvalidInput(faults)
    return "&".join(fields).encode("ascii")


def _unknown(command: Command, arguments: Mapping[str, object]) -> Iterator[InputFault]:
    known = {param.name for param in command.params}
    for name in arguments:
        if name not in known:
            yield InputFault(_step(str(name)), "UNKNOWN", f"{command.name} has no such argument.")


def _field(command: Command, param: Param, value: object) -> str:
    if value is None:
        raise _Refused("REQUIRED", "This argument is required.")
    _check_target(command, param, value)
    written = _written(param, value)
    if param.values:
        _check_values(param, value)
    return f"{quoted(param.name)}={quoted(written)}"


def quoted(text: str) -> str:
    """Return a text as a form has it."""
    return text if _PLAIN.fullmatch(text) else quote_plus(text)


def _written(param: Param, value: object) -> str:
    if param.is_list:
        return _list(param, value)
    if param.takes_array and isinstance(value, list):
        return _json_text(value)
    return _WRITERS[param.type](value)


def _check_values(param: Param, value: object) -> None:
    elements = value if param.is_list and isinstance(value, Sequence) else (value,)
    if not all(element in param.values for element in elements):
        allowed = ", ".join(map(str, param.values))
        raise _Refused("NOT_ALLOWED", f"Only these values are allowed: {allowed}.")


def _check_target(command: Command, param: Param, value: object) -> None:
    if param.name in (INSTANCE_ID.name, INSTANCE_FILTER.name):
        _check_instance_id(value)
    elif command.target is Target.CONFIG and isinstance(value, Mapping):
        _check_instance_id(value.get(INSTANCE_ID.name), below=f"/{INSTANCE_ID.name}")


def _check_instance_id(value: object, below: str = "") -> None:
    if not is_instance_id(value):
        rule = "a letter, then 2 to 31 of a-z, 0-9 and the hyphen"
        raise _Refused("INSTANCE_ID", f"This must be exactly one instance id: {rule}.", below)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Refused("TYPE", "This must be a string.")
    if "\0" in value:
        raise _Refused("CONTROL_CHARACTER", "The character NUL cannot be sent.")
    if not value.isascii() and _is_half_a_pair(value):
        raise _Refused("ENCODING", "This is not valid Unicode text.")
    return value


def _is_half_a_pair(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _list(param: Param, value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _Refused("TYPE", "This must be a list of strings.")
    if not value:
        instead = "" if param.required else " Leave the argument out instead."
        raise _Refused("EMPTY", f"This list must not be empty.{instead}")
    return ",".join(_element(element) for element in value)


def _element(value: object) -> str:
    text = _text(value)
    if not text or "," in text or _CONTROL.search(text):
        raise _Refused("ELEMENT", "An element is empty, or holds a comma or a control character.")
    return text


def _number(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Refused("TYPE", "This must be a whole number.")
    if value not in _NUMBERS:
        raise _Refused("RANGE", "This number is out of range.")
    return str(value)


def _bool(value: object) -> str:
    if not isinstance(value, bool):
        raise _Refused("TYPE", "This must be true or false.")
    return "true" if value else "false"


def _json(value: object) -> str:
    if not isinstance(value, Mapping):
        raise _Refused("TYPE", "This must be an object.")
    return _json_text(value)


def _json_text(value: object) -> str:
    return json.dumps(_plain(value, "", 1), ensure_ascii=False, separators=(",", ":"))


def _plain(value: object, below: str, depth: int) -> object:
    """A copy that holds nothing but what JSON knows; refuses the rest by its place."""
    if depth > MAX_JSON_DEPTH:
        raise _Refused("DEPTH", "This is nested too deeply.", below)
    if isinstance(value, Mapping):
        return {
            _plain_key(key, below): _plain(item, below + _step(key), depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, f"{below}/{index}", depth + 1) for index, item in enumerate(value)]
    return _plain_scalar(value, below)


def _plain_key(key: object, below: str) -> str:
    if not isinstance(key, str):
        raise _Refused("TYPE", "A member's name must be a string.", below)
    _plain_scalar(key, below)
    return key


def _step(name: str) -> str:
    """One step of a pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _plain_scalar(value: object, below: str) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    writer = _text if isinstance(value, str) else _number
    try:
        writer(value)
    except _Refused as refused:
        raise _Refused(refused.code, refused.detail, below) from None
    return value


_WRITERS: Final[Mapping[ParamType, Callable[[object], str]]] = {
    ParamType.STRING: _text,
    ParamType.NUMBER: _number,
    ParamType.BOOL: _bool,
    ParamType.JSON: _json,
}

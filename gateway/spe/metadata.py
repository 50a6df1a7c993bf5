"""What a deployment says that it can do (get-metadata)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.errors import ReplyInvalid

_DEFAULT_PATH: Final = "api/invoke/"


@dataclass(frozen=True)
class ArgumentSignature:
    """One argument, as the deployment lists it."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class CommandSignature:
    """One command, as the deployment lists it."""

    name: str
    args: tuple[ArgumentSignature, ...]
    path: str = _DEFAULT_PATH


def read_metadata(value: object) -> tuple[CommandSignature, ...]:
    """Reads the bare array that get-metadata answers.

    Raises:
        ReplyInvalid: it is none, or an entry is not of its shape.
    """
    return tuple(_command(entry) for entry in _array(value))


def _command(entry: object) -> CommandSignature:
    return CommandSignature(
        name=_text(entry, "name"),
        args=tuple(_argument(argument) for argument in _array(_member(entry, "args"))),
        path=_text(entry, "path") if _has_path(entry) else _DEFAULT_PATH,
    )


def _has_path(entry: object) -> bool:
    return isinstance(entry, Mapping) and entry.get("path") is not None


def _argument(entry: object) -> ArgumentSignature:
    nullable = _member(entry, "nullable")
    if not isinstance(nullable, bool):
        raise _unusable()
    return ArgumentSignature(_text(entry, "name"), _text(entry, "type"), nullable)


def _array(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _unusable()
    return value


def _member(entry: object, key: str) -> object:
    if not isinstance(entry, Mapping) or key not in entry:
        raise _unusable()
    value: object = entry[key]
    return value


def _text(entry: object, key: str) -> str:
    value = _member(entry, key)
    if not isinstance(value, str) or not value:
        raise _unusable()
    return value


def _unusable() -> ReplyInvalid:
    return ReplyInvalid("The deployment's metadata is not a list of commands.")

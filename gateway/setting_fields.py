"""What a setting can be: members of a frozen dataclass, checked by marshmallow's fields.

A field takes what the environment says, and also the value that it makes of that.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from marshmallow import Schema, ValidationError
from marshmallow import fields as ma
from marshmallow.validate import Range, Regexp

from gateway.trusted_issuer import TrustedIssuer, TrustedIssuerSchema

_CHECKED_BY: Final = "checked by"
_MEANING: Final = "meaning"


@dataclass(frozen=True)
class Secret:
    """A text that is not shown where its owner is."""

    _text: str = field(repr=False)

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text


def setting(*, default: object, meaning: str, checked_by: ma.Field[Any] | None = None) -> Any:  # noqa: ANN401 - of the member's type
    """Declare a member of a dataclass.

    Args:
        default: where nothing is said; of the member's type.
        meaning: for people, in docs/settings.md.
        checked_by: makes the value; by default it is any text.
    """
    return field(
        default=default, metadata={_MEANING: meaning, _CHECKED_BY: checked_by or ma.String()}
    )


def meanings(kind: type) -> dict[str, str]:
    """Return what the settings of a dataclass mean, by their names."""
    return {each.name: each.metadata[_MEANING] for each in fields(kind)}


def defaults(kind: type) -> dict[str, Any]:
    """Return the defaults of the settings of a dataclass, by their names."""
    return {each.name: each.default for each in fields(kind)}


def schema_of(kind: type) -> Schema:
    """Return what checks the settings of a dataclass."""
    return Schema.from_dict({each.name: each.metadata[_CHECKED_BY] for each in fields(kind)})()


def first_fault(error: ValidationError) -> tuple[list[str], str]:
    """Return where the first thing that is wrong lies, and what is said of it."""
    place: list[str] = []
    said: Any = error.normalized_messages()  # type: ignore[no-untyped-call] # marshmallow's own
    while isinstance(said, Mapping):
        name, said = next(iter(said.items()))
        if name != "_schema":
            place.append(str(name))
    return place, str(said[0])


def text(pattern: str, said: str = "") -> ma.Field[Any]:
    """Return a text that matches a pattern as a whole; says so otherwise, or what is given."""
    said = said or f"String should match pattern '{pattern}'"
    as_it_is = said.replace("{", "{{").replace("}", "}}")  # marshmallow formats it
    return ma.String(validate=Regexp(rf"(?:{pattern})\Z", error=as_it_is))


def whole(least: int, most: int) -> ma.Field[Any]:
    """Return a whole number between two."""
    return ma.Integer(validate=Range(least, most))


def share() -> ma.Field[Any]:
    """Return a number from 0 to 1."""
    return ma.Float(validate=Range(0, 1))


def yes_or_no() -> ma.Field[Any]:
    """Return a truth value, which the environment writes in one of several ways."""
    return ma.Boolean()


class Converted(ma.Field[Any]):
    """What a function makes of the value.

    Args:
        function: raises ValueError, which says what is wrong.
    """

    def __init__(self, function: Callable[[Any], object]) -> None:
        super().__init__()
        self._function = function

    def _deserialize(self, value: object, *_: object, **__: object) -> object:
        try:
            return self._function(value)
        except ValueError as error:  # a ValidationError is one, and says more than its text
            raise (
                error if isinstance(error, ValidationError) else ValidationError(str(error))
            ) from None


def folder() -> ma.Field[Any]:
    """Return a path, whose ``~`` is the home of the user."""
    return Converted(lambda value: Path(value).expanduser())


def secret() -> ma.Field[Any]:
    """Return a secret."""
    return Converted(lambda value: value if isinstance(value, Secret) else Secret(value))


def words(word: Callable[[str], str]) -> ma.Field[Any]:
    """Return words, which the environment separates with commas.

    Args:
        word: makes one of what is written, or raises ValueError.
    """
    return Converted(lambda value: tuple(word(each) for each in _split(value)))


def issuers() -> ma.Field[Any]:
    """Return outside issuers, which the environment writes as a JSON list."""
    return Converted(_issuers)


def _split(value: str | Sequence[str]) -> Sequence[str]:
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return value


def _issuers(value: str | list[Any] | tuple[TrustedIssuer, ...]) -> tuple[TrustedIssuer, ...]:
    if isinstance(value, tuple):
        return value
    found = json.loads(value.strip() or "[]") if isinstance(value, str) else value
    return tuple(_ISSUERS.load(found))


_ISSUERS: Final = TrustedIssuerSchema(many=True)

"""What our fields share: coded faults, and a description as first argument.

A field takes JSON types as they are and coerces nothing. It says what is wrong with a stable
code (``REQUIRED``, ``WRONG_TYPE``, ``TOO_LONG`` …) and documents itself through ``openapi()``.
A value is never repeated in a message: it might be a secret.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypedDict, Unpack

import marshmallow as ma


class Fault(str):
    """A sentence about a fault together with its stable code."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, detail: str, code: str) -> Self:
        """Make the sentence carry the code through marshmallow's error store."""
        fault = super().__new__(cls, detail)
        fault.code = code
        return fault

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override] # copying needs both
        return str(self), self.code


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Options(TypedDict, total=False):
    """What every field takes besides its own arguments; the meaning is marshmallow's."""

    required: bool
    allow_none: bool
    load_default: Any
    dump_default: Any
    data_key: str
    attribute: str
    load_only: bool
    dump_only: bool
    metadata: Mapping[str, Any]


class Strict(ma.fields.Field[Any]):
    """What our fields share: coded faults, and a description as first argument."""

    sentences: ClassVar[dict[str, str]] = {
        "required": "This is required.",
        "null": "This may not be null.",
        "wrong_type": "This is of the wrong type.",
    }

    def __init__(self, description: str = "", **options: Unpack[Options]) -> None:
        super().__init__(**described(description, options))

    def make_error(self, key: str, **kwargs: object) -> ma.ValidationError:
        """Return the fault named ``key``; its code is the key in capitals."""
        declared = (vars(each).get("sentences", {}) for each in type(self).__mro__)
        sentence = next(sentences[key] for sentences in declared if key in sentences)
        return ma.ValidationError(Fault(sentence.format(**kwargs), key.upper()))

    def openapi(self) -> dict[str, Any]:
        """Return the JSON Schema keywords that apispec does not find by itself."""
        return {}

    def from_query(self, text: str) -> object:
        """Return the text: what a query parameter spells is text unless a field knows better."""
        return text


def described(description: str, options: Options) -> Options:
    """Return the options with the description where apispec looks for it."""
    if not description:
        return options
    return {**options, "metadata": {**options.get("metadata", {}), "description": description}}

"""Text: one line, several lines, secrets, ids, words from a list."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar, Final, Unpack

import marshmallow as ma

from gateway.web.fields.base import Options, Strict, counted

_NO_CONTROLS: Final = r"^[^\u0000-\u001F\u007F-\u009F]*$"


class HiddenText(str):
    """A secret: usable as text, but not shown by ``repr``, so not in logs of dicts or rows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[hidden]'"


class Text(Strict, ma.fields.String):
    """One line of text: control characters are refused.

    Args:
        description: for the contract.
        min_length: in characters.
        max_length: in characters.
        pattern: must match the whole text; letters and digits mean ASCII ones.
        form: what the pattern asks for, in words: follows a colon, without a full stop.
    """

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be text.",
        "too_short": "This must be at least {least} long.",
        "too_long": "This must be at most {most} long.",
        "control_character": "Control characters are not allowed here.",
        "pattern": "This does not have the required form{form}.",
    }
    allowed_controls: ClassVar[str] = ""
    control_pattern: ClassVar[str] = _NO_CONTROLS

    def __init__(
        self,
        description: str = "",
        *,
        min_length: int = 1,
        max_length: int = 255,
        pattern: str | None = None,
        form: str = "",
        **options: Unpack[Options],
    ) -> None:
        super().__init__(description, **options)
        self.form = form
        self.min_length = min_length
        self.max_length = max_length
        self.regex = re.compile(pattern, re.ASCII) if pattern else None

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        if not isinstance(value, str):
            raise self.make_error("wrong_type")
        if len(value) < self.min_length:
            raise self.make_error("too_short", least=counted(self.min_length, "character"))
        if len(value) > self.max_length:
            raise self.make_error("too_long", most=counted(self.max_length, "character"))
        if any(self._is_refused(character) for character in value):
            raise self.make_error("control_character")
        if self.regex and not self.regex.fullmatch(value):
            raise self.make_error("pattern", form=self.form and f": {self.form}")
        return value

    def _is_refused(self, character: str) -> bool:
        return unicodedata.category(character) == "Cc" and character not in self.allowed_controls

    def openapi(self) -> dict[str, Any]:
        """Return the lengths and the pattern; what is only read has no limits of ours."""
        if self.dump_only:
            return {}
        limits = {"minLength": self.min_length, "maxLength": self.max_length}
        return {**limits, "pattern": self._documented_pattern()}

    def _documented_pattern(self) -> str:
        return f"^(?:{self.regex.pattern})$" if self.regex else self.control_pattern


class Lines(Text):
    """Text of several lines: tab, line feed and carriage return are allowed."""

    allowed_controls = "\t\n\r"
    control_pattern = r"^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]*$"


class Secret(Text):
    """Text that is taken and never shown: absent from answers, hidden from ``repr``."""

    def __init__(
        self,
        description: str = "",
        *,
        min_length: int = 1,
        max_length: int = 255,
        **options: Unpack[Options],
    ) -> None:
        options["load_only"] = True
        super().__init__(description, min_length=min_length, max_length=max_length, **options)

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        return HiddenText(super()._deserialize(value))

    def openapi(self) -> dict[str, Any]:
        """Return the limits, and that it is a password."""
        return {**super().openapi(), "format": "password", "writeOnly": True}


class Id(Text):
    """An opaque id of ours in a body or a query: prefix, underscore, 32 lower-case hex digits.

    Args:
        prefix: such as ``ins``.
    """

    def __init__(self, prefix: str, description: str = "", **options: Unpack[Options]) -> None:
        length = len(prefix) + 33
        super().__init__(
            description, min_length=length, max_length=length, pattern=id_pattern(prefix), **options
        )


class Choice(Strict, ma.fields.String):
    """One of a list of words: closed on input, open on output.

    A word that a newer SPE answers passes through, so generated clients must not close the
    list: answers document it as ``x-extensible-enum``, requests as ``enum`` (see ``document``).

    Args:
        words: the allowed ones.
        description: for the contract.
    """

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be text.",
        "not_a_choice": "This must be one of {words}.",
    }

    def __init__(
        self, words: Iterable[str], description: str = "", **options: Unpack[Options]
    ) -> None:
        super().__init__(description, **options)
        self.words = tuple(str(word) for word in words)

    def _deserialize(self, value: object, *_: object, **__: object) -> str:
        if not isinstance(value, str):
            raise self.make_error("wrong_type")
        if value not in self.words:
            raise self.make_error("not_a_choice", words=", ".join(self.words))
        return value

    def openapi(self) -> dict[str, Any]:
        """Return the known words."""
        return {"x-extensible-enum": list(self.words)}


def id_pattern(prefix: str) -> str:
    """Return the pattern of the opaque ids with this prefix, such as ``ins``."""
    return f"{prefix}_[0-9a-f]{{32}}"

"""Numbers, truth values and times."""

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final, Unpack

import marshmallow as ma

from gateway.web.fields.base import Options, Strict

MAX_WHOLE: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

_CANONICAL_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


class Whole(Strict, ma.fields.Integer):
    """A whole number: not true, not "5", not 5.0.

    Args:
        description: for the contract.
        least: the smallest allowed.
        most: the largest allowed.
    """

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be a whole number.",
        "out_of_range": "This must be between {least} and {most}.",
    }

    def __init__(
        self,
        description: str = "",
        *,
        least: int = 0,
        most: int = MAX_WHOLE,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(description, **options)
        self.least = least
        self.most = most

    def _deserialize(self, value: object, *_: object, **__: object) -> int:
        if type(value) is not int:
            raise self.make_error("wrong_type")
        if not self.least <= value <= self.most:
            raise self.make_error("out_of_range", least=self.least, most=self.most)
        return value

    def _serialize(self, value: int | None, *_: object, **__: object) -> int | None:
        return value

    def openapi(self) -> dict[str, Any]:
        """Return the range; what is only read has no limits of ours."""
        if self.dump_only:
            return {"format": "int64"}
        return {"format": "int64", "minimum": self.least, "maximum": self.most}

    def from_query(self, text: str) -> object:
        """Return the number when the text is its canonical decimal spelling."""
        return int(text) if _CANONICAL_WHOLE.fullmatch(text) else text


class Number(Strict, ma.fields.Float):
    """A finite number, whole or not."""

    sentences: ClassVar[dict[str, str]] = {"wrong_type": "This must be a number."}

    def _deserialize(self, value: object, *_: object, **__: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("wrong_type")
        return value

    def _serialize(self, value: float | None, *_: object, **__: object) -> float | None:
        return value


class Flag(Strict, ma.fields.Boolean):
    """True or false: not 1, not "true"."""

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be true or false.",
    }

    def _deserialize(self, value: object, *_: object, **__: object) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("wrong_type")
        return value

    def _serialize(self, value: bool | None, *_: object, **__: object) -> bool | None:  # noqa: FBT001 # marshmallow's signature
        return value

    def from_query(self, text: str) -> object:
        """Return the truth value when the text is exactly ``true`` or ``false``."""
        return {"true": True, "false": False}.get(text, text)


class Time(Strict, ma.fields.AwareDateTime):
    """An instant, RFC 3339; answered in UTC with ``Z``."""

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be text.",
        "not_a_time": "This must be a time as in RFC 3339, such as 2026-11-21T08:00:00Z.",
    }

    def _deserialize(self, value: object, *_: object, **__: object) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("wrong_type")
        if not _RFC3339.fullmatch(value):
            raise self.make_error("not_a_time")
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("not_a_time") from None

    def _serialize(self, value: datetime | None, *_: object, **__: object) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be answered")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Day(Strict, ma.fields.Date):
    """A day of the calendar, a ``full-date`` of RFC 3339: neither time nor zone."""

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be text.",
        "not_a_day": "This must be a day, such as 2026-11-21.",
    }

    def _deserialize(self, value: object, *_: object, **__: object) -> date:
        if not isinstance(value, str):
            raise self.make_error("wrong_type")
        if not _DAY.fullmatch(value):
            raise self.make_error("not_a_day")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("not_a_day") from None

    def _serialize(self, value: date | None, *_: object, **__: object) -> str | None:
        return None if value is None else value.isoformat()

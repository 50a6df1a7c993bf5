"""Arrays, maps and objects."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Unpack

import marshmallow as ma

from gateway.web.fields.base import Options, Strict, counted, described
from gateway.web.fields.text import Text

_LABEL_KEY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?", re.ASCII)


class Labels(Strict, ma.fields.Dict):
    """A map of short texts, at most 64."""

    most = 64
    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be an object of texts.",
        "too_many": "There may be at most {most} labels.",
        "label_key": "A label's key has 1 to 63 letters, digits, dots, slashes, _ and -.",
    }

    def __init__(self, description: str = "", **options: Unpack[Options]) -> None:
        super().__init__(description, **options)
        self.value_field = self._value()

    def _value(self) -> Text:
        return Text(min_length=0, max_length=256)

    def _deserialize(self, value: object, *_: object, **__: object) -> dict[str, str | None]:
        if not isinstance(value, dict):
            raise self.make_error("wrong_type")
        if len(value) > self.most:
            raise self.make_error("too_many", most=self.most)
        faults = {key: fault for key, text in value.items() if (fault := self._fault(key, text))}
        if faults:
            raise ma.ValidationError(faults)
        return dict(value)

    def _fault(self, key: str, text: object) -> object:
        if not _LABEL_KEY.fullmatch(key):
            return self.make_error("label_key").messages
        try:
            self._value().deserialize(text)
        except ma.ValidationError as error:
            return error.messages
        return []

    def openapi(self) -> dict[str, Any]:
        """Return the limits of keys and count."""
        keys = {"pattern": f"^(?:{_LABEL_KEY.pattern})$"}
        return {"maxProperties": self.most, "propertyNames": keys}


class LabelsPatch(Labels):
    """Labels in a merge patch: null removes one (RFC 7396)."""

    def _value(self) -> Text:
        return Text(min_length=0, max_length=256, allow_none=True)


class ListOf(Strict, ma.fields.List[Any]):
    """An array.

    Args:
        inner: the field of each item.
        description: for the contract.
        min_items: at least so many.
        max_items: at most so many.
    """

    sentences: ClassVar[dict[str, str]] = {
        "wrong_type": "This must be an array.",
        "too_few": "There must be at least {least}.",
        "too_many": "There may be at most {most}.",
    }

    def __init__(
        self,
        inner: ma.fields.Field[Any],
        description: str = "",
        *,
        min_items: int = 0,
        max_items: int = 500,
        **options: Unpack[Options],
    ) -> None:
        ma.fields.List.__init__(self, inner, **described(description, options))
        self.inner.dump_only = self.dump_only
        self.min_items = min_items
        self.max_items = max_items

    def _deserialize(
        self, value: object, attr: str | None, data: Mapping[str, Any] | None, **kwargs: object
    ) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("wrong_type")
        if len(value) < self.min_items:
            raise self.make_error("too_few", least=counted(self.min_items, "item"))
        if len(value) > self.max_items:
            raise self.make_error("too_many", most=counted(self.max_items, "item"))
        return super()._deserialize(value, attr, data, **kwargs)

    def openapi(self) -> dict[str, Any]:
        """Return the limits of the count; what is only read has no limits of ours."""
        if self.dump_only:
            return {}
        return {"minItems": self.min_items, "maxItems": self.max_items}

    def from_query(self, text: str) -> object:
        """Return the items between commas, each read by its own field."""
        inner = self.inner
        return [inner.from_query(item) for item in text.split(",")]  # type: ignore[attr-defined] # ours


class Part(Strict, ma.fields.Nested):
    """An object inside an object.

    Args:
        schema: its schema class.
        description: for the contract.
    """

    def __init__(
        self, schema: type[ma.Schema], description: str = "", **options: Unpack[Options]
    ) -> None:
        ma.fields.Nested.__init__(self, schema, **described(description, options))


class AnyValue(Strict, ma.fields.Raw):
    """Any JSON value: only where the shape depends on something else in the same object."""

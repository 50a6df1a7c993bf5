"""JSON whose decimals are written as they are: 33.3333, not the nearest binary fraction."""

import json
from collections.abc import Mapping
from decimal import Decimal


def text(value: object) -> str:
    """Return a value as JSON (RFC 8259).

    Args:
        value: any JSON value; numbers may be ``Decimal`` too.
    """
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{text(key)}:{text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def plain(number: Decimal) -> str:
    """Return a decimal in digits, without zeros at its end and without an exponent."""
    return format(number.normalize(), "f")

"""What a deployment said, held against the schema that the contract promises for it.

A deployment may be of another version than we know, broken, or hostile: a number where the
contract promises a text would be our breach of it, and break the clients made from it.
"""

from datetime import datetime
from typing import Any, Final

import marshmallow as ma

from gateway.errors import ReplyInvalid
from gateway.web.fields import Choice, Flag, Labels, ListOf, Number, Part, Text, Time, Whole

_MOST_WHOLE: Final = 2**63 - 1
"""Numbers that are only answered are documented as ``int64``."""


def promised(schema: ma.Schema, body: object) -> dict[str, Any]:
    """Return the body of an answer as its schema has it.

    Null is left out where a member need not be there and may not be null: SPE means by both
    that there is none.

    Args:
        schema: of the answer.
        body: under the keys of the contract.

    Raises:
        ReplyInvalid: a member is missing, or of another type than the contract promises.
    """
    if not isinstance(body, dict):
        raise ReplyInvalid("The deployment's answer is not an object.")
    kept: dict[str, Any] = {}
    for field in schema.fields.values():
        key = str(field.data_key)
        value = body.get(key)
        if value is None and not field.required and (key not in body or not field.allow_none):
            continue
        if key not in body:
            raise ReplyInvalid(f"The deployment's answer lacks {key}.")
        kept[key] = _member(field, key, value)
    return kept


def _member(field: ma.fields.Field[Any], key: str, value: object) -> object:
    if value is None and field.allow_none:
        return None
    if not isinstance(value, str) and isinstance(field, Text | Choice | Time):
        raise ill_typed(key)
    require_type(field, key, value)
    if isinstance(field, Part):
        return promised(field.schema, value)
    if isinstance(field, ListOf) and isinstance(value, list):
        return [_member(field.inner, key, item) for item in value]
    return value


def require_type(field: ma.fields.Field[Any], key: str, value: object) -> None:
    """Refuse what a field cannot make an answer of; a number it can where a text is promised.

    Raises:
        ReplyInvalid: the value is of another type, or beyond what is documented.
    """
    if not _is_of_type(field, value):
        raise ill_typed(key)


def ill_typed(key: str) -> ReplyInvalid:
    """Return the error of a member of another type."""
    return ReplyInvalid(f"The deployment's answer has {key} of another type.")


def _is_of_type(field: ma.fields.Field[Any], value: object) -> bool:  # noqa: PLR0911 # one for each
    match field:
        case Flag():
            return isinstance(value, bool)
        case Whole():
            return type(value) is int and _is_in_range(field, value)
        case Number():
            return type(value) is int or type(value) is float
        case Part() | Labels():
            return isinstance(value, dict)
        case ListOf():
            return isinstance(value, list)
        case Time():
            return isinstance(value, str | datetime)
        case Text():
            is_number = type(value) is int or type(value) is float
            return isinstance(value, str) or (is_number and field.regex is None)
        case Choice():
            return isinstance(value, str)
        case _:
            return value is not None


def _is_in_range(field: Whole, value: int) -> bool:
    if field.dump_only:
        return -_MOST_WHOLE <= value <= _MOST_WHOLE
    return field.least <= value <= field.most

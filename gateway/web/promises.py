"""What a deployment said, held against the schema that the contract promises for it.

A deployment may be of another version than we know, broken, or hostile: a number where the
contract promises a text would be our breach of it, and break the clients made from it.

What a schema promises is read from it once; schemas and their fields last as long as the process.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache, partial
from typing import Any, Final, NamedTuple

import marshmallow as ma

from gateway.errors import ReplyInvalid
from gateway.web.fields import Choice, Flag, Labels, ListOf, Number, Part, Text, Time, Whole

_MOST_WHOLE: Final = 2**63 - 1
"""Numbers that are only answered are documented as ``int64``."""

Test = Callable[[Any], bool]
Judge = Callable[[str, Any], object]


class _Member(NamedTuple):
    """What is promised of one member of an object."""

    key: str
    is_required: bool
    is_nullable: bool
    judge: Judge


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
    for key, is_required, is_nullable, judge in _members(schema):
        value = body.get(key)
        if value is None and not is_required and (key not in body or not is_nullable):
            continue
        if key not in body:
            raise ReplyInvalid(f"The deployment's answer lacks {key}.")
        kept[key] = None if value is None and is_nullable else judge(key, value)
    return kept


@cache
def _members(schema: ma.Schema) -> tuple[_Member, ...]:
    return tuple(
        _Member(str(each.data_key), each.required, bool(each.allow_none), _judge_of(each))
        for each in schema.fields.values()
    )


def _judge_of(field: ma.fields.Field[Any]) -> Judge:
    """Return what makes the promised value of a field out of what was said, or refuses it."""
    match field:
        case Part():
            return partial(_part, type_test(field), field.schema)
        case ListOf():
            inner = field.inner
            return partial(_items, type_test(field), bool(inner.allow_none), _judge_of(inner))
        case Text() | Choice() | Time():
            return _text
        case _:
            return partial(require, type_test(field))


def _text(key: str, value: object) -> object:
    """Return a text; without a call more, for most of what is answered is text."""
    if isinstance(value, str):
        return value
    raise ill_typed(key)


def _part(test: Test, schema: ma.Schema, key: str, value: object) -> object:
    return promised(schema, require(test, key, value))


def _items(test: Test, is_nullable: bool, judge: Judge, key: str, value: Any) -> object:  # noqa: ANN401, FBT001 # partial gives it
    require(test, key, value)
    return [None if item is None and is_nullable else judge(key, item) for item in value]


def require(test: Test, key: str, value: Any) -> Any:  # noqa: ANN401 # any JSON value
    """Return a value that passes the test of its type.

    Raises:
        ReplyInvalid: the value is of another type, or beyond what is documented.
    """
    if not test(value):
        raise ill_typed(key)
    return value


def ill_typed(key: str) -> ReplyInvalid:
    """Return the error of a member of another type."""
    return ReplyInvalid(f"The deployment's answer has {key} of another type.")


@cache
def type_test(field: ma.fields.Field[Any]) -> Test:  # noqa: PLR0911 # one for each
    """Return what tells whether a value is one that a field can make an answer of."""
    match field:
        case Flag():
            return lambda value: isinstance(value, bool)
        case Whole():
            least, most = _range_of(field)
            return lambda value: type(value) is int and least <= value <= most
        case Number():
            return _is_number
        case Part() | Labels():
            return lambda value: isinstance(value, dict)
        case ListOf():
            return lambda value: isinstance(value, list)
        case Time():
            return lambda value: isinstance(value, str | datetime)
        case Text() if field.regex is None:
            return lambda value: isinstance(value, str) or _is_number(value)
        case Text() | Choice():
            return _is_text
        case _:
            return lambda value: value is not None


def _is_number(value: object) -> bool:
    return type(value) is int or type(value) is float


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _range_of(field: Whole) -> tuple[int, int]:
    return (-_MOST_WHOLE, _MOST_WHOLE) if field.dump_only else (field.least, field.most)

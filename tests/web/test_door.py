"""What a deployment said, as a schema shows it: as marshmallow would write it, and nothing else."""

from typing import Any

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.errors import ReplyInvalid
from gateway.web.door import shown
from gateway.web.fields import (
    AnyValue,
    Choice,
    Flag,
    Labels,
    ListOf,
    Number,
    Part,
    Secret,
    Text,
    Whole,
)
from gateway.web.schemas import Schema, whole


class ShelfOfADoor(Schema):
    """A part."""

    name = Text("Its name.")
    wide = Whole("How wide.", allow_none=True)


class RoomOfADoor(Schema):
    """One field of each kind that SPE's values are shown with."""

    a_text = Text("Text.", allow_none=True)
    a_word = Choice(["yes", "no"], "A word.")
    a_flag = Flag("A flag.")
    a_whole = Whole("A whole number.")
    a_number = Number("A number.")
    some_labels = Labels("Labels.")
    some_texts = ListOf(Text("One."), "Texts.")
    anything = AnyValue("Anything.")
    a_part = Part(ShelfOfADoor, "A part.")
    some_parts = ListOf(Part(ShelfOfADoor), "Parts.")
    a_secret = Secret("Never shown.", load_only=True)


TEXTS = some.text(max_size=5)
WHOLES = some.integers(0, 2**53 - 1)
NUMBERS = WHOLES | some.floats(allow_nan=False, allow_infinity=False)
SHELVES = some.fixed_dictionaries(
    {}, optional={"name": TEXTS | NUMBERS, "wide": some.none() | WHOLES, "unknown": TEXTS}
)
VALUES: dict[str, some.SearchStrategy[Any]] = {
    "aText": TEXTS | NUMBERS,
    "aWord": TEXTS,
    "aFlag": some.booleans(),
    "aWhole": WHOLES,
    "aNumber": NUMBERS,
    "someLabels": some.dictionaries(TEXTS, TEXTS, max_size=2),
    "someTexts": some.lists(some.none() | TEXTS | NUMBERS, max_size=3),
    "anything": TEXTS | WHOLES | some.lists(WHOLES, max_size=2),
    "aPart": SHELVES,
    "someParts": some.lists(some.none() | SHELVES, max_size=3),
    "aSecret": TEXTS,
    "unknown": TEXTS,
}
ROWS = some.fixed_dictionaries(
    {}, optional={key: some.none() | each for key, each in VALUES.items()}
)

WRONG: list[tuple[str, Any]] = [
    ("aText", True),
    ("aText", ["text"]),
    ("aText", {}),
    ("aWord", 1),
    ("aFlag", 0),
    ("aFlag", ""),
    ("aWhole", "1"),
    ("aWhole", True),
    ("aWhole", 1.0),
    ("aWhole", -1),
    ("aNumber", "1"),
    ("aNumber", False),
    ("someLabels", []),
    ("someTexts", "text"),
    ("someTexts", [False]),
    ("someTexts", [[]]),
    ("aPart", []),
    ("aPart", {"wide": "1"}),
    ("aPart", {"wide": 0.0}),
    ("someParts", {}),
    ("someParts", [0]),
    ("someParts", [""]),
    ("someParts", [{"name": False}]),
]


def by_names(schema: type[Schema], row: dict[str, Any]) -> dict[str, Any]:
    """Return what marshmallow would dump: of a row the values that a schema knows, by its names."""
    found: dict[str, Any] = {}
    for name, field in whole(schema).fields.items():
        if field.data_key in row:
            found[name] = by_names_below(field, row[field.data_key])
    return found


def by_names_below(field: ma.fields.Field[Any], value: object) -> object:
    """Return a value with the names of the parts in it."""
    if value is None:
        return None
    if isinstance(field, Part):
        return by_names(type(field.schema), value)
    if isinstance(field, ListOf):
        return [by_names_below(field.inner, each) for each in value]
    return value


@given(ROWS)
def test_what_is_shown_is_what_marshmallow_dumps(row: dict[str, Any]) -> None:
    found = shown(RoomOfADoor, row)

    assert found == whole(RoomOfADoor).dump(by_names(RoomOfADoor, row))
    assert list(found) == [each for each in VALUES if each in row and each in found], "in its order"
    assert "aSecret" not in found


@pytest.mark.parametrize(("key", "value"), WRONG, ids=[f"{k}={v!r}" for k, v in WRONG])
def test_a_value_of_another_type_is_refused_by_its_name(key: str, value: object) -> None:
    with pytest.raises(ReplyInvalid, match=r"The deployment's answer has \w+ of another type\."):
        shown(RoomOfADoor, {key: value})

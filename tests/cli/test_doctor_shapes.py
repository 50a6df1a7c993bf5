"""Shapes: what two values have in common, and where they differ."""

import pytest

from gateway.cli.doctor.shapes import Shape, deviations, emptied, merged, shape_of


def found(expected: object, value: object) -> dict[str, tuple[str, str]]:
    """Return expected and found by the path."""
    return {
        one.path: (one.expected, one.found)
        for one in deviations(shape_of(expected), shape_of(value))
    }


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (None, None),
        (1, 2.5),
        ("a", "canary"),
        ({"a": 1, "b": "x"}, {"b": "y", "a": 2}),
        ([{"a": 1}], [{"a": 2}, {"a": 3}]),
        ([{"a": 1}], []),
        ([], [{"a": 1}]),
        ([{"a": 1}, {}], [{}]),
        ([{"a": None}, {"a": "x"}], [{"a": None}]),
        ({"a": [[1]]}, {"a": [[2], []]}),
    ],
)
def test_equal_shapes_do_not_differ(expected: object, value: object) -> None:
    assert found(expected, value) == {}


@pytest.mark.parametrize(
    ("expected", "value", "differences"),
    [
        ("x", 1, {"": ("string", "number")}),
        (1, True, {"": ("number", "true/false")}),
        ("x", None, {"": ("string", "null")}),
        (None, "x", {"": ("null", "string")}),
        ([], {}, {"": ("list", "object")}),
        ({"a": 1}, {}, {"a": ("number", "missing")}),
        ({}, {"a": 1}, {"a": ("no such key", "number")}),
        ([{"a": 1}], [{"a": 1}, {}], {"[].a": ("number", "sometimes missing")}),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": "x"}]}}, {"a.b[].c": ("number", "string")}),
        ({"a": "x"}, {"A": "x"}, {"a": ("string", "missing"), "A": ("no such key", "string")}),
        ({}, {"jane@example.com": 1}, {"(not a name)": ("no such key", "number")}),
    ],
)
def test_a_difference_has_its_path(
    expected: object, value: object, differences: dict[str, tuple[str, str]]
) -> None:
    assert found(expected, value) == differences


def test_what_two_answers_show_is_joined() -> None:
    one, other = shape_of({"a": None, "b": 1}), shape_of({"a": "x"})
    both = merged(one, other)

    assert both.members["a"].kinds == {"null", "string"}
    assert both.optional == {"b"}
    assert merged(shape_of([]), shape_of([1])) == shape_of([1])


def test_an_open_place_is_not_compared() -> None:
    one = emptied(shape_of([{"id": 1, "details": {"a": "b"}}]), "[].details")
    other = emptied(shape_of([{"id": 1, "details": {"customer": 1}}]), "[].details")

    assert list(deviations(one, other)) == []
    assert [d.path for d in deviations(one, shape_of([{"id": "x", "details": {}}]))] == ["[].id"]
    assert emptied(shape_of({"a": 1}), "") == Shape(frozenset({"object"}))

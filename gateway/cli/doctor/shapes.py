"""The shape of a result: its kinds, its keys and the shape below each; never a value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple

from gateway.cli.doctor.findings import name

_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "true/false",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}


@dataclass(frozen=True)
class Shape:
    """What values have in common.

    Attributes:
        kinds: that occur: null, true/false, number, string, list, object.
        members: of the objects, by key.
        optional: the keys that some of the objects lack.
        element: of the lists; None while all of them are empty.
    """

    kinds: frozenset[str]
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    element: "Shape | None" = None


class Deviation(NamedTuple):
    """One place at which two shapes differ."""

    path: str
    expected: str
    found: str
    meaning: str


UNKNOWN_KEY: Final = "The gateway does not show it; the simulator should learn it."
MISSING_KEY: Final = "The gateway shows it as null or not at all, and rules that read it fail."
OTHER_KIND: Final = "The gateway's schema does not fit it; it and the simulator should learn it."


def shape_of(value: object) -> Shape:
    """Return the shape of a JSON value."""
    kinds = frozenset({_KINDS[type(value)]})
    if isinstance(value, dict):
        return Shape(kinds, {key: shape_of(member) for key, member in value.items()})
    if isinstance(value, list):
        return Shape(kinds, element=reduce(merged, map(shape_of, value)) if value else None)
    return Shape(kinds)


def merged(one: Shape, other: Shape) -> Shape:
    """Return the shape that fits what either fits."""
    return Shape(
        one.kinds | other.kinds,
        _members(one, other),
        _optional(one, other),
        _either(one.element, other.element),
    )


def _members(one: Shape, other: Shape) -> dict[str, Shape]:
    joined = dict(one.members)
    for key, shape in other.members.items():
        joined[key] = merged(joined[key], shape) if key in joined else shape
    return joined


def _optional(one: Shape, other: Shape) -> frozenset[str]:
    optional = one.optional | other.optional
    if "object" in one.kinds & other.kinds:
        optional |= one.members.keys() ^ other.members.keys()
    return frozenset(optional)


def _either(one: Shape | None, other: Shape | None) -> Shape | None:
    return merged(one, other) if one and other else one or other


def deviations(expected: Shape, found: Shape, path: str = "") -> Iterator[Deviation]:
    """Yield what is found and not expected, and what is expected and not found."""
    if not found.kinds <= expected.kinds:
        yield Deviation(path, _words(expected), _words(found), OTHER_KIND)
    if "object" in expected.kinds & found.kinds:
        yield from _keys(expected, found, path)
    if expected.element and found.element:
        yield from deviations(expected.element, found.element, f"{path}[]")


def _keys(expected: Shape, found: Shape, path: str) -> Iterator[Deviation]:
    for key in sorted(expected.members.keys() - expected.optional):
        if key not in found.members or key in found.optional:
            here = _below(path, key)
            there = "sometimes missing" if key in found.optional else "missing"
            yield Deviation(here, _words(expected.members[key]), there, MISSING_KEY)
    for key, shape in sorted(found.members.items()):
        here = _below(path, key)
        if key in expected.members:
            yield from deviations(expected.members[key], shape, here)
        else:
            yield Deviation(here, "no such key", _words(shape), UNKNOWN_KEY)


def emptied(shape: Shape, path: str) -> Shape:
    """Return a shape that says nothing of what lies at a path; such a place is open.

    Args:
        shape: of the whole.
        path: as in a deviation, without a dot before the first key.
    """
    step, _, rest = path.removeprefix(".").partition(".")
    if not step:
        return Shape(shape.kinds)
    if step == "[]":
        element = emptied(shape.element, rest) if shape.element else None
        return Shape(shape.kinds, shape.members, shape.optional, element)
    members = {key: emptied(s, rest) if key == step else s for key, s in shape.members.items()}
    return Shape(shape.kinds, members, shape.optional, shape.element)


def _below(path: str, key: str) -> str:
    return f"{path}.{name(key)}" if path else name(key)


def _words(shape: Shape) -> str:
    return " or ".join(sorted(shape.kinds))

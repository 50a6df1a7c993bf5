"""Two schemas for the same thing, in the direction in which it travels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place, component
from gateway.web.contract.shapes import Shape, shape_of
from gateway.web.contract.tree import Json

Rule = Callable[[Place, Shape, Shape], Iterator[Change]]
"""Yields what breaks between a schema of the release and the one that is there now."""


@dataclass(frozen=True)
class Pair:
    """The documents that are compared.

    Attributes:
        old: the released one.
        new: the one of now.
        seen: what was compared, so that each thing is told once, and an end is found.
    """

    old: Json
    new: Json
    seen: set[object]

    def first_time(self, *key: object) -> bool:
        """Return whether something is compared for the first time."""
        is_first = key not in self.seen
        self.seen.add(key)
        return is_first


def schema_changes(
    pair: Pair,
    rules: tuple[Rule, ...],
    place: Place,
    old: Any,  # noqa: ANN401 # JSON
    new: Any,  # noqa: ANN401 # JSON
) -> Iterator[Change]:
    """Yield what breaks between two schemas, and between all that is in them.

    Args:
        pair: where references lead.
        rules: those of the direction.
        place: of the released schema.
        old: the released schema.
        new: the schema of now.
    """
    was, becomes = shape_of(old, pair.old), shape_of(new, pair.new)
    if was.component:
        if not pair.first_time(rules, was.component, becomes.component or place.pointer):
            return
        place = component("schemas", was.component)
    for rule in rules:
        yield from rule(place, was, becomes)
    for inner, one, other in _inside(place, was, becomes):
        yield from schema_changes(pair, rules, inner, one, other)


def content_changes(
    pair: Pair, rules: tuple[Rule, ...], place: Place, old: Json, new: Json
) -> Iterator[Change]:
    """Yield what breaks between two bodies.

    Args:
        pair: where references lead.
        rules: those of the direction.
        place: of the released body.
        old: what has the released ``content``, its schemas by their media types.
        new: what has the content of now.
    """
    was, becomes = old.get("content", {}), new.get("content", {})
    for media_type, media in was.items():
        inner = place.at("content", media_type)
        if media_type not in becomes:
            detail = f"{place.name} is not {media_type} any more."
            yield Change(inner.pointer, Kind.MEDIA_TYPE_REMOVED, detail)
            continue
        schemas = media.get("schema"), becomes[media_type].get("schema")
        yield from schema_changes(pair, rules, inner.at("schema"), *schemas)


def _inside(place: Place, old: Shape, new: Shape) -> Iterator[tuple[Place, Any, Any]]:
    """Yield the place and the schemas of what is in both."""
    for name in sorted(old.members.keys() & new.members.keys()):
        yield place.member(name), old.members[name], new.members[name]
    if "items" in old.says and "items" in new.says:
        yield place.item(), old.says["items"], new.says["items"]
    extra = old.says.get("additionalProperties"), new.says.get("additionalProperties")
    if isinstance(extra[0], dict) and isinstance(extra[1], dict):
        yield place.at("additionalProperties").called(f"{place.name}.*"), *extra
    for index, (one, other) in enumerate(zip(old.choices, new.choices, strict=False)):
        yield place.at("choices", str(index)), one, other

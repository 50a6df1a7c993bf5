"""What a schema says, however it says it: references followed, null among the types."""

from dataclasses import dataclass
from typing import Final

from gateway.web.contract.tree import Json, resolved, schema_name

_NULL: Final = {"type": "null"}


@dataclass(frozen=True)
class Shape:
    """A schema that has been looked through.

    Attributes:
        says: its keywords, with those of what it refers to.
        types: the types that it takes; empty for any.
        component: the name of the component that it refers to; empty where it stands.
    """

    says: Json
    types: frozenset[str]
    component: str

    @property
    def members(self) -> Json:
        """The schemas of its members, by their names."""
        return dict(self.says.get("properties", {}))

    @property
    def required(self) -> frozenset[str]:
        """The names of the members that are always there."""
        return frozenset(self.says.get("required", ()))

    @property
    def is_closed(self) -> bool:
        """Whether it takes its own members only."""
        return self.says.get("additionalProperties") is False

    @property
    def words(self) -> frozenset[str] | None:
        """The values that it takes, null aside; None where they are not listed, or may grow."""
        values = [self.says["const"]] if "const" in self.says else self.says.get("enum")
        return (
            None if values is None else frozenset(str(each) for each in values if each is not None)
        )

    @property
    def choices(self) -> list[Json]:
        """The schemas of which it takes any."""
        return [*self.says.get("anyOf", ()), *self.says.get("oneOf", ())]


def shape_of(schema: Json | bool, document: Json) -> Shape:  # noqa: FBT001 # JSON Schema has true
    """Look through a schema.

    Args:
        schema: a Schema Object; true takes anything.
        document: where its references lead.
    """
    says: Json = schema if isinstance(schema, dict) else {}
    component, nullable = "", False
    while inner := _inner(says):
        nullable = nullable or _NULL in says.get("anyOf", ())
        component = schema_name(inner) or component
        told = resolved(inner, document)
        says = {**told, **{key: says[key] for key in says if key not in {"$ref", "allOf", "anyOf"}}}
    types = says.get("type", [])
    named = frozenset([types] if isinstance(types, str) else types)
    return Shape(says, named | {"null"} if nullable and named else named, component)


def _inner(schema: Json) -> Json | None:
    """Return what a schema only wraps: a reference, a choice between it and null."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    for keyword in ("allOf", "anyOf"):
        named = [each for each in schema.get(keyword, ()) if each != _NULL]
        if len(named) == 1:
            return dict(named[0])
    return None

"""The contract as OpenAPI 3.0.3, for generators that do not read 3.1 well.

It says the same in the words of the older edition. What that has no word for is left out where
no client needs it, and refused otherwise. Sources: OpenAPI 3.0.3 and 3.1.1, JSON Schema 2020-12.
"""

from enum import StrEnum
from typing import Any, Final

from gateway.errors import DeclarationError
from gateway.web.contract.tree import Json


class Edition(StrEnum):
    """An edition of the OpenAPI Specification in which the contract is written."""

    OPENAPI_3_1 = "3.1"
    OPENAPI_3_0 = "3.0"


_ANYTHING: Final = frozenset({"default", "enum", "example", "examples", "x-extensible-enum"})
"""Members with values of any shape, which are no part of the document."""

_LEFT_OUT: Final = frozenset({"contentEncoding", "contentMediaType", "propertyNames"})
"""Keywords without a counterpart; they tell more about a value that has its type already."""

_UNSAYABLE: Final = frozenset(
    {
        *("$defs", "$dynamicRef", "contains", "dependentRequired", "dependentSchemas"),
        *("if", "then", "else", "maxContains", "minContains", "patternProperties"),
        *("prefixItems", "unevaluatedItems", "unevaluatedProperties"),
    }
)
"""Keywords that the contract does not use, and that 3.0 cannot say."""


def in_edition(document: Json, edition: Edition) -> Json:
    """Return the contract in an edition.

    Args:
        document: the contract in OpenAPI 3.1, sorted; it stays as it is.
        edition: the one that is wanted.

    Raises:
        DeclarationError: that edition cannot say something of it.
    """
    return document if edition is Edition.OPENAPI_3_1 else _as_3_0(document)


def _as_3_0(document: Json) -> Json:
    names = {"webhooks": "x-webhooks"}
    converted = {names.get(key, key): _converted(key, document[key]) for key in document}
    converted["openapi"] = "3.0.3"
    converted["info"]["license"].pop("identifier", None)
    schemas = document["components"].get("schemas", {})
    converted["components"]["schemas"] = {name: _schema(each) for name, each in schemas.items()}
    return converted


def _converted(key: str, node: Any) -> Any:  # noqa: ANN401 # JSON
    """Return a member of what is no schema, with the schemas in it converted."""
    if key == "schema":
        return _schema(node)
    if isinstance(node, dict) and key not in _ANYTHING:
        return {name: _converted(name, value) for name, value in node.items()}
    if isinstance(node, list) and key not in _ANYTHING:
        return [_converted("", item) for item in node]
    return node


def _schema(schema: Json) -> Json:
    """Return a schema in the words of 3.0."""
    if unknown := _UNSAYABLE.intersection(schema):
        raise DeclarationError(f"OpenAPI 3.0 has no {min(unknown)}: editions.py cannot say it.")
    said = {key: _keyword(key, schema[key]) for key in schema if key not in _LEFT_OUT}
    for settle in (_one_value, _one_example, _limits, _types, _choices, _reference):
        said = settle(said)
    return {key: said[key] for key in sorted(said)}


def _keyword(key: str, value: Any) -> Any:  # noqa: ANN401 # JSON
    """Return the value of a keyword, with the schemas in it converted."""
    match key:
        case "properties":
            return {name: _schema(each) for name, each in value.items()}
        case "additionalProperties" | "items" | "not" if not isinstance(value, bool):
            return _schema(value)
        case "allOf" | "anyOf" | "oneOf":
            return [_schema(each) for each in value]
        case _:
            return value


def _one_value(schema: Json) -> Json:
    return _renamed(schema, "const", "enum", [schema.get("const")])


def _one_example(schema: Json) -> Json:
    return _renamed(schema, "examples", "example", (schema.get("examples") or [None])[0])


def _limits(schema: Json) -> Json:
    """Turn an exclusive limit, a number in 3.1, into a limit and a flag."""
    for end in ("Minimum", "Maximum"):
        exclusive, limit = f"exclusive{end}", end.lower()
        if exclusive in schema:
            schema = {**schema, limit: schema[exclusive], exclusive: True}
    return schema


def _types(schema: Json) -> Json:
    """Turn an array of types into one type that may be nullable, or into a choice."""
    types = schema.get("type")
    if types == "null":
        return {**_without(schema, "type"), "enum": [None], "nullable": True}
    if not isinstance(types, list):
        return schema
    named = [each for each in types if each != "null"]
    nullable = {"nullable": True} if "null" in types else {}
    if len(named) == 1:
        return {**schema, "type": named[0], **nullable}
    choices = [{"type": each, **({"items": {}} if each == "array" else {})} for each in named]
    return {**_without(schema, "type"), "anyOf": [{**each, **nullable} for each in choices]}


def _choices(schema: Json) -> Json:
    """Turn a choice between a schema and null into that schema, nullable."""
    for keyword in ("anyOf", "oneOf"):
        choices = schema.get(keyword, [])
        named = [each for each in choices if each != {"enum": [None], "nullable": True}]
        if len(choices) == 2 and len(named) == 1:  # noqa: PLR2004 # the schema and null
            return {**_without(schema, keyword), "allOf": named, "nullable": True}
    return schema


def _reference(schema: Json) -> Json:
    """Put a reference into ``allOf`` if anything stands beside it: 3.0 ignores its siblings."""
    if "$ref" not in schema or len(schema) == 1:
        return schema
    return {**_without(schema, "$ref"), "allOf": [{"$ref": schema["$ref"]}]}


def _renamed(schema: Json, old: str, new: str, value: Any) -> Json:  # noqa: ANN401 # JSON
    return {**_without(schema, old), new: value} if old in schema else schema


def _without(schema: Json, keyword: str) -> Json:
    return {key: value for key, value in schema.items() if key != keyword}

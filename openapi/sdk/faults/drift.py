"""Answers of a gateway of next year: fields and words that no SDK of today has heard of."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from openapi.sdk.contract import operations, resolved

NEW_WORD: Final = "wordOfNextYear"
NEW_FIELD: Final = "fieldOfNextYear"
NEW_VALUE: Final[Mapping[str, Any]] = {"of": ["next", "year"]}
FINAL: Final = frozenset({"succeeded", "failed", "cancelled", "unknown"})
"""The ends of an operation stay what they are: programs wait for them."""

Schema = dict[str, Any]


def template_of(method: str, path: str) -> str | None:
    """Return the template in the contract that a path belongs to, or None.

    Args:
        method: in capitals.
        path: without its query.
    """
    fits = [
        each.path
        for each in operations()
        if each.method.upper() == method and _pattern(each.path).fullmatch(path)
    ]
    return min(fits, key=lambda each: each.count("{"), default=None)


def schema_of(method: str, template: str, status: int) -> Schema | None:
    """Return the schema of an answer in JSON, or None."""
    for each in operations():
        if (each.method.upper(), each.path) == (method, template):
            answer = resolved(each.spec["responses"].get(str(status), {}))
            content = answer.get("content", {})
            kinds = [content[kind] for kind in content if kind.endswith("json")]
            schema: Schema | None = kinds[0].get("schema") if kinds else None
            return schema
    return None


def drifted(value: Any, schema: Schema, faults: frozenset[str]) -> Any:  # noqa: ANN401 # JSON
    """Return an answer as a gateway of next year might give it.

    Args:
        value: the answer, or a part of it; it is not changed.
        schema: what it is by the contract.
        faults: ``unknown-fields``, ``unknown-words``, both or neither.
    """
    schema = resolved(schema)
    if isinstance(value, dict):
        return _object(value, schema, faults)
    if isinstance(value, list):
        return [drifted(each, schema.get("items", {}), faults) for each in value]
    if "unknown-words" in faults and isinstance(value, str) and _is_open(value, schema):
        return NEW_WORD
    return value


def _object(value: dict[str, Any], schema: Schema, faults: frozenset[str]) -> dict[str, Any]:
    fields = _properties(schema)
    found = {name: drifted(each, fields.get(name, {}), faults) for name, each in value.items()}
    if fields and "unknown-fields" in faults:
        found[NEW_FIELD] = NEW_VALUE
    return found


def _properties(schema: Schema) -> dict[str, Schema]:
    """Return the fields of an object, those of all its parts."""
    schema = resolved(schema)
    found = dict(schema.get("properties", {}))
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(kind, ()):
            found |= _properties(part)
    return found


def _is_open(value: str, schema: Schema) -> bool:
    return value not in FINAL and value in schema.get("x-extensible-enum", ())


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
